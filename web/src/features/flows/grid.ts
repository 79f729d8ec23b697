/** Task functions by runs: what each function of the last runs came to, counted by the database. */
import { type RunState, TASK_STATES, type TaskState } from "tidegate/protocol/states.ts";
import type { TenantDoor } from "../../server/db.ts";
import { toIso } from "../../server/inputs.ts";
import { OWN } from "../runs/own.ts";
import { flowIdOf } from "./flows.ts";

/** Functions of one answer, those of the newest runs first: past them a grid is no view. */
const MAX_FUNCTIONS = 100;

export interface GridRun {
	id: string;
	/** Of the version. */
	number: number;
	state: RunState;
	queuedAt: string;
	startedAt: string | null;
	finishedAt: string | null;
}

/** All calls of one function in one run. */
export interface GridCell {
	run: string;
	fn: string;
	/** How many calls are in each state; those of no call are left out. */
	states: Partial<Record<TaskState, number>>;
	/** A call that failed, where one did; else one that goes on, else any. */
	task: string;
	/** The highest of its calls. */
	attempt: number;
	/** Position in the run at which it was first told. */
	first: number;
	startedAt: string | null;
	/** Null while one of them goes on. */
	finishedAt: string | null;
}

interface CellRow {
	run: string;
	fn: string;
	states: number[];
	task: string;
	attempt: number;
	first: number;
	started_at: Date | null;
	finished_at: Date | null;
}

const RUNS = `SELECT id, version_id, state, queued_at, started_at, finished_at FROM run r WHERE flow_id = $1 AND workspace_id = $2 AND ${OWN} ORDER BY id DESC LIMIT $3`;
/** One that failed, else one that goes on, else any: sorting all calls to find the first of them would be half of the work. */
const least = `min(encode(t.id, 'hex') COLLATE "C")`;
const TASK = `coalesce(${least} FILTER (WHERE t.state = 'failed'), ${least} FILTER (WHERE t.state IN ('pending', 'running', 'waiting')), ${least})`;

/** Runs newest first; cells in no order. @param limit how many runs */
export async function readGrid(
	door: TenantDoor,
	workspaceId: string,
	flow: string,
	limit: number,
): Promise<{ runs: GridRun[]; cells: GridCell[]; more: number }> {
	return door.transaction(async (tx) => {
		const params = [await flowIdOf(tx, workspaceId, flow), workspaceId, limit];
		const [runs, cells] = await Promise.all([
			tx.query<{ id: string; number: number; state: RunState; queued_at: Date; started_at: Date | null; finished_at: Date | null }>(
				`SELECT r.*, v.number FROM (${RUNS}) r JOIN version v ON v.id = r.version_id ORDER BY r.id DESC`,
				params,
			),
			tx.query<CellRow & { functions: number }>(
				`WITH cell AS (SELECT t.run_id AS run, t.fn, ARRAY[${TASK_STATES.map((state) => `count(*) FILTER (WHERE t.state = '${state}')`).join(", ")}] AS states,
					${TASK} AS task, max(t.attempt) AS attempt, min(t.first_seq) AS first, min(t.started_at) AS started_at,
					CASE WHEN bool_and(t.finished_at IS NOT NULL) THEN max(t.finished_at) END AS finished_at
					FROM (${RUNS}) r JOIN task t ON t.run_id = r.id AND t.workspace_id = $2 GROUP BY t.run_id, t.fn),
				func AS (SELECT fn, count(*) OVER () AS functions FROM cell GROUP BY fn ORDER BY max(run::text) DESC, min(first) LIMIT ${MAX_FUNCTIONS})
				SELECT cell.*, func.functions FROM cell JOIN func USING (fn)`,
				params,
			),
		]);
		return {
			runs: runs.rows.map(({ id, number, state, ...at }) => ({
				...{ id, number, state },
				queuedAt: at.queued_at.toISOString(),
				startedAt: toIso(at.started_at),
				finishedAt: toIso(at.finished_at),
			})),
			cells: cells.rows.map(toCell),
			more: Math.max(0, (cells.rows[0]?.functions ?? 0) - MAX_FUNCTIONS),
		};
	});
}

const toCell = ({ run, fn, states, task, attempt, first, started_at, finished_at }: CellRow): GridCell => ({
	...{ run, fn, task, attempt, first },
	states: Object.fromEntries(TASK_STATES.map((state, at) => [state, Number(states[at])] as const).filter(([, n]) => n > 0)),
	startedAt: toIso(started_at),
	finishedAt: toIso(finished_at),
});
