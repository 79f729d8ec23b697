/** The writer's statements. Each names its run by id, so that one partition is touched; each has a name, so that it is planned once a connection. */

export const setRun = {
	name: "set-run",
	text: `UPDATE run SET state = $4, attempt = $5, seq = $6, log_bytes = log_bytes + $7, started_at = coalesce(started_at, $8), finished_at = $9,
			cancel_requested_at = CASE WHEN $10 THEN tg_now() ELSE cancel_requested_at END
		WHERE id = $1 AND state = $2 AND seq = $3`,
};

export const touchExecution = {
	name: "touch-execution",
	text: `UPDATE execution SET taken_at = coalesce(taken_at, tg_now()), started_at = coalesce(started_at, $3), result = coalesce($4, result), error = coalesce($5, error)
		WHERE run_id = $1 AND number = $2 AND outcome IS NULL`,
};
export const endExecution = {
	name: "end-execution",
	text: `UPDATE execution SET outcome = $3, finished_at = $4, code = $5, signal = $6, cpu_seconds = $7, peak_memory = $8, finish = $9
		WHERE run_id = $1 AND number = $2 AND outcome IS NULL`,
};
// What its process could no longer say: a task that ran was cut off, one that had not begun is skipped ($3: after a true end) or cancelled.
export const closeTasks = {
	name: "close-tasks",
	text: `UPDATE task SET state = CASE WHEN state = 'running' THEN 'cancelled' ELSE $3 END, finished_at = $4
		WHERE run_id = $1 AND execution = $2 AND state IN ('pending', 'running', 'waiting')`,
};

export const enterQueue = { name: "enter-queue", text: "INSERT INTO queue_entry (run_id, workspace_id, pool_id, rank) VALUES ($1, $2, $3, $4)" };
export const leaveQueue = { name: "leave-queue", text: "DELETE FROM queue_entry WHERE run_id = $1" };

export const startAttempt = {
	name: "start-attempt",
	text: "UPDATE attempt SET started_at = coalesce(started_at, $3) WHERE run_id = $1 AND number = $2",
};
export const endAttempt = {
	name: "end-attempt",
	text: `UPDATE attempt SET outcome = $3, finished_at = $4,
			started_at = coalesce(started_at, (SELECT min(e.started_at) FROM execution e WHERE e.run_id = $1 AND e.attempt = $2))
		WHERE run_id = $1 AND number = $2 AND outcome IS NULL`,
};
export const newAttempt = { name: "new-attempt", text: "INSERT INTO attempt (run_id, number, workspace_id) VALUES ($1, $2, $3)" };

export const addEvents = {
	name: "add-events",
	text: `INSERT INTO event (run_id, seq, workspace_id, execution, type, at, data, sealed)
		SELECT $1, seq, $2, execution, type, at, data, sealed
		FROM jsonb_to_recordset($3::jsonb) AS t(seq bigint, execution int, type text, at timestamptz, data jsonb, sealed bytea)`,
};
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
		SELECT $1, $3, stream, $2, mark FROM jsonb_to_recordset($4::jsonb) AS t(stream text, mark bigint)
		ON CONFLICT (run_id, execution, stream) DO UPDATE SET mark = excluded.mark`,
};
export const addArtifacts = {
	name: "add-artifacts",
	text: `INSERT INTO artifact (run_id, id, workspace_id, execution, kind, task_id, size, at, sealed)
		SELECT $1, id, $2, $3, kind, task, size, at, sealed
		FROM jsonb_to_recordset($4::jsonb) AS t(id uuid, kind text, task bytea, size bigint, at timestamptz, sealed bytea)
		ON CONFLICT (run_id, id) DO NOTHING`,
};
// Newer is: a later execution, then a later attempt, then a later state (pending, running or waiting, over). What is not newer changes nothing.
export const putTasks = {
	name: "put-tasks",
	text: `INSERT INTO task AS old (run_id, id, workspace_id, execution, fn, index, map, parents, attempt, state, started_at, finished_at, first_seq, sealed)
		SELECT $1, id, $2, $3, fn, index, map, parents, attempt, state, "startedAt", "finishedAt", "firstSeq", sealed
		FROM jsonb_to_recordset($4::jsonb) AS t(id bytea, fn text, index int, map bytea, parents bytea[], attempt int, state text,
			"startedAt" timestamptz, "finishedAt" timestamptz, "firstSeq" bigint, sealed bytea)
		ON CONFLICT (run_id, id) DO UPDATE SET execution = excluded.execution, attempt = excluded.attempt, state = excluded.state, parents = excluded.parents,
			started_at = CASE WHEN (old.execution, old.attempt) = (excluded.execution, excluded.attempt) THEN coalesce(old.started_at, excluded.started_at) ELSE excluded.started_at END,
			finished_at = excluded.finished_at, sealed = coalesce(excluded.sealed, old.sealed)
		WHERE (excluded.execution, excluded.attempt) > (old.execution, old.attempt)
			OR ((excluded.execution, excluded.attempt) = (old.execution, old.attempt) AND old.state IN ('pending', 'running', 'waiting')
				AND NOT (excluded.state = 'pending' AND old.state <> 'pending'))`,
};

export const readMarks = {
	name: "read-marks",
	text: "SELECT run_id AS run, execution, stream, mark FROM stream_mark WHERE run_id = ANY($1::uuid[]) AND execution = ANY($2::int[])",
};
