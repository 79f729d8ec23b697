/** What people marked by hand on the runs that a run goes on from. */
import type { Sql } from "../../server/db.ts";
import { sealedBefore } from "./bounds.ts";

const MOST = 1_000;

// Along the line of runs that each resume another, the nearest mark of a task counts: the SDK takes the first it finds. Those of the nearest run always fit
// (control.ts) into what answers leave of a body.
const MARKS = `WITH RECURSIVE line AS (
		SELECT resumes_id AS id, 1 AS far FROM run WHERE id = $1 AND workspace_id = $2
		UNION ALL SELECT r.resumes_id, far + 1 FROM line JOIN run r ON r.id = line.id WHERE far < 100)
	SELECT m.run_id AS run, f.name AS flow, v.number, encode(m.task, 'hex') AS task, m.state, m.by, m.sealed
		FROM (SELECT m.*, line.far, ${sealedBefore("length(m.sealed) + 600", "line.far, m.task")} AS total FROM line JOIN task_mark m ON m.run_id = line.id) m
		JOIN run r ON r.id = m.run_id JOIN flow f ON f.id = r.flow_id JOIN version v ON v.id = r.version_id
		WHERE m.total <= ${3 * 1024 * 1024} ORDER BY m.far, m.task LIMIT ${MOST}`;

export interface MarkBefore {
	/** Whose task was marked, and where it belongs. */
	run: string;
	flow: string;
	number: number;
	task: string;
	state: "succeeded" | "skipped";
	by: string;
	sealed: Buffer;
}

/** The nearest first. */
export const marksBefore = async (tx: Sql, run: string, workspaceId: string): Promise<MarkBefore[]> =>
	(await tx.query<MarkBefore>(MARKS, [run, workspaceId])).rows;
