/** Access tokens of agents: ten minutes, signed, checked without the database. Revocation and sessions are checked where something is done (lifecycle). */
import { createHmac, hkdfSync } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Tenant } from "../server/db.ts";
import { Refused } from "../server/errors.ts";
import { server } from "../server/process.ts";
import { sameSecret } from "../server/secrets.ts";

/** Long enough that a token request is rare, short enough that a stolen token is soon worthless. */
export const ACCESS_SECONDS = 600;

export interface Who extends Tenant {
	agent: string;
	pool: string;
	session: number;
}

const keys = new Map<string, Buffer>();

function signature(payload: string): Buffer {
	const { secret } = server();
	const key = keys.get(secret) ?? Buffer.from(hkdfSync("sha256", Buffer.from(secret, "hex"), "", "tidegate 1 agent access", 32));
	keys.set(secret, key);
	return createHmac("sha256", key).update(payload).digest();
}

export function signAccess(who: Who, now = Date.now()): string {
	const claims = [who.agent, who.workspaceId, who.organizationId, who.pool, who.session, now + ACCESS_SECONDS * 1000];
	const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
	return `tga_${payload}.${signature(payload).toString("base64url")}`;
}

/** @throws Refused unauthorized or expired. */
export function readAccess(req: IncomingMessage, now = Date.now()): Who {
	const [, payload = "", mac = ""] = /^Bearer tga_([\w-]{1,2000})\.([\w-]{43})$/.exec(req.headers.authorization ?? "") ?? [];
	if (!payload || !sameSecret(signature(payload), Buffer.from(mac, "base64url"))) {
		throw new Refused("unauthorized", "An access token of an agent is needed: ask for one at /gateway/token.");
	}
	const [agent, workspaceId, organizationId, pool, session, until] = JSON.parse(Buffer.from(payload, "base64url").toString()) as [
		string,
		string,
		string,
		string,
		number,
		number,
	];
	if (until <= now) throw new Refused("expired", "The access token has expired: ask for a new one at /gateway/token.");
	return { agent, workspaceId, organizationId, pool, session };
}
