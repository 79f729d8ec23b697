/**
 * The life of a run: created, cancelled, settled. Here and in lifecycle/ alone are runs, attempts, executions, tasks, stream marks and events
 * written: decide (pure) says what, lifecycle/write.ts writes it, in the transaction that holds the run's lock. Claims are in lifecycle/claim.ts
 * and reports in lifecycle/report.ts.
 *
 * Locks are taken in one order: queue entry, then run (several by id). All instants are the database's own, tg_now().
 */
import { uuidTime, uuidv7 } from "tidegate/protocol/ids.ts";
import { MAX_ID_SKEW } from "tidegate/protocol/limits.ts";
import type { RunState } from "tidegate/protocol/states.ts";
import type { TenantDoor, Tx } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { bus } from "../../server/pubsub.ts";
import { type Change, decide, type Happening, type Refused as Undone } from "./decide.ts";
import { answerParents } from "./lifecycle/answering.ts";
import { amend, draft } from "./lifecycle/draft.ts";
import { situation, stand } from "./lifecycle/standing.ts";
import { write } from "./lifecycle/write.ts";
import { type Asked, asParams, targetSql } from "./target.ts";

export interface UnplacedRun {
	/** UUIDv7 of the caller, at most a day off the database's clock. */
	id: string;
	workspaceId: string;
	/** Sealed; null runs the flow with its defaults. */
	parameters: Uint8Array | null;
	labels: Record<string, string>;
	createdBy: string;
	/** Default: the instant of queueing. */
	logicalDate?: Date;
}

export interface NewRun extends UnplacedRun {
	flowId: string;
	versionId: string;
	poolId: string;
}

// The rank is written once: seconds of queueing. A run that is queued again keeps its place.
const insertRun = (name: string, wanted: string) => ({
	name,
	text: `WITH t AS MATERIALIZED (SELECT tg_now() AS at),
		wanted AS MATERIALIZED (${wanted}),
		fresh AS (
			INSERT INTO run (id, workspace_id, flow_id, version_id, pool_id, state, parameters, labels, created_by, logical_date, seq, rank, queued_at, hooks, queue_timeout, due_at)
			SELECT $1::uuid, $2::uuid, flow_id, version_id, pool_id, 'queued', $3::bytea, $4::jsonb, $5::text, coalesce($6::timestamptz, at), 1, extract(epoch FROM at), at, hooks, queue_timeout, at + make_interval(secs => queue_timeout)
			FROM t, wanted WHERE abs(extract(epoch FROM at) * 1000 - $8::bigint) <= $9::bigint
			ON CONFLICT (id) DO NOTHING RETURNING id, workspace_id, pool_id, rank, queued_at),
		entry AS (INSERT INTO queue_entry (run_id, workspace_id, pool_id, rank) SELECT id, workspace_id, pool_id, rank FROM fresh),
		first AS (INSERT INTO attempt (run_id, number, workspace_id) SELECT id, 1, workspace_id FROM fresh),
		event1 AS (INSERT INTO event (run_id, seq, workspace_id, type, at, data) SELECT id, 1, workspace_id, 'queued', queued_at, '{"attempt":1}' FROM fresh),
		audited AS (INSERT INTO audit (id, workspace_id, actor, action, target) SELECT $7::uuid, workspace_id, $5::text, 'run.trigger', id::text FROM fresh)
		SELECT wanted.flow_id AS "flowId", wanted.pool_id AS "poolId", wanted.number FROM fresh, wanted`,
});
const insertById = insertRun(
	"create-run",
	"SELECT $10::uuid AS flow_id, $11::uuid AS version_id, $12::uuid AS pool_id, NULL::int AS number, hooks, queue_timeout FROM version WHERE id = $11::uuid",
);
const byName = targetSql({ workspace: "$2", flow: "$10", number: "$11", pool: "$12" });
const insertByName = insertRun(
	"create-run-by-name",
	`SELECT * FROM (${byName}) found WHERE version_id IS NOT NULL AND pool_id IS NOT NULL AND ($13::text IS NULL OR kid = $13) AND (live OR NOT $14::bool)`,
);
const existingRun = {
	name: "existing-run",
	text: `SELECT (SELECT state FROM run WHERE id = $1::uuid AND workspace_id = $2::uuid) AS state,
		abs(extract(epoch FROM tg_now()) * 1000 - $3::bigint) <= $4::bigint AS near`,
};

