/** What a run's page shows of other runs, and of what it waits for: read in the transaction that reads the run. */
import type { RunState, WaitKind, WaitState } from "tidegate/protocol/states.ts";
import type { Sql } from "../../server/db.ts";
import { toBase64, toIso } from "../../server/inputs.ts";
import { presence } from "../agents/presence.ts";
import { MAX_SEALED, sealedBefore } from "./bounds.ts";
import { marksBefore } from "./marks.ts";

/** Of each, the newest; a page counts the rest by their states, and asks for them by `runs.list {parent}`. */
const MOST = 1_000;

interface OriginRow {
	parent_id: string | null;
	parent_task: Buffer | null;
	depth: number;
	children: number;
	detached: boolean;
	step: string | null;
	hook: string | null;
	resumes_id: string | null;
	resumes_changed: string | null;
	resumes_from: Buffer | null;
	refresh: boolean;
	store: string | null;
	agents: { id: string; ran: boolean }[];
	kept_by: string | null;
	needs: number;
}
interface ChildRow {
	id: string;
	flow: string;
	number: number;
	state: RunState;
	task: Buffer | null;
	hook: string | null;
	detached: boolean;
	queued_at: Date;
	started_at: Date | null;
	finished_at: Date | null;
}
interface WaitRow {
	task: Buffer;
	kind: WaitKind;
	state: WaitState;
	due: Date | null;
	child: string | null;
	sealed: Buffer;
	answer: Buffer | null;
	by: string | null;
	at: Date;
	answered_at: Date | null;
}
interface MarkRow {
	task: Buffer;
	state: "succeeded" | "skipped";
	sealed: Buffer;
	by: string;
	at: Date;
}

const toHex = (id: Buffer | null): string | null => id?.toString("hex") ?? null;

// An agent tells the stores that it reaches when it polls; of one that polls another server, that it ran something there before is what can be told.
const ORIGIN = `SELECT parent_id, parent_task, depth, children, detached, step, hook, resumes_id, resumes_changed, resumes_from, refresh, store, needs,
	(SELECT coalesce(jsonb_agg(jsonb_build_object('id', a.id,
			'ran', EXISTS (SELECT FROM execution e WHERE e.agent_id = a.id AND e.store = r.store AND e.run_id IN (r.id, r.resumes_id)))), '[]') FROM agent a
		WHERE r.store IS NOT NULL AND a.pool_id = r.pool_id AND a.revoked_at IS NULL AND a.draining_at IS NULL
			AND a.lease_until > tg_now() - interval '5 seconds') AS agents,
	(SELECT a.name FROM execution e JOIN agent a ON a.id = e.agent_id WHERE e.store = r.store AND e.run_id IN (r.id, r.resumes_id)
		ORDER BY e.claimed_at DESC LIMIT 1) AS kept_by
	FROM run r WHERE id = $1 AND workspace_id = $2`;
const CHILDREN = `SELECT r.id, f.name AS flow, v.number, r.state, r.parent_task AS task, r.hook, r.detached, r.queued_at, r.started_at, r.finished_at
	FROM run r JOIN flow f ON f.id = r.flow_id JOIN version v ON v.id = r.version_id WHERE r.parent_id = $1 AND r.workspace_id = $2 ORDER BY r.id DESC LIMIT ${MOST}`;
const CHILD_STATES = "SELECT state, count(*)::int AS count FROM run WHERE parent_id = $1 AND workspace_id = $2 GROUP BY state";
const WAITS_ORDER = "state = 'open' DESC, at DESC, task";
const WAITS = `SELECT task, kind, state, due, child, sealed, answer, by, at, answered_at FROM (
		SELECT *, ${sealedBefore("length(sealed) + coalesce(length(answer), 0)", WAITS_ORDER)} AS total FROM wait WHERE run_id = $1 AND workspace_id = $2) w
	WHERE total <= ${MAX_SEALED} ORDER BY ${WAITS_ORDER} LIMIT ${MOST}`;
const RESUMED = `SELECT id, state, created_by AS by FROM run WHERE resumes_id = $1 AND workspace_id = $2 ORDER BY id DESC LIMIT 100`;
const MARKS = `SELECT task, state, sealed, by, at FROM (
		SELECT *, ${sealedBefore("length(sealed)", "at DESC, task")} AS total FROM task_mark WHERE run_id = $1 AND workspace_id = $2) m
	WHERE total <= ${MAX_SEALED} ORDER BY at, task LIMIT ${MOST}`;

const isReachable = (store: string, agents: OriginRow["agents"]): boolean =>
	agents.some(({ id, ran }) => presence.storesOf(id)?.includes(store) ?? ran);

export async function readKin(tx: Sql, run: string, workspaceId: string) {
	const [origin, children, states, waits, resumed, marks, before] = await Promise.all([
		tx.query<OriginRow>(ORIGIN, [run, workspaceId]),
		tx.query<ChildRow>(CHILDREN, [run, workspaceId]),
		tx.query<{ state: RunState; count: number }>(CHILD_STATES, [run, workspaceId]),
		tx.query<WaitRow>(WAITS, [run, workspaceId]),
		tx.query<{ id: string; state: RunState; by: string }>(RESUMED, [run, workspaceId]),
		tx.query<MarkRow>(MARKS, [run, workspaceId]),
		marksBefore(tx, run, workspaceId),
	]);
	const of = origin.rows[0];
	return {
		parent: of?.parent_id ? { id: of.parent_id, task: toHex(of.parent_task), detached: of.detached } : null,
		depth: of?.depth ?? 0,
		step: of?.step ?? null,
		/** Of its parent's end. */
		hook: of?.hook ?? null,
		resumes: of?.resumes_id ? { run: of.resumes_id, changed: of.resumes_changed, from: toBase64(of.resumes_from) } : null,
		refresh: of?.refresh ?? false,
		/** Where its checkpoints lie; `reachable`: an agent of the pool that takes work reaches it; `by`: name of the agent that wrote there last. */
		store: of?.store ? { id: of.store, reachable: isReachable(of.store, of.agents), by: of.kept_by } : null,
		/** Answers without which it does not go on. */
		needs: of?.needs ?? 0,
		childCount: of?.children ?? 0,
		/** All of them, however many are listed. */
		childStates: Object.fromEntries(states.rows.map(({ state, count }) => [state, count])) as Partial<Record<RunState, number>>,
		children: children.rows.map(({ task, queued_at, started_at, finished_at, ...child }) => ({
			...{ ...child, task: toHex(task) },
			...{ queuedAt: queued_at.toISOString(), startedAt: toIso(started_at), finishedAt: toIso(finished_at) },
		})),
		waits: waits.rows.map(({ task, due, sealed, answer, at, answered_at, ...wait }) => ({
			...{ ...wait, task: task.toString("hex"), due: toIso(due), sealed: toBase64(sealed) as string, answer: toBase64(answer) },
			...{ at: at.toISOString(), answeredAt: toIso(answered_at) },
		})),
		/** Runs that go on from this one, newest first. */
		resumedBy: resumed.rows,
		marks: marks.rows.map(({ task, sealed, at, ...mark }) => ({
			...mark,
			task: task.toString("hex"),
			sealed: toBase64(sealed) as string,
			at: at.toISOString(),
		})),
		/** Of the runs that this one goes on from, the nearest first. */
		marksBefore: before.map(({ sealed, ...mark }) => ({ ...mark, sealed: toBase64(sealed) as string })),
	};
}
