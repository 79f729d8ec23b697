/**
 * The writer's statements: each takes the rows of all drafts as one JSON parameter, so that a report of a hundred executions costs as many statements
 * as one of a single, and has a name, so that it is parsed once a connection.
 */

/**
 * Goes first in the writer's transactions. Every row is named by its key, so one plan fits all parameters and all sizes of tables. Planning over all
 * partitions anew costs more than the statements themselves, and a plan that was kept while a table was empty would scan it when it is full.
 * For the same reason the statements below say `= ANY($1)` besides the join, without which the planner, who takes a workspace for one row, joins all
 * of it; and look at `outcome` in a way that no partial index fits, which costs what dead entries it has.
 */
export const planOnce = "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off";

/** Runs by compare-and-set, with what is appended to them. */
export const setRuns = {
	name: "set-runs",
	text: `WITH noted AS (
			INSERT INTO event (run_id, seq, workspace_id, execution, type, at, data, sealed)
			SELECT run, seq, workspace, execution, type, at, data, sealed
			FROM jsonb_to_recordset($3::jsonb) AS t(run uuid, workspace uuid, seq bigint, execution int, type text, at timestamptz, data jsonb, sealed bytea))
		UPDATE run r SET state = t.state, attempt = t.attempt, seq = t.seq, log_bytes = r.log_bytes + t.bytes, started_at = coalesce(r.started_at, t.started), finished_at = coalesce(r.finished_at, t.finished),
			cancel_requested_at = CASE WHEN t.cancel THEN tg_now() ELSE r.cancel_requested_at END,
			orphaning = r.orphaning OR (t.cancel AND r.children > 0), pause_requested_at = CASE WHEN t.paused THEN coalesce(r.pause_requested_at, tg_now()) END,
			waiting_for = t.for, needs = t.needs, due_at = t.due, lost = t.lost, store = t.store, waits = r.waits + t.told, answered = t.answered
		FROM jsonb_to_recordset($2::jsonb) AS t(id uuid, was text, "from" bigint, state text, attempt int, seq bigint, bytes bigint, started timestamptz, finished timestamptz, cancel bool,
			paused bool, "for" text, needs int, due timestamptz, lost int, store text, told int, answered bigint)
		WHERE r.id = ANY($1::uuid[]) AND r.id = t.id AND r.state = t.was AND r.seq = t."from"`,
};

// Besides the execution its attempt, and the tasks that its process could no longer end: one that ran was cut off, one that had not begun is skipped
// after a true end, else cancelled. Sent after the tasks of the same report.
export const setExecutions = {
	name: "set-executions",
	text: `WITH t AS MATERIALIZED (
			SELECT * FROM jsonb_to_recordset($2::jsonb) AS t(run uuid, number int, attempt int, started timestamptz, result bytea, error bytea, outcome text, at timestamptz, code int,
				signal text, cpu float8, memory bigint, finish bytea, unbegun text, "attemptOutcome" text, "attemptEnd" timestamptz)),
		closed AS (
			UPDATE task k SET state = CASE WHEN k.state = 'running' THEN 'cancelled' ELSE t.unbegun END, finished_at = t.at
			FROM t WHERE k.run_id = ANY($1::uuid[]) AND k.run_id = t.run AND k.execution = t.number AND t.outcome IS NOT NULL
				AND (k.state = 'running' OR k.state IN ('pending', 'waiting') AND t.outcome <> 'suspended')),
		attempts AS (
			UPDATE attempt a SET started_at = coalesce(a.started_at, t.started), outcome = t."attemptOutcome", finished_at = t."attemptEnd"
			FROM t WHERE a.run_id = ANY($1::uuid[]) AND a.run_id = t.run AND a.number = t.attempt AND a.outcome IS NULL)
		UPDATE execution e SET taken_at = coalesce(e.taken_at, CASE WHEN t.outcome IS DISTINCT FROM 'returned' THEN tg_now() END), started_at = coalesce(e.started_at, t.started),
			result = coalesce(t.result, e.result), error = coalesce(t.error, e.error),
			outcome = t.outcome, finished_at = t.at, code = t.code, signal = t.signal, cpu_seconds = t.cpu, peak_memory = t.memory, finish = t.finish
		FROM t WHERE e.run_id = ANY($1::uuid[]) AND e.run_id = t.run AND e.number = t.number AND coalesce(e.outcome, '') = ''`,
};

