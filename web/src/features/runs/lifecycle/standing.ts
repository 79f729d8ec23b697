/** Reads how runs stand, under their locks, so that what decide answers can be written in the same transaction. */
import type { Hook, RunState } from "tidegate/protocol/states.ts";
import type { Sql } from "../../../server/db.ts";
import type { Situation } from "../decide.ts";
import { planOnce } from "./statements.ts";

/** A run as it stands while its row is locked. Instants in milliseconds of the database's clock. */
export interface Standing {
	id: string;
	workspace: string;
	flow: string;
	pool: string;
	state: RunState;
	attempt: number;
	/** Number of its newest execution. */
	execution: number;
	seq: number;
	rank: number;
	parent: string | null;
	/** The wait of the parent that its end answers, hex. */
	parentTask: string | null;
	hooks: Hook[];
	/** Milliseconds. */
	queueTimeout: number | null;
	/** Where its checkpoints must lie, and where its executions' do. */
	store: string | null;
	dueAt: number | null;
	waitingFor: Situation["waitingFor"];
	/** Waits that were told, an upper bound: none spares looking. */
	waits: number;
	needs: number;
	answered: number;
	lost: number;
	paused: boolean;
	now: number;
}

export interface ExecutionRow {
	run: string;
	number: number;
	attempt: number;
	agent: string;
	token: string;
	outcome: string | null;
	/** Of its agent, as it was claimed. */
	store: string | null;
	claimedAt: number;
	takenAt: number | null;
	startedAt: number | null;
	/** Ended by a report of its agent, not by the sweep. */
	reported: boolean;
	leaseUntil: number;
}

// A run's end answers the wait of its parent: both are locked, in the order of their ids. Whose child a run is never changes.
const family = "ARRAY(SELECT unnest($1::uuid[]) UNION SELECT parent_id FROM run WHERE id = ANY($1::uuid[]) AND parent_task IS NOT NULL)";
const lock = { name: "run-lock", text: "SELECT id FROM run WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE" };
const lockFamily = { name: "family-lock", text: `SELECT id FROM run WHERE id = ANY(${family}) ORDER BY id FOR UPDATE` };
// Executions by their run, whatever the plan: joined without the lateral, those with such numbers and the live ones of the whole workspace were read.
// A claim is a word too: the lease lasts at least that long from it, however old the poll was.
const reading = (name: string, runs: string) => ({
	name,
	text: `SELECT r.id, r.workspace_id AS workspace, r.flow_id AS flow, r.pool_id AS pool, r.state, r.attempt AS "runAttempt", r.execution, r.seq, r.rank,
			r.parent_id AS parent, encode(r.parent_task, 'hex') AS "parentTask", r.hooks, r.queue_timeout * 1000 AS "queueTimeout", r.store, extract(epoch FROM r.due_at) * 1000 AS "dueAt",
			r.waiting_for AS "waitingFor", r.waits, r.needs, r.answered, r.lost, r.pause_requested_at IS NOT NULL AS paused, extract(epoch FROM tg_now()) * 1000 AS now,
			e.number, e.attempt, e.agent_id AS agent, e.token, e.outcome, e.store AS "ownStore", e.finish IS NOT NULL AS reported,
			extract(epoch FROM e.claimed_at) * 1000 AS "claimedAt", extract(epoch FROM e.taken_at) * 1000 AS "takenAt", extract(epoch FROM e.started_at) * 1000 AS "startedAt",
			extract(epoch FROM greatest(a.lease_until, e.claimed_at + make_interval(secs => p.lease_seconds))) * 1000 AS "leaseUntil"
		FROM run r LEFT JOIN LATERAL (SELECT * FROM execution x WHERE x.run_id = r.id AND (coalesce(x.outcome, '') = '' OR x.number = ANY($2::int[])) OFFSET 0) e ON true
			LEFT JOIN agent a ON a.id = e.agent_id LEFT JOIN pool p ON p.id = a.pool_id
		WHERE r.id = ANY(${runs})`,
});
const read = reading("run-standing", "$1::uuid[]");
const readFamily = reading("family-standing", family);

/** Postgres's numerics come as text. */
type Numeric = string | number | null;
const instant = (value: Numeric): number | null => (value === null ? null : Number(value));
interface Row extends Omit<Standing, "attempt" | "dueAt">, Pick<ExecutionRow, "attempt" | "agent" | "token" | "outcome" | "reported"> {
	runAttempt: number;
	number: number | null;
	ownStore: string | null;
	dueAt: Numeric;
	claimedAt: Numeric;
	takenAt: Numeric;
	startedAt: Numeric;
	leaseUntil: Numeric;
}

/**
 * Locks the runs in the order of their ids, then reads: in that order, since a statement that waited for a lock has an old view of other tables.
 * @param numbers executions to read besides the live ones @param mayEnd some of the runs may end: their parents are locked and read as well
 */
export async function stand(
	tx: Sql,
	runs: string[],
	numbers: number[],
	mayEnd: boolean,
): Promise<{ runs: Map<string, Standing>; executions: ExecutionRow[] }> {
	const [, , { rows }] = await Promise.all([
		tx.query(planOnce),
		tx.query(mayEnd ? lockFamily : lock, [runs]),
		tx.query<Row>(mayEnd ? readFamily : read, [runs, numbers]),
	]);
	const standings = new Map<string, Standing>();
	const executions: ExecutionRow[] = [];
	for (const row of rows) {
		const {
			runAttempt,
			number: execution,
			attempt,
			agent,
			token,
			outcome,
			ownStore: store,
			reported,
			claimedAt,
			takenAt,
			startedAt,
			leaseUntil,
			...run
		} = row;
		standings.set(run.id, { ...run, attempt: runAttempt, dueAt: instant(run.dueAt), now: Number(run.now) });
		if (execution === null) continue;
		const instants = { claimedAt: Number(claimedAt), takenAt: instant(takenAt), startedAt: instant(startedAt), leaseUntil: Number(leaseUntil) };
		executions.push({ run: run.id, number: execution, attempt, agent, token, outcome, store, reported, ...instants });
	}
	return { runs: standings, executions };
}

type Stood = Omit<Situation, "live">;
export function situation(run: Stood, live: ExecutionRow | undefined): Situation {
	const { state, attempt, lost, paused, waitingFor, needs, dueAt, queueTimeout, hooks } = run;
	const now: Stood = { state, attempt, lost, paused, waitingFor, needs, dueAt, queueTimeout, hooks };
	if (!live) return { ...now, live: null };
	const { number, takenAt, startedAt, claimedAt, leaseUntil } = live;
	return { ...now, live: { number, taken: takenAt !== null, started: startedAt !== null, claimedAt, leaseUntil } };
}
