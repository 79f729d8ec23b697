/** A run as lists and its own page show it, and the columns that it takes. */
import type { RunState } from "tidegate/protocol/states.ts";
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
	startedAt: string | null;
	finishedAt: string | null;
	attempt: number;
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
	held: boolean;
	cancel_requested_at: Date | null;
	log_bytes: number;
}

export const SUMMARY = `r.id, f.name AS flow, v.number, r.version_id AS version, p.name AS pool, r.state, r.labels, r.created_by, r.queued_at, r.started_at, r.finished_at,
	r.attempt, a.id AS agent_id, a.name AS agent, a.last_seen_at, e.claimed_at, r.cancel_requested_at, r.log_bytes, e.number IS NOT NULL AND e.outcome IS NULL AS held`;

export const SUMMARY_FROM = `FROM run r JOIN flow f ON f.id = r.flow_id JOIN version v ON v.id = r.version_id JOIN pool p ON p.id = r.pool_id
	LEFT JOIN execution e ON e.run_id = r.id AND e.number = r.execution AND r.state <> 'queued' LEFT JOIN agent a ON a.id = e.agent_id`;

export function toSummary(row: SummaryRow): RunSummary {
	const { id, flow, number, version, pool, state, labels, attempt } = row;
	const away = row.held && row.agent_id !== null && presence.of(row.agent_id, row.last_seen_at ?? row.claimed_at).away;
	return {
		...{ id, flow, number, version, pool, state, labels, createdBy: row.created_by, attempt, away, logBytes: row.log_bytes },
		agent: row.agent_id && row.agent ? { id: row.agent_id, name: row.agent } : null,
		queuedAt: row.queued_at.toISOString(),
		startedAt: toIso(row.started_at),
		finishedAt: toIso(row.finished_at),
		cancelRequestedAt: toIso(row.cancel_requested_at),
	};
}
