/** Removes chunks that no bundle needs: uploads of deploys that never finished. A day old, so that no deploy that goes on loses any. */
import type { Job } from "../../server/boss.ts";
import { system } from "../../server/db.ts";

const SPARED = "24 hours";

// A deploy that takes such a chunk at this moment touches it first (versions.prepare, versions.create): the DELETE waits for it and, looking
// again at the row, spares it. One that comes after finds it missing and uploads it.
const COLLECT = `DELETE FROM chunk c WHERE c.workspace_id = $1 AND c.touched_at < tg_now() - interval '${SPARED}'
	AND NOT EXISTS (SELECT FROM (SELECT DISTINCT unnest(chunk_ids) AS id FROM bundle WHERE workspace_id = $1) used WHERE used.id = c.id)`;

async function collectChunks(): Promise<number> {
	const { rows } = await system.query<{ id: string }>(
		`SELECT DISTINCT workspace_id AS id FROM chunk WHERE touched_at < tg_now() - interval '${SPARED}'`,
	);
	let removed = 0;
	for (const { id } of rows) {
		removed += await system.transaction(async (tx) => {
			await tx.query("SET LOCAL statement_timeout = '10min'");
			return (await tx.query(COLLECT, [id])).rowCount ?? 0;
		});
	}
	return removed;
}

export const chunkCollection: Job = { name: "chunks", cron: "20 * * * *", run: collectChunks };
