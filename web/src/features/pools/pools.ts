import { uuidv7 } from "tidegate/protocol/ids.ts";
import { audit } from "../../server/audit.ts";
import type { Caller } from "../../server/callers.ts";
import type { Sql, TenantDoor, Tx } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { bus } from "../../server/pubsub.ts";

export interface PoolItem {
	id: string;
	name: string;
	/** How long an agent may be silent before its executions go to another. */
	leaseSeconds: number;
	/** Nothing is claimed from it. */
	paused: boolean;
	/** Runs at once, over all its agents; null: as many as they have slots. */
	limit: number | null;
	/** Runs that wait to be claimed. */
	queued: number;
	/** Runs that its agents have now: what counts against the limit. */
	running: number;
	/** Agents that may serve it, whether or not they are there now. */
	agents: number;
}

export async function listPools(door: Sql, workspaceId: string): Promise<{ pools: PoolItem[] }> {
	const { rows } = await door.query<PoolItem>(
		`SELECT p.id, p.name, p.lease_seconds AS "leaseSeconds", p.paused_at IS NOT NULL AS paused, p.run_limit AS limit,
			(SELECT count(*) FROM queue_entry WHERE pool_id = p.id) AS queued, 
			(SELECT count(*) FROM execution WHERE outcome IS NULL AND agent_id = ANY(ARRAY(SELECT id FROM agent WHERE pool_id = p.id))) AS running,
			(SELECT count(*) FROM agent WHERE pool_id = p.id AND revoked_at IS NULL) AS agents
			FROM pool p WHERE p.workspace_id = $1 ORDER BY p.name`,
		[workspaceId],
	);
	return { pools: rows };
}

export interface PoolRules {
	leaseSeconds?: number;
	limit?: number | null;
}

export async function createPool(door: TenantDoor, caller: Caller, pool: PoolRules & { name: string }): Promise<{ id: string; name: string }> {
	return door.prisma(async (tx) => {
		const workspaceId = caller.workspace.id;
		const id = uuidv7();
		const { name, leaseSeconds, limit } = pool;
		const { count } = await tx.pool.createMany({ data: [{ id, workspaceId, name, leaseSeconds, runLimit: limit }], skipDuplicates: true });
		if (count === 0) throw new Refused("name_taken", `There is a pool "${name}" already.`);
		await audit(tx, caller, "pool.create", id, { name });
		tx.afterCommit(() => bus.fleet(workspaceId));
		return { id, name };
	});
}

/** Closes the pool's gate: what is changed in `tx` holds for every claim after its commit, exactly. Whoever waits for the pool looks again. */
async function close(tx: Tx, caller: Caller, name: string): Promise<{ id: string; paused: boolean }> {
	const workspaceId = caller.workspace.id;
	await tx.query("SELECT tg_close_gate(id) FROM pool WHERE workspace_id = $1 AND name = $2", [workspaceId, name]);
	const { rows } = await tx.query<{ id: string; paused: boolean }>(
		"SELECT id, paused_at IS NOT NULL AS paused FROM pool WHERE workspace_id = $1 AND name = $2 FOR NO KEY UPDATE",
		[workspaceId, name],
	);
	const [pool] = rows;
	if (!pool) throw await unknownPool(tx, workspaceId, name);
	tx.afterCommit(() => {
		bus.pool(pool.id);
		bus.fleet(workspaceId);
	});
	return pool;
}

/** Changes what is given and leaves the rest. A limit below what runs now ends nothing: nothing new begins until enough has ended. */
export async function changePool(door: TenantDoor, caller: Caller, name: string, rules: PoolRules): Promise<{ id: string; name: string }> {
	return door.transaction(async (tx) => {
		const { id } = await close(tx, caller, name);
		const { leaseSeconds, limit } = rules;
		await tx.query("UPDATE pool SET lease_seconds = coalesce($2, lease_seconds), run_limit = CASE WHEN $3 THEN $4 ELSE run_limit END WHERE id = $1", [
			...[id, leaseSeconds ?? null, limit !== undefined, limit ?? null],
		]);
		const told = { ...(leaseSeconds !== undefined && { leaseSeconds }), ...(limit !== undefined && { limit: limit ?? "none" }) };
		await audit(tx, caller, "pool.change", id, { name, ...told });
		return { id, name };
	});
}

/** From this answer on nothing is claimed from the pool; what runs goes on. */
export async function pausePool(door: TenantDoor, caller: Caller, name: string): Promise<{ id: string; name: string }> {
	return door.transaction(async (tx) => {
		const { id, paused } = await close(tx, caller, name);
		if (paused) return { id, name };
		await tx.query("UPDATE pool SET paused_at = tg_now() WHERE id = $1", [id]);
		await audit(tx, caller, "pool.pause", id, { name });
		return { id, name };
	});
}

export async function resumePool(door: TenantDoor, caller: Caller, name: string): Promise<{ id: string; name: string }> {
	return door.transaction(async (tx) => {
		const { id, paused } = await close(tx, caller, name);
		if (!paused) return { id, name };
		await tx.query("UPDATE pool SET paused_at = NULL WHERE id = $1", [id]);
		await audit(tx, caller, "pool.resume", id, { name });
		return { id, name };
	});
}

/** @throws Refused unknown_pool naming those that there are. */
export async function unknownPool(door: Sql, workspaceId: string, name: string | undefined): Promise<Refused> {
	const { rows } = await door.query<{ name: string }>("SELECT name FROM pool WHERE workspace_id = $1 ORDER BY name LIMIT 5", [workspaceId]);
	if (rows.length === 0) return new Refused("unknown_pool", "This workspace has no pool yet: tidegate pool create NAME.");
	return new Refused("unknown_pool", `There is no pool "${name}" in this workspace. There are: ${rows.map((row) => row.name).join(", ")}.`);
}
