import { uuidv7 } from "tidegate/protocol/ids.ts";
import { audit } from "../../server/audit.ts";
import type { Caller } from "../../server/callers.ts";
import type { Sql, TenantDoor } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";

export interface PoolItem {
	id: string;
	name: string;
	/** How long an agent may be silent before its executions go to another. */
	leaseSeconds: number;
	/** Runs that wait to be claimed. */
	queued: number;
	/** Agents that may serve it, whether or not they are there now. */
	agents: number;
}

export async function listPools(door: Sql, workspaceId: string): Promise<{ pools: PoolItem[] }> {
	const { rows } = await door.query<PoolItem>(
		`SELECT p.id, p.name, p.lease_seconds AS "leaseSeconds", (SELECT count(*) FROM queue_entry WHERE pool_id = p.id) AS queued,
			(SELECT count(*) FROM agent WHERE pool_id = p.id AND revoked_at IS NULL) AS agents
			FROM pool p WHERE p.workspace_id = $1 ORDER BY p.name`,
		[workspaceId],
	);
	return { pools: rows };
}

export async function createPool(
	door: TenantDoor,
	caller: Caller,
	pool: { name: string; leaseSeconds?: number },
): Promise<{ id: string; name: string }> {
	return door.prisma(async (tx) => {
		const workspaceId = caller.workspace.id;
		const id = uuidv7();
		const { count } = await tx.pool.createMany({ data: [{ id, workspaceId, ...pool }], skipDuplicates: true });
		if (count === 0) throw new Refused("name_taken", `There is a pool "${pool.name}" already.`);
		await audit(tx, caller, "pool.create", id, { name: pool.name });
		return { id, name: pool.name };
	});
}

/** @throws Refused unknown_pool naming those that there are. */
export async function unknownPool(door: Sql, workspaceId: string, name: string | undefined): Promise<Refused> {
	const { rows } = await door.query<{ name: string }>("SELECT name FROM pool WHERE workspace_id = $1 ORDER BY name LIMIT 5", [workspaceId]);
	if (rows.length === 0) return new Refused("unknown_pool", "This workspace has no pool yet: tidegate pool create NAME.");
	return new Refused("unknown_pool", `There is no pool "${name}" in this workspace. There are: ${rows.map((row) => row.name).join(", ")}.`);
}
