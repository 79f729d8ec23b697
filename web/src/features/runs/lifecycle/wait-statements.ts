/** The writer's statements about waits and hooks, sent only where there are any. As in statements.ts, many rows travel as one JSON parameter. */

// Told again by a later process it stays what it is; one that was closed because the process went on by itself opens again.
export const putWaits = {
	name: "put-waits",
	text: `INSERT INTO wait AS old (run_id, task, workspace_id, execution, kind, due, event, child, sealed, at)
		SELECT run, task, workspace, execution, kind, due, event, child, sealed, at
		FROM jsonb_to_recordset($1::jsonb) AS t(run uuid, workspace uuid, execution int, task bytea, kind text, due timestamptz, event bytea, child uuid, sealed bytea, at timestamptz)
		ON CONFLICT (run_id, task) DO UPDATE SET state = 'open', execution = excluded.execution, kind = excluded.kind, due = excluded.due, event = excluded.event,
			child = excluded.child, sealed = excluded.sealed, awaited = false WHERE old.state IN ('open', 'closed')`,
};
export const putAnswers = {
	name: "put-answers",
	text: `UPDATE wait w SET state = t.state, answer = t.answer, by = t.by, seq = t.seq, answered_at = tg_now()
		FROM jsonb_to_recordset($2::jsonb) AS t(run uuid, task bytea, state text, answer bytea, by text, seq bigint)
		WHERE w.run_id = ANY($1::uuid[]) AND w.run_id = t.run AND w.task = t.task AND w.state = 'open'`,
};
export const awaitThese = {
	name: "await-these",
	text: "UPDATE wait SET awaited = task = ANY($2::bytea[]) WHERE run_id = $1 AND state = 'open' AND awaited <> (task = ANY($2::bytea[]))",
};
// What the process went on from by itself, and what nobody can answer any more.
export const closeWaits = {
	name: "close-waits",
	text: "UPDATE wait SET state = 'closed' WHERE run_id = $1 AND state = 'open' AND ($2::bool OR task = ANY($3::bytea[]))",
};
/** Of a run that ended without a process: what still stands there as waiting. */
export const closeTasks = {
	name: "close-tasks",
	text: "UPDATE task SET state = 'cancelled', finished_at = tg_now() WHERE run_id = $1 AND state IN ('pending', 'running', 'waiting')",
};
// A small run of the same version, with its parent's parameters. Its own end is followed by nothing.
export const addHook = {
	name: "add-hook",
	text: `WITH t AS MATERIALIZED (SELECT tg_now() AS at),
		fresh AS (
			INSERT INTO run (id, workspace_id, flow_id, version_id, pool_id, state, parameters, labels, created_by, logical_date, seq, rank, queued_at, parent_id, depth, detached, hook)
			SELECT $2::uuid, workspace_id, flow_id, version_id, pool_id, 'queued', parameters, labels, created_by, logical_date, 1, extract(epoch FROM at), at, id, depth, true, $3::text
			FROM run, t WHERE id = $1::uuid RETURNING id, workspace_id, pool_id, rank, queued_at),
		entry AS (INSERT INTO queue_entry (run_id, workspace_id, pool_id, rank) SELECT id, workspace_id, pool_id, rank FROM fresh),
		first AS (INSERT INTO attempt (run_id, number, workspace_id) SELECT id, 1, workspace_id FROM fresh)
		INSERT INTO event (run_id, seq, workspace_id, type, at, data) SELECT id, 1, workspace_id, 'queued', queued_at, '{"attempt":1}' FROM fresh`,
};

export const readWaits = {
	name: "read-waits",
	text: `SELECT run_id AS run, encode(task, 'hex') AS task, kind, state, awaited FROM wait
		WHERE run_id = ANY($1::uuid[]) AND task = ANY(SELECT decode(t, 'hex') FROM unnest($2::text[]) t)`,
};
/** The children that belong to waits. By the wait, not by the id that it tells: a process that did not know of the one before asks for the same child by another id. */
export const readChildren = {
	name: "read-children",
	text: `SELECT encode(parent_task, 'hex') AS task, parent_id AS parent, state FROM run
		WHERE parent_id = ANY($1::uuid[]) AND parent_task = ANY(SELECT decode(t, 'hex') FROM unnest($2::text[]) t)`,
};
