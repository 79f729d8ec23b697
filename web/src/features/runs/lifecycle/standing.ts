/** Reads how runs stand, under their locks, so that what decide answers can be written in the same transaction. */
import type { RunState } from "tidegate/protocol/states.ts";
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
// A claim is a word too: the lease lasts at least that long from it, however old the poll was.
const read = {
	name: "run-standing",
	text: `SELECT r.id, r.workspace_id AS workspace, r.flow_id AS flow, r.pool_id AS pool, r.state, r.attempt AS "runAttempt", r.execution, r.seq, r.rank, extract(epoch FROM tg_now()) * 1000 AS now,
			e.number, e.attempt, e.agent_id AS agent, e.token, e.outcome, e.finish IS NOT NULL AS reported,
			extract(epoch FROM e.claimed_at) * 1000 AS "claimedAt", extract(epoch FROM e.taken_at) * 1000 AS "takenAt", extract(epoch FROM e.started_at) * 1000 AS "startedAt",
			extract(epoch FROM greatest(a.lease_until, e.claimed_at + make_interval(secs => p.lease_seconds))) * 1000 AS "leaseUntil"
		FROM run r LEFT JOIN execution e ON e.run_id = r.id AND (e.outcome IS NULL OR e.number = ANY($2::int[]))
			LEFT JOIN agent a ON a.id = e.agent_id LEFT JOIN pool p ON p.id = a.pool_id
		WHERE r.id = ANY($1::uuid[])`,
};

/** Postgres's numerics come as text. */
type Numeric = string | number | null;
const instant = (value: Numeric): number | null => (value === null ? null : Number(value));
interface Row extends Omit<Standing, "attempt">, Pick<ExecutionRow, "attempt" | "agent" | "token" | "outcome" | "reported"> {
	runAttempt: number;
	number: number | null;
	claimedAt: Numeric;
	takenAt: Numeric;
	startedAt: Numeric;
	leaseUntil: Numeric;
}

/**
 * Locks the runs in the order of their ids, then reads: in that order, since a statement that waited for a lock has an old view of other tables.
 * @param numbers executions to read besides the live ones
 */
export async function stand(tx: Sql, runs: string[], numbers: number[] = []): Promise<{ runs: Map<string, Standing>; executions: ExecutionRow[] }> {
	const [, , { rows }] = await Promise.all([tx.query(planOnce), tx.query(lock, [runs]), tx.query<Row>(read, [runs, numbers])]);
	const standings = new Map<string, Standing>();
	const executions: ExecutionRow[] = [];
	for (const { runAttempt, number: execution, attempt, agent, token, outcome, reported, claimedAt, takenAt, startedAt, leaseUntil, ...run } of rows) {
		standings.set(run.id, { ...run, attempt: runAttempt, now: Number(run.now) });
		if (execution === null) continue;
		const instants = { claimedAt: Number(claimedAt), takenAt: instant(takenAt), startedAt: instant(startedAt), leaseUntil: Number(leaseUntil) };
		executions.push({ run: run.id, number: execution, attempt, agent, token, outcome, reported, ...instants });
	}
	return { runs: standings, executions };
}

export function situation(run: Pick<Standing, "state" | "attempt">, live: ExecutionRow | undefined): Situation {
	if (!live) return { state: run.state, attempt: run.attempt, live: null };
	const { number, takenAt, startedAt, claimedAt, leaseUntil } = live;
	return { state: run.state, attempt: run.attempt, live: { number, taken: takenAt !== null, started: startedAt !== null, claimedAt, leaseUntil } };
}
