import { uuidv7 } from "tidegate/protocol/ids.ts";
import { audit } from "../../server/audit.ts";
import type { Caller } from "../../server/callers.ts";
import type { Sql, TenantDoor } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { toIso } from "../../server/inputs.ts";
import { bus } from "../../server/pubsub.ts";
import { newToken } from "../../server/secrets.ts";
import { presence } from "./presence.ts";

/** An enrolment token is made to be typed into another machine now. */
const TOKEN_LIFETIME = "1 hour";

export interface AgentItem {
	id: string;
	name: string;
	pool: string;
	host: string;
	version: string;
	state: "online" | "away" | "revoked";
	lastSeenAt: string | null;
	/** Runs that it takes at once; null until it first polled. */
	slots: number | null;
	running: number;
}

interface AgentRow extends Omit<AgentItem, "state" | "lastSeenAt"> {
	last_seen_at: Date | null;
	revoked: boolean;
}

/** Those that are revoked come last. */
export async function listAgents(door: Sql, workspaceId: string): Promise<{ agents: AgentItem[] }> {
	const { rows } = await door.query<AgentRow>(
		`SELECT a.id, a.name, p.name AS pool, a.host, a.version, a.slots, a.last_seen_at, a.revoked_at IS NOT NULL AS revoked,
			(SELECT count(*) FROM execution WHERE agent_id = a.id AND outcome IS NULL) AS running
			FROM agent a JOIN pool p ON p.id = a.pool_id WHERE a.workspace_id = $1 ORDER BY revoked, a.name`,
		[workspaceId],
	);
	const agents = rows.map(({ last_seen_at, revoked, ...agent }): AgentItem => {
		const { away, lastSeenAt } = presence.of(agent.id, last_seen_at);
		return { ...agent, state: revoked ? "revoked" : away ? "away" : "online", lastSeenAt: toIso(lastSeenAt) };
	});
	return { agents };
}

/** @returns the token that admits one agent to the pool, once: shown now and never again. */
export async function createEnrolmentToken(door: TenantDoor, caller: Caller, pool: string): Promise<{ token: string; expiresAt: string }> {
	const { token, hash } = newToken("tge");
	return door.transaction(async (tx) => {
		const { rows } = await tx.query<{ id: string; expires_at: Date }>(
			`INSERT INTO enrolment_token (id, workspace_id, pool_id, hash, created_by, expires_at)
				SELECT $1, workspace_id, id, $4, $5, tg_now() + interval '${TOKEN_LIFETIME}' FROM pool WHERE workspace_id = $2 AND name = $3 RETURNING id, expires_at`,
			[uuidv7(), caller.workspace.id, pool, hash, caller.actor],
		);
		const made = rows[0];
		if (!made) throw new Refused("unknown_pool", `There is no pool "${pool}" in this workspace: tidegate pool list.`);
		await audit(tx, caller, "agent.token", made.id, { pool });
		return { token, expiresAt: made.expires_at.toISOString() };
	});
}

/** The agent's next request is refused, and what it holds goes to others when its lease is over. */
export async function revokeAgent(door: TenantDoor, caller: Caller, id: string): Promise<{ id: string }> {
	return door.transaction(async (tx) => {
		const { rows } = await tx.query<{ name: string; first: boolean }>(
			`WITH before AS (SELECT id, revoked_at IS NULL AS first FROM agent WHERE id = $1 AND workspace_id = $2 FOR UPDATE)
				UPDATE agent a SET revoked_at = coalesce(a.revoked_at, tg_now()) FROM before WHERE a.id = before.id RETURNING a.name, before.first`,
			[id, caller.workspace.id],
		);
		const agent = rows[0];
		if (!agent) throw new Refused("not_found", `There is no agent ${id} in this workspace.`);
		if (agent.first) await audit(tx, caller, "agent.revoke", id, { name: agent.name });
		tx.afterCommit(() => bus.agent(id));
		return { id };
	});
}
