/** A run with all that belongs to it, as one moment. */
import type { QueryResult, QueryResultRow } from "pg";
import type { ArtifactKind, AttemptOutcome, ExecutionOutcome, TaskState } from "tidegate/protocol/states.ts";
import type { TenantDoor } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { toBase64, toIso } from "../../server/inputs.ts";
import { MAX_SEALED, sealedBefore } from "./bounds.ts";
import { readKin } from "./kin.ts";
import { SUMMARY, SUMMARY_FROM, type SummaryRow, toSummary } from "./summary.ts";

/** Tasks of one answer, the first told; what is past them still arrives by runs.watch. About 500 bytes each. */
const MAX_TASKS_READ = 20_000;
/** Doings of tasks that later ones took the place of. */
const MAX_EARLIER_READ = 20_000;

interface ExecutionRow {
	number: number;
	attempt: number;
	agent_id: string;
	agent: string;
	outcome: ExecutionOutcome | null;
	claimed_at: Date;
	started_at: Date | null;
	finished_at: Date | null;
	code: number | null;
	signal: string | null;
	cpu_seconds: number | null;
	peak_memory: number | null;
	reason: string | null;
	error: Buffer | null;
	result: Buffer | null;
	finish: Buffer | null;
}

const toExecution = (row: ExecutionRow) => ({
	execution: row.number,
	attempt: row.attempt,
	agent: { id: row.agent_id, name: row.agent },
	outcome: row.outcome,
	claimedAt: row.claimed_at.toISOString(),
	startedAt: toIso(row.started_at),
	finishedAt: toIso(row.finished_at),
	code: row.code,
	signal: row.signal,
	cpuSeconds: row.cpu_seconds,
	peakMemory: row.peak_memory,
	/** Why it was taken from its agent, where it was. */
	reason: row.reason,
	error: toBase64(row.error),
	result: toBase64(row.result),
	end: toBase64(row.finish),
});

interface TaskRow {
	id: Buffer;
	fn: string;
	index: number | null;
	map: Buffer | null;
	state: TaskState;
	attempt: number;
	execution: number;
	parents: Buffer[];
	started_at: Date | null;
	finished_at: Date | null;
	until: Date | null;
	from_id: string | null;
	cached: boolean;
	sealed: Buffer | null;
}

const hex = (id: Buffer | null): string | null => id?.toString("hex") ?? null;

const toTask = (row: TaskRow) => ({
	task: row.id.toString("hex"),
	fn: row.fn,
	index: row.index,
	map: hex(row.map),
	state: row.state,
	attempt: row.attempt,
	execution: row.execution,
	parents: row.parents.map((parent) => parent.toString("hex")),
	startedAt: toIso(row.started_at),
	finishedAt: toIso(row.finished_at),
	/** When a waiting one goes on. */
	until: toIso(row.until),
	/** The run that did it, where it is remembered; `cached`: by its inputs. */
	from: row.from_id,
	cached: row.cached,
	sealed: toBase64(row.sealed),
});

interface EarlierRow {
	task: string;
	execution: number;
	attempt: number;
	started: Date;
	state: TaskState;
	finished: Date | null;
}

// The task's own row holds the last doing only; what came before is in the events. Not looked for where no task was done twice.
const EARLIER = `WITH doing AS (
		SELECT data->>'task' AS task, execution, (data->>'attempt')::int AS attempt, min(seq) AS first, (array_agg(at ORDER BY seq))[1] AS first_at,
			min(at) FILTER (WHERE data->>'state' = 'running') AS started, (array_agg(data->>'state' ORDER BY seq) FILTER (WHERE data->>'state' IN ('succeeded', 'failed', 'cancelled', 'skipped')))[1] AS over,
			(array_agg(at ORDER BY seq) FILTER (WHERE data->>'state' IN ('succeeded', 'failed', 'cancelled', 'skipped')))[1] AS over_at
		FROM event WHERE run_id = $1 AND workspace_id = $2 AND type = 'task'
			AND EXISTS (SELECT FROM task WHERE run_id = $1 AND workspace_id = $2 AND (attempt > 1 OR execution > 1))
		GROUP BY 1, 2, 3),
	placed AS (
		SELECT *, lead(execution) OVER next AS next_execution, lead(first_at) OVER next AS next_at FROM doing WINDOW next AS (PARTITION BY task ORDER BY execution, attempt))
	SELECT p.task, p.execution, p.attempt, p.started, coalesce(p.over, 'cancelled') AS state,
		coalesce(p.over_at, CASE WHEN p.next_execution = p.execution THEN p.next_at END, e.finished_at, p.next_at) AS finished
	FROM placed p LEFT JOIN execution e ON e.run_id = $1 AND e.workspace_id = $2 AND e.number = p.execution
	WHERE p.next_execution IS NOT NULL AND p.started IS NOT NULL ORDER BY p.first LIMIT ${MAX_EARLIER_READ}`;

const toEarlier = (row: EarlierRow) => ({
	task: row.task,
	execution: row.execution,
	attempt: row.attempt,
	state: row.state,
	startedAt: row.started.toISOString(),
	finishedAt: toIso(row.finished),
});

