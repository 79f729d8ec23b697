/** What people decide about an agent that is there: to drain it, to take that back, to rename it, to turn it away. */
import { audit } from "../../server/audit.ts";
import type { Caller } from "../../server/callers.ts";
import type { Sql, TenantDoor, Tx } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { bus } from "../../server/pubsub.ts";

const UNIQUE_VIOLATION = "23505";

interface Found {
	id: string;
	name: string;
	pool: string;
	revoked: boolean;
	draining: boolean;
}

/** Closes its pool's gate first: once the transaction is committed, no claim that began before it goes on. */
async function find(tx: Sql, caller: Caller, id: string): Promise<Found> {
	await tx.query("SELECT tg_close_gate(pool_id) FROM agent WHERE id = $1 AND workspace_id = $2", [id, caller.workspace.id]);
	const { rows } = await tx.query<Found>(
		`SELECT id, name, pool_id AS pool, revoked_at IS NOT NULL AS revoked, draining_at IS NOT NULL AS draining FROM agent
			WHERE id = $1 AND workspace_id = $2 FOR UPDATE`,
		[id, caller.workspace.id],
	);
	if (!rows[0]) throw new Refused("not_found", `There is no agent ${id} in this workspace.`);
	return rows[0];
}

function tell(tx: Tx, caller: Caller, agent: Found): void {
	tx.afterCommit(() => {
		bus.agent(agent.id);
		bus.fleet(caller.workspace.id);
	});
}

/** It gets nothing new from this answer on, and finishes what it has. */
export async function drainAgent(door: TenantDoor, caller: Caller, id: string): Promise<{ id: string }> {
	return door.transaction(async (tx) => {
		const agent = await find(tx, caller, id);
		if (agent.revoked) throw new Refused("conflict", `Agent ${agent.name} is revoked: it gets nothing already.`);
		if (agent.draining) return { id };
		await tx.query("UPDATE agent SET draining_at = tg_now() WHERE id = $1", [id]);
		await audit(tx, caller, "agent.drain", id, { name: agent.name });
		tell(tx, caller, agent);
		return { id };
	});
}

/** Takes a drain back. */
export async function resumeAgent(door: TenantDoor, caller: Caller, id: string): Promise<{ id: string }> {
	return door.transaction(async (tx) => {
		const agent = await find(tx, caller, id);
		if (agent.revoked)
			throw new Refused(
				"conflict",
				`Agent ${agent.name} is revoked, for good: enrol its machine anew with a fresh token: tidegate agent enrol TOKEN --force.`,
			);
		if (!agent.draining) return { id };
		await tx.query("UPDATE agent SET draining_at = NULL WHERE id = $1", [id]);
		await audit(tx, caller, "agent.resume", id, { name: agent.name });
		tell(tx, caller, agent);
		return { id };
	});
}

/** How people see it; the agent itself goes by its id. */
export async function renameAgent(door: TenantDoor, caller: Caller, id: string, name: string): Promise<{ id: string; name: string }> {
	return door
		.transaction(async (tx) => {
			const agent = await find(tx, caller, id);
			if (agent.name === name) return { id, name };
			await tx.query("UPDATE agent SET name = $2 WHERE id = $1", [id, name]);
			await audit(tx, caller, "agent.rename", id, { name, before: agent.name });
			tell(tx, caller, agent);
			return { id, name };
		})
		.catch((error: Error & { code?: string }) => {
			if (error.code !== UNIQUE_VIOLATION) throw error;
			throw new Refused(
				"name_taken",
				`There is an agent named "${name}" in this workspace already (one that was revoked counts): choose another.`,
				error,
			);
		});
}

/** Its next request is refused, and what it holds goes to others when its lease is over. */
export async function revokeAgent(door: TenantDoor, caller: Caller, id: string): Promise<{ id: string }> {
	return door.transaction(async (tx) => {
		const agent = await find(tx, caller, id);
		if (agent.revoked) return { id };
		await tx.query("UPDATE agent SET revoked_at = tg_now() WHERE id = $1", [id]);
		await audit(tx, caller, "agent.revoke", id, { name: agent.name });
		tell(tx, caller, agent);
		return { id };
	});
}