function toRow(run: UnplacedRun): unknown[] {
	const parameters = run.parameters && Buffer.from(run.parameters.buffer, run.parameters.byteOffset, run.parameters.byteLength);
	const given = [run.id, run.workspaceId, parameters, JSON.stringify(run.labels), run.createdBy, run.logicalDate ?? null];
	return [...given, uuidv7(), uuidTime(run.id), MAX_ID_SKEW];
}

function wake({ id, workspaceId }: UnplacedRun, flowId: string, poolId: string): void {
	bus.run({ workspace: workspaceId, flow: flowId, run: id });
	bus.pool(poolId);
}

/** Queues a run, in one statement: run, queue entry, event 1 and audit row. The same id again answers the run that is there. */
export async function createRun(tx: Tx, run: NewRun): Promise<{ id: string; state: RunState; created: boolean }> {
	const { id, workspaceId, flowId, versionId, poolId } = run;
	const { rows } = await tx.query(insertById, [...toRow(run), flowId, versionId, poolId]);
	if (rows.length === 0) {
		const { rows: there } = await tx.query<{ state: RunState | null; near: boolean }>(existingRun, [id, workspaceId, uuidTime(id), MAX_ID_SKEW]);
		const state = there[0]?.state;
		if (state) return { id, state, created: false };
		if (there[0]?.near) throw new Refused("id_taken", `The id ${id} is taken: make a new one for each run.`);
		throw new Refused(
			"id_clock",
			`The run's id says it was made on ${new Date(uuidTime(id)).toISOString()}, more than a day off our clock: set your clock, or make the id now.`,
		);
	}
	tx.afterCommit(() => wake(run, flowId, poolId));
	return { id, state: "queued", created: true };
}

/**
 * The same by names: one round trip, transaction and all, for what every trigger that is in order asks.
 * @param kid that the version must be sealed with; null where nothing sealed came along @returns undefined where anything is not as asked, and nothing was written
 */
export async function createRunByName(door: TenantDoor, run: UnplacedRun, of: Asked, kid: string | null): Promise<{ number: number } | undefined> {
	const params = [...toRow(run), ...asParams(of), kid, of.live ?? false];
	const [made] = (await door.query<{ flowId: string; poolId: string; number: number }>(insertByName, params)).rows;
	if (made) wake(run, made.flowId, made.poolId);
	return made;
}

/** Applies one happening to one run. Answers what was changed, or why nothing was; undefined if there is no such run. */
export async function settle(
	tx: Tx,
	run: string,
	workspace: string | null,
	happening: Happening,
): Promise<{ state: RunState; done: Change | Undone } | undefined> {
	// First the queue entry, as the claim does; it leaves together with the lock on the run.
	const entry = tx.query("SELECT FROM queue_entry WHERE run_id = $1 FOR UPDATE", [run]);
	const [{ runs, executions }] = await Promise.all([stand(tx, [run], [], true), entry]);
	const standing = runs.get(run);
	if (!standing || (workspace !== null && standing.workspace !== workspace)) return undefined;
	const liveIn = (id: string) => executions.find((one) => one.run === id && one.outcome === null);
	const live = liveIn(run);
	const done = decide(situation(standing, live), happening, standing.now);
	if ("refused" in done) return { state: standing.state, done };
	const changed = draft(standing, live);
	amend(changed, done, standing.now);
	const drafts = [changed];
	await answerParents(tx, [changed], (id) => {
		const parent = runs.get(id);
		if (parent) drafts.push(draft(parent, liveIn(id)));
		return drafts[1];
	});
	await write(tx, drafts);
	return { state: changed.state, done };
}

/** Asks for the end of a run. A queued run is cancelled at once; a live one when its agent has ended it, or its lease is over. */
export async function cancelRun(tx: Tx, asked: { workspaceId: string; runId: string; by: string }): Promise<{ id: string; state: RunState }> {
	const { workspaceId, runId, by } = asked;
	const settled = await settle(tx, runId, workspaceId, { type: "cancel", by });
	if (!settled) throw new Refused("unknown_run", `There is no run ${runId} in this workspace.`);
	if (!("refused" in settled.done)) {
		await tx.query("INSERT INTO audit (id, workspace_id, actor, action, target) VALUES ($1, $2, $3, 'run.cancel', $4)", [
			uuidv7(),
			workspaceId,
			by,
			runId,
		]);
	}
	return { id: runId, state: settled.state };
}
