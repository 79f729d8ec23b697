/**
 * Run and queue entry are written together, so they agree; this looks whether they do. It walks over all runs, some at a time, by id: no index
 * has to be kept for what should never be found.
 */
import type { Tx } from "../../../server/db.ts";
import { log } from "../../../server/log.ts";
import { bus } from "../../../server/pubsub.ts";
import { shared } from "../../../server/shared.ts";

/** Runs that one step looks at: about a millisecond. */
const STEP = 500;
const FIRST = "00000000-0000-0000-0000-000000000000";

const walk = shared("repair walk", () => ({ after: FIRST }));

const requeue = {
	name: "repair-queue",
	text: `WITH step AS MATERIALIZED (SELECT id, workspace_id, pool_id, rank, state, store FROM run WHERE id > $1 ORDER BY id LIMIT ${STEP}),
		missing AS MATERIALIZED (
			SELECT r.id, r.workspace_id, r.pool_id, r.rank, r.store FROM run r
			WHERE r.id = ANY(ARRAY(SELECT id FROM step WHERE state = 'queued' AND NOT EXISTS (SELECT FROM queue_entry q WHERE q.run_id = step.id))) AND r.state = 'queued'
			FOR UPDATE SKIP LOCKED),
		entered AS (INSERT INTO queue_entry (run_id, workspace_id, pool_id, rank, store) SELECT id, workspace_id, pool_id, rank, coalesce(store, '') FROM missing ON CONFLICT DO NOTHING RETURNING run_id, pool_id)
		SELECT (SELECT max(id::text) FROM step) AS last, ARRAY(SELECT run_id FROM entered) AS entered, ARRAY(SELECT DISTINCT pool_id FROM entered) AS pools`,
};
// The reverse: entries of runs that are not queued, looked for where the claim would meet them. A claim deletes such an entry by itself.
const strays = {
	name: "repair-strays",
	text: `WITH top AS MATERIALIZED (SELECT run_id FROM queue_entry ORDER BY run_id LIMIT ${STEP})
		DELETE FROM queue_entry WHERE run_id = ANY(ARRAY(SELECT top.run_id FROM top JOIN run r ON r.id = top.run_id WHERE r.state <> 'queued')) RETURNING run_id`,
};

export async function repair(tx: Tx): Promise<void> {
	const [stepped, stray] = await Promise.all([
		tx.query<{ last: string | null; entered: string[]; pools: string[] }>(requeue, [walk.after]),
		tx.query<{ run_id: string }>(strays),
	]);
	const { last, entered, pools } = stepped.rows[0] ?? { last: null, entered: [], pools: [] };
	walk.after = last ?? FIRST;
	for (const run of entered) log.error("a queued run had no queue entry", { run });
	for (const { run_id: run } of stray.rows) log.error("a queue entry's run was not queued", { run });
	tx.afterCommit(() => {
		for (const pool of pools) bus.pool(pool);
	});
}