export const enterQueue = {
	name: "enter-queue",
	text: "INSERT INTO queue_entry (run_id, workspace_id, pool_id, rank, store) VALUES ($1, $2, $3, $4, coalesce($5, ''))",
};
export const leaveQueue = { name: "leave-queue", text: "DELETE FROM queue_entry WHERE run_id = $1" };
export const newAttempt = { name: "new-attempt", text: "INSERT INTO attempt (run_id, number, workspace_id) VALUES ($1, $2, $3)" };

// Sealed stretches travel in binary, a statement each: as text in JSON they would double.
export const addChunk = {
	name: "add-chunk",
	text: "INSERT INTO log_chunk (run_id, seq, workspace_id, execution, stream, byte_from, byte_to, lines, at, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
};
export const addPiece = {
	name: "add-piece",
	text: "INSERT INTO artifact_chunk (run_id, artifact_id, byte_from, byte_to, workspace_id, execution, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)",
};
export const putMarks = {
	name: "put-marks",
	text: `INSERT INTO stream_mark (run_id, execution, stream, workspace_id, mark)
		SELECT run, execution, stream, workspace, mark FROM jsonb_to_recordset($1::jsonb) AS t(run uuid, execution int, stream text, workspace uuid, mark bigint)
		ON CONFLICT (run_id, execution, stream) DO UPDATE SET mark = excluded.mark`,
};
// What a later execution makes again keeps its place and its moment, with the new body. One statement takes a row but once.
export const addArtifacts = {
	name: "add-artifacts",
	text: `INSERT INTO artifact AS old (run_id, id, workspace_id, execution, kind, task_id, size, at, sealed)
		SELECT DISTINCT ON (run, id) run, id, workspace, execution, kind, task, size, at, sealed
		FROM jsonb_to_recordset($1::jsonb) AS t(run uuid, workspace uuid, execution int, id uuid, kind text, task bytea, size bigint, at timestamptz, sealed bytea)
		ORDER BY run, id, execution DESC
		ON CONFLICT (run_id, id) DO UPDATE SET execution = excluded.execution, kind = excluded.kind, task_id = excluded.task_id, size = excluded.size, sealed = excluded.sealed
		WHERE excluded.execution > old.execution`,
};
// Newer is: a later execution, then a later attempt, then a later state (pending, running or waiting, over). What is not newer changes nothing.
export const putTasks = {
	name: "put-tasks",
	text: `INSERT INTO task AS old (run_id, id, workspace_id, execution, fn, index, map, parents, attempt, state, started_at, finished_at, first_seq, sealed, until, from_id, cached)
		SELECT run, id, workspace, execution, fn, index, map, parents, attempt, state, "startedAt", "finishedAt", "firstSeq", sealed, until, "from", cached
		FROM jsonb_to_recordset($1::jsonb) AS t(run uuid, workspace uuid, execution int, id bytea, fn text, index int, map bytea, parents bytea[], attempt int, state text,
			"startedAt" timestamptz, "finishedAt" timestamptz, "firstSeq" bigint, sealed bytea, until timestamptz, "from" uuid, cached bool)
		ON CONFLICT (run_id, id) DO UPDATE SET execution = excluded.execution, attempt = excluded.attempt, state = excluded.state, parents = excluded.parents,
			started_at = CASE WHEN (old.execution, old.attempt) = (excluded.execution, excluded.attempt) THEN coalesce(old.started_at, excluded.started_at) ELSE excluded.started_at END,
			finished_at = excluded.finished_at, until = excluded.until, from_id = excluded.from_id, cached = excluded.cached, sealed = coalesce(excluded.sealed, old.sealed)
		WHERE (excluded.execution, excluded.attempt) > (old.execution, old.attempt)
			OR ((excluded.execution, excluded.attempt) = (old.execution, old.attempt) AND old.state IN ('pending', 'running', 'waiting')
				AND NOT (excluded.state = 'pending' AND old.state <> 'pending'))`,
};

export const readMarks = {
	name: "read-marks",
	text: "SELECT run_id AS run, execution, stream, mark FROM stream_mark WHERE run_id = ANY($1::uuid[]) AND execution = ANY($2::int[])",
};
