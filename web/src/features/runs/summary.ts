/** A run as lists and its own page show it, and the columns that it takes. */
import type { Hook, RunState, WaitKind } from "tidegate/protocol/states.ts";
import { toIso } from "../../server/inputs.ts";
import { presence } from "../agents/presence.ts";

export interface RunSummary {
	id: string;
	flow: string;
	/** Of the version. */
	number: number;
	version: string;
	pool: string;
	state: RunState;
	labels: Record<string, string>;
	createdBy: string;
	queuedAt: string;
	/** When the agent took it that began it, or that is about to: from then until it started it was prepared. */
	claimedAt: string | null;
	startedAt: string | null;
	finishedAt: string | null;
	attempt: number;
	/** Of a waiting or held one: what for, and until when; the deadline of its time in the queue, where it is queued. */
	waitingFor: "retry" | WaitKind | null;
	until: string | null;
	/** It was asked to pause, and goes on to its next task. */
	pausing: boolean;
	parent: string | null;
	resumes: string | null;
	/** Of whose end it is: of `parent`. */
	hook: Hook | null;
	/** That holds it, or that held it last; null while it is queued. */
	agent: { id: string; name: string } | null;
	/** Its agent has not been heard of for a moment: no state, and often nothing. */
	away: boolean;
	cancelRequestedAt: string | null;
	/** Of all executions, in the clear. */
	logBytes: number;
}

export interface SummaryRow {
	id: string;
	flow: string;
	number: number;
	version: string;
	pool: string;
	state: RunState;
	labels: Record<string, string>;
	created_by: string;
	queued_at: Date;
	started_at: Date | null;
	finished_at: Date | null;
	attempt: number;
	agent_id: string | null;
	agent: string | null;
	last_seen_at: Date | null;
	claimed_at: Date | null;
	taken_at: Date | null;
	held: boolean;
	cancel_requested_at: Date | null;
	log_bytes: number;
	waiting_for: "retry" | WaitKind | null;
	due_at: Date | null;
	pause_requested_at: Date | null;
	parent_id: string | null;
	resumes_id: string | null;
	hook: Hook | null;
}

export const SUMMARY = `r.id, f.name AS flow, v.number, r.version_id AS version, p.name AS pool, r.state, r.labels, r.created_by, r.queued_at, r.started_at, r.finished_at,
	r.attempt, a.id AS agent_id, a.name AS agent, a.last_seen_at, e.claimed_at,
	CASE WHEN r.started_at IS NULL OR e.number = 1 THEN e.claimed_at ELSE (SELECT x.claimed_at FROM execution x WHERE x.run_id = r.id AND x.started_at IS NOT NULL ORDER BY x.number LIMIT 1) END AS taken_at, r.cancel_requested_at, r.log_bytes, r.waiting_for, r.pause_requested_at, r.parent_id, r.resumes_id, r.hook,
	coalesce(r.due_at, CASE WHEN r.state = 'waiting' THEN (SELECT min(due) FROM wait WHERE run_id = r.id AND state = 'open' AND awaited) END) AS due_at, e.number IS NOT NULL AND e.outcome IS NULL AS held`;

export const SUMMARY_FROM = `FROM run r JOIN flow f ON f.id = r.flow_id JOIN version v ON v.id = r.version_id JOIN pool p ON p.id = r.pool_id
	LEFT JOIN execution e ON e.run_id = r.id AND e.number = r.execution AND r.state <> 'queued' LEFT JOIN agent a ON a.id = e.agent_id`;

export function toSummary(row: SummaryRow): RunSummary {
	const { id, flow, number, version, pool, state, labels, attempt } = row;
	const away = row.held && row.agent_id !== null && presence.of(row.agent_id, row.last_seen_at ?? row.claimed_at).away;
	return {
		...{ id, flow, number, version, pool, state, labels, createdBy: row.created_by, attempt, away, logBytes: row.log_bytes },
		agent: row.agent_id && row.agent ? { id: row.agent_id, name: row.agent } : null,
		queuedAt: row.queued_at.toISOString(),
		claimedAt: toIso(row.taken_at),
		startedAt: toIso(row.started_at),
		finishedAt: toIso(row.finished_at),
		...{ waitingFor: row.waiting_for, until: toIso(row.due_at), pausing: row.pause_requested_at !== null },
		...{ parent: row.parent_id, resumes: row.resumes_id, hook: row.hook },
		cancelRequestedAt: toIso(row.cancel_requested_at),
	};
}
