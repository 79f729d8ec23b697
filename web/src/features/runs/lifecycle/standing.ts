/** Reads how runs stand, under their locks, so that what decide answers can be written in the same transaction. */
import type { RunState } from "tidegate/protocol/states.ts";
import type { Sql } from "../../../server/db.ts";
import type { Situation } from "../decide.ts";

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
	now: number;
}

export interface ExecutionRow {
	run: string;
	number: number;
	attempt: number;
	agent: string;
	token: string;
	outcome: string | null;
	claimedAt: number;
	takenAt: number | null;
	startedAt: number | null;
	/** Ended by a report of its agent, not by the sweep. */
	reported: boolean;
	leaseUntil: number;
}

const lock = { name: "run-lock", text: "SELECT id FROM run WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE" };
const readRuns = {
	name: "run-standing",
	text: `SELECT id, workspace_id AS workspace, flow_id AS flow, pool_id AS pool, state, attempt, execution, seq, rank, extract(epoch FROM tg_now()) * 1000 AS now
		FROM run WHERE id = ANY($1::uuid[])`,
};
// A claim is a word too: the lease lasts at least that long from it, however old the poll was.
const readExecutions = {
	name: "execution-standing",
	text: `SELECT e.run_id AS run, e.number, e.attempt, e.agent_id AS agent, e.token, e.outcome, e.finish IS NOT NULL AS reported,
			extract(epoch FROM e.claimed_at) * 1000 AS "claimedAt", extract(epoch FROM e.taken_at) * 1000 AS "takenAt", extract(epoch FROM e.started_at) * 1000 AS "startedAt",
			extract(epoch FROM greatest(a.lease_until, e.claimed_at + make_interval(secs => p.lease_seconds))) * 1000 AS "leaseUntil"
		FROM execution e JOIN agent a ON a.id = e.agent_id JOIN pool p ON p.id = a.pool_id
		WHERE e.run_id = ANY($1::uuid[]) AND (e.outcome IS NULL OR e.number = ANY($2::int[]))`,
};

type Numeric = string | number | null;
const number = (value: Numeric): number => Number(value);
const instant = (value: Numeric): number | null => (value === null ? null : Number(value));

/**
 * Locks the runs in the order of their ids, then reads: in that order, since a statement that waited for a lock has an old view of other tables.
 * @param numbers executions to read besides the live ones
 */
export async function stand(tx: Sql, runs: string[], numbers: number[] = []): Promise<{ runs: Map<string, Standing>; executions: ExecutionRow[] }> {
	const [, found, executions] = await Promise.all([
		tx.query(lock, [runs]),
		tx.query<Standing>(readRuns, [runs]),
		tx.query<ExecutionRow>(readExecutions, [runs, numbers]),
	]);
	return {
		runs: new Map(found.rows.map((row) => [row.id, { ...row, now: number(row.now) }])),
		executions: executions.rows.map((row) => ({
			...row,
			claimedAt: number(row.claimedAt),
			takenAt: instant(row.takenAt),
			startedAt: instant(row.startedAt),
			leaseUntil: number(row.leaseUntil),
		})),
	};
}

export function situation(run: Pick<Standing, "state" | "attempt">, live: ExecutionRow | undefined): Situation {
	if (!live) return { state: run.state, attempt: run.attempt, live: null };
	const { number, takenAt, startedAt, claimedAt, leaseUntil } = live;
	return { state: run.state, attempt: run.attempt, live: { number, taken: takenAt !== null, started: startedAt !== null, claimedAt, leaseUntil } };
}