interface ArtifactRow {
	id: string;
	kind: ArtifactKind;
	task_id: Buffer | null;
	execution: number;
	size: number;
	at: Date;
	sealed: Buffer;
}

const toArtifact = (row: ArtifactRow) => ({
	id: row.id,
	kind: row.kind,
	task: hex(row.task_id),
	execution: row.execution,
	size: row.size,
	at: row.at.toISOString(),
	sealed: toBase64(row.sealed) as string,
});

interface AttemptRow {
	number: number;
	outcome: AttemptOutcome | null;
	started_at: Date | null;
	finished_at: Date | null;
}

export const unknownRun = (id: string): Refused => new Refused("unknown_run", `There is no run ${id} in this workspace.`);

/** The run is read first: whatever the later statements see beyond its seq is told again by a watch from there, harmlessly. */
export async function getRun(door: TenantDoor, workspaceId: string, id: string) {
	return door.transaction(async (tx) => {
		const read = <R extends QueryResultRow>(select: string): Promise<QueryResult<R>> => tx.query<R>(select, [id, workspaceId]);
		const [run, attempts, executions, tasks, earlier, artifacts, kin] = await Promise.all([
			read<SummaryRow & { seq: number; parameters: Buffer | null; cancelled_by: string | null; paused_by: string | null; live: boolean }>(
				`SELECT ${SUMMARY}, r.seq, r.parameters, f.live_version_id IS NOT DISTINCT FROM r.version_id AS live, CASE WHEN r.cancel_requested_at IS NOT NULL OR r.state = 'cancelled' THEN (SELECT data->>'by' FROM event
					WHERE run_id = r.id AND type = 'cancel_requested' ORDER BY seq DESC LIMIT 1) END AS cancelled_by, CASE WHEN r.state = 'held' OR r.pause_requested_at IS NOT NULL THEN (SELECT data->>'by' FROM event
					WHERE run_id = r.id AND type = 'pause_requested' ORDER BY seq DESC LIMIT 1) END AS paused_by ${SUMMARY_FROM} WHERE r.id = $1 AND r.workspace_id = $2`,
			),
			read<AttemptRow>("SELECT number, outcome, started_at, finished_at FROM attempt WHERE run_id = $1 AND workspace_id = $2 ORDER BY number"),
			read<ExecutionRow>(
				`SELECT e.number, e.attempt, e.agent_id, e.outcome, e.claimed_at, e.started_at, e.finished_at, e.code, e.signal, e.cpu_seconds, e.peak_memory,
					CASE WHEN e.fits THEN e.error END AS error, CASE WHEN e.fits THEN e.result END AS result, CASE WHEN e.fits THEN e.finish END AS finish, a.name AS agent, CASE WHEN e.outcome IN ('lost', 'returned') THEN (SELECT data->>'reason' FROM event
					WHERE run_id = e.run_id AND execution = e.number AND type = e.outcome ORDER BY seq DESC LIMIT 1) END AS reason
					FROM (SELECT *, ${sealedBefore("coalesce(length(error), 0) + coalesce(length(result), 0) + coalesce(length(finish), 0)", "number DESC")} <= ${MAX_SEALED} AS fits
						FROM execution WHERE run_id = $1 AND workspace_id = $2) e JOIN agent a ON a.id = e.agent_id ORDER BY e.number`,
			),
			read<TaskRow>(
				`SELECT id, fn, index, map, state, attempt, execution, parents, started_at, finished_at, until, from_id, cached,
					CASE WHEN ${sealedBefore("coalesce(length(sealed), 0)", "first_seq")} <= ${MAX_SEALED} THEN sealed END AS sealed
					FROM task WHERE run_id = $1 AND workspace_id = $2 ORDER BY first_seq LIMIT ${MAX_TASKS_READ}`,
			),
			read<EarlierRow>(EARLIER),
			read<ArtifactRow>(
				`SELECT * FROM (SELECT *, ${sealedBefore("length(sealed)", "at, id")} AS total FROM artifact WHERE run_id = $1 AND workspace_id = $2) a
					WHERE total <= ${MAX_SEALED} ORDER BY at, id`,
			),
			readKin(tx, id, workspaceId),
		]);
		const row = run.rows[0];
		if (!row) throw unknownRun(id);
		return {
			run: { ...toSummary(row), parameters: toBase64(row.parameters) },
			attempts: attempts.rows.map(({ number, outcome, started_at, finished_at }) => ({
				number,
				outcome,
				startedAt: toIso(started_at),
				finishedAt: toIso(finished_at),
			})),
			executions: executions.rows.map(toExecution),
			tasks: tasks.rows.map(toTask),
			earlier: earlier.rows.map(toEarlier),
			/** Its version is the one that the flow's callers get. */
			live: row.live,
			/** Who asked for its end, once somebody has. */
			cancelledBy: row.cancelled_by,
			/** Who asked for its pause, while it is held or about to be. */
			pausedBy: row.paused_by,
			artifacts: artifacts.rows.map(toArtifact),
			kin,
			seq: row.seq,
		};
	});
}
