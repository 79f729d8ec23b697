/** Gives an agent a short-lived access token for its signature, and begins a session where it asks for one: a restarted agent is its own heir. */
import { createPublicKey, verify } from "node:crypto";
import { type TokenAnswer, type TokenRequest, tokenMessage } from "tidegate/protocol/wire.ts";
import type { z } from "zod";
import { refuseAgent } from "../features/runs/lifecycle/reporter.ts";
import { system } from "../server/db.ts";
import { Refused } from "../server/errors.ts";
import { bus } from "../server/pubsub.ts";
import { ACCESS_SECONDS, signAccess } from "./access.ts";
import { cleanText } from "./enrol.ts";

/** How far an agent's clock may be off: a signature is worth no more than this when it is overheard. Milliseconds. */
const MAX_SKEW = 5 * 60_000;

interface Row {
	workspace: string;
	organization: string;
	pool: string;
	session: number;
	revoked: boolean;
	signKey: Buffer;
	now: Date;
}

function isSigned(asked: TokenRequest, raw: Buffer): boolean {
	const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") }, format: "jwk" });
	return verify(null, Buffer.from(tokenMessage(asked)), key, Buffer.from(asked.signature, "hex"));
}

/** Takes this request out of use, and begins a session where it asks for one. @returns its session. */
async function spend(asked: TokenRequest, now: Date): Promise<number> {
	const begins = asked.session === null;
	const { rows } = await system.query<{ session: number }>(
		`UPDATE agent SET session = session + $4, host = $5, version = $6,
				asked_at = ARRAY(SELECT before FROM unnest(asked_at) AS before WHERE before > $3) || $2::bigint
			WHERE id = $1 AND revoked_at IS NULL AND $2::bigint <> ALL (asked_at) RETURNING session`,
		[asked.agent, asked.at, now.getTime() - MAX_SKEW, begins ? 1 : 0, cleanText(asked.host), cleanText(asked.version)],
	);
	const after = rows[0];
	if (!after) throw new Refused("clock", "This token request was used before, and each counts once: sign another one, for another instant.");
	refuseAgent({ session: after.session, revoked: false }, asked.session ?? after.session);
	return after.session;
}

export async function token(asked: TokenRequest): Promise<z.infer<typeof TokenAnswer>> {
	const { rows } = await system.query<Row>(
		`SELECT a.workspace_id AS workspace, w.organization_id AS organization, a.pool_id AS pool, a.session, a.revoked_at IS NOT NULL AS revoked, a.sign_key AS "signKey", tg_now() AS now
			FROM agent a JOIN workspace w ON w.id = a.workspace_id WHERE a.id = $1`,
		[asked.agent],
	);
	const agent = rows[0];
	if (!agent || !isSigned(asked, agent.signKey))
		throw new Refused(
			"unauthorized",
			"No agent with this id and key is known here: enrol it with a fresh token, `tidegate agent enrol TOKEN --force`.",
		);
	if (Math.abs(agent.now.getTime() - asked.at) > MAX_SKEW) {
		throw new Refused(
			"clock",
			`This host's clock says ${new Date(asked.at).toISOString()}, ours says ${agent.now.toISOString()}: set it, at most 5 minutes off are taken.`,
		);
	}
	refuseAgent(agent, asked.session ?? agent.session);
	const session = await spend(asked, agent.now);
	// An older process with this identity, whose poll is held, hears of it now.
	if (asked.session === null) bus.agent(asked.agent);
	const access = signAccess({ agent: asked.agent, workspaceId: agent.workspace, organizationId: agent.organization, pool: agent.pool, session });
	return { token: access, session, expiresInSeconds: ACCESS_SECONDS };
}
