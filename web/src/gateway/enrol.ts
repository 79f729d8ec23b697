/** Admits an agent: a single-use token of a pool for a name and two public keys. From here on the agent proves itself by its own signature. */
import { fromHex } from "tidegate/protocol/bytes.ts";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import type { EnrolAnswer, EnrolRequest } from "tidegate/protocol/wire.ts";
import type { z } from "zod";
import { system, type Tx } from "../server/db.ts";
import { Refused } from "../server/errors.ts";
import { log } from "../server/log.ts";
import { bus } from "../server/pubsub.ts";
import { hashToken, isToken } from "../server/secrets.ts";

const UNIQUE_VIOLATION = "23505";

interface Admitted {
	workspace: string;
	workspaceName: string;
	kid: string | null;
	poolId: string;
	pool: string;
}

/** Uses the token up, in the transaction that makes the agent: a name that is taken leaves the token as it was. */
async function admit(tx: Tx, token: string, agent: string): Promise<Admitted> {
	if (!isToken("tge", token))
		throw new Refused(
			"unauthorized",
			"That is no enrolment token: one begins with tge_ and has 47 characters. Make one with `tidegate agent token`, or on the agents page.",
		);
	const { rows } = await tx.query<Admitted>(
		`UPDATE enrolment_token t SET used_at = tg_now(), agent_id = $2 FROM workspace w, pool p
			WHERE t.hash = $1 AND t.used_at IS NULL AND t.expires_at > tg_now() AND w.id = t.workspace_id AND p.id = t.pool_id
			RETURNING w.id AS workspace, w.name AS "workspaceName", w.kid, p.id AS "poolId", p.name AS pool`,
		[hashToken(token), agent],
	);
	if (rows[0]) return rows[0];
	const { rows: there } = await tx.query<{ used: boolean }>("SELECT used_at IS NOT NULL AS used FROM enrolment_token WHERE hash = $1", [
		hashToken(token),
	]);
	if (!there[0]) throw new Refused("unauthorized", "This enrolment token is not known here: check that it is complete and belongs to this server.");
	throw new Refused(
		"expired",
		there[0].used
			? "This enrolment token was used before: each admits one agent. Make a new one."
			: "This enrolment token has expired. Make a new one.",
	);
}

export const cleanText = (text: string): string => text.replaceAll("\0", "").toWellFormed();

export async function enrol(asked: EnrolRequest): Promise<z.infer<typeof EnrolAnswer>> {
	const id = uuidv7();
	const admitted = await system
		.transaction(async (tx) => {
			const to = await admit(tx, asked.token, id);
			const [signKey, deviceKey] = [Buffer.from(fromHex(asked.signKey)), Buffer.from(fromHex(asked.deviceKey))];
			await tx.query(
				"INSERT INTO agent (id, workspace_id, pool_id, name, sign_key, device_key, host, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
				[...[id, to.workspace, to.poolId, asked.name, signKey, deviceKey, cleanText(asked.host), cleanText(asked.version)]],
			);
			await tx.query("INSERT INTO audit (id, workspace_id, actor, action, target, data) VALUES ($1, $2, $3, 'agent.enrol', $4, $5)", [
				...[uuidv7(), to.workspace, `agent ${asked.name}`, id, JSON.stringify({ name: asked.name, pool: to.pool })],
			]);
			return to;
		})
		.catch((error: Error & { code?: string }) => {
			if (error.code !== UNIQUE_VIOLATION) throw error;
			throw new Refused(
				"conflict",
				`There is an agent named "${asked.name}" in this workspace already: choose another name. The token was not used up.`,
				error,
			);
		});
	bus.fleet(admitted.workspace);
	log.info("an agent was enrolled", { agent: id, workspace: admitted.workspace, pool: admitted.poolId });
	const { workspace, workspaceName, pool, kid } = admitted;
	return { agent: id, name: asked.name, workspace, workspaceName, pool, kid };
}
