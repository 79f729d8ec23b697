/** How a run's view moves on with each event of runs.watch. Pure, so that live and reloaded pages are the same. */
import type { RunState, TaskState } from "tidegate/protocol/states.ts";
import { type Artifact, type Attempt, type Earlier, ENDS, type Execution, type Run, type RunView, type Task, type WatchedEvent } from "./view.ts";

const OVER: readonly TaskState[] = ["succeeded", "failed", "cancelled", "skipped"];
/** While an agent has it. */
const LIVE: readonly RunState[] = ["starting", "running", "cancelling"];
const rank = (state: TaskState): number => (state === "pending" ? 0 : OVER.includes(state) ? 2 : 1);

/** Newer is: a later execution, then a later attempt, then a later state. What is told late or twice changes nothing; the control plane keeps to the same order. */
function moveTask(before: Task | undefined, event: WatchedEvent): Task {
	const told = event.data as unknown as Pick<Task, "task" | "fn" | "index" | "map" | "state" | "attempt" | "parents"> &
		Partial<Pick<Task, "until" | "from" | "cached">>;
	const execution = event.execution ?? before?.execution ?? 1;
	const again = before?.execution === execution && before.attempt === told.attempt;
	if (again && (rank(before.state) === 2 || rank(told.state) < rank(before.state))) return before;
	if (before && !again && (execution < before.execution || (execution === before.execution && told.attempt < before.attempt))) return before;
	return {
		...{ ...told, until: told.until ?? null, from: told.from ?? null, cached: told.cached ?? false },
		execution,
		startedAt: (again ? before.startedAt : null) ?? (told.state === "running" ? event.at : null),
		finishedAt: rank(told.state) === 2 ? event.at : null,
		sealed: event.sealed ?? before?.sealed ?? null,
	};
}

/** Keeps what a later doing takes the place of, where it had begun. */
function keepEarlier(view: RunView, before: Task | undefined, after: Task, at: string): void {
	if (!before?.startedAt || (before.execution === after.execution && before.attempt === after.attempt)) return;
	const { task, execution, attempt, startedAt, state, finishedAt } = before;
	const one: Earlier = { task, execution, attempt, startedAt, state: finishedAt ? state : "cancelled", finishedAt: finishedAt ?? at };
	view.earlier.set(task, [...(view.earlier.get(task) ?? []), one]);
}

const newExecution = (event: WatchedEvent): Execution => ({
	execution: event.execution ?? 0,
	attempt: Number(event.data.attempt),
	agent: { id: String(event.data.agent), name: String(event.data.name) },
	outcome: null,
	claimedAt: event.at,
	startedAt: null,
	finishedAt: null,
	code: null,
	signal: null,
	cpuSeconds: null,
	peakMemory: null,
	reason: null,
	error: null,
	result: null,
	end: null,
});

function change<T>(list: T[], which: (one: T) => boolean, changes: Partial<T>): T[] {
	return list.map((one) => (which(one) ? { ...one, ...changes } : one));
}

function changeExecution(view: RunView, event: WatchedEvent, changes: Partial<Execution>): void {
	view.executions = change(view.executions, (one) => one.execution === event.execution, changes);
}

/** The attempt that is said to come next, or to go on. */
function beginAttempt(view: RunView, data: Record<string, unknown>): number {
	const attempt = Number(data.attempt);
	if (!view.attempts.some((one) => one.number === attempt))
		view.attempts = [...view.attempts, { number: attempt, outcome: null, startedAt: null, finishedAt: null }];
	return attempt;
}

function changeAttempt(view: RunView, changes: Partial<Attempt>): void {
	view.attempts = change(view.attempts, (one) => one.number === view.run.attempt, changes);
}

/** Writes into `view`, which is a copy of its own; its lists are replaced, never changed. */
function apply(view: RunView, event: WatchedEvent): void {
	const { type, at, data, sealed } = event;
	const set = (changes: Partial<Run>) => {
		view.run = { ...view.run, ...changes };
	};
	if (type === "task") {
		const before = view.tasks.get(String(data.task));
		const after = moveTask(before, event);
		keepEarlier(view, before, after, at);
		view.tasks.set(after.task, after);
	} else if (type === "artifact") {
		const told = data as unknown as Pick<Artifact, "id" | "kind" | "task" | "size">;
		// Made again by a later execution it stays where it was.
		view.artifacts.set(told.id, { ...told, execution: event.execution ?? 1, at: view.artifacts.get(told.id)?.at ?? at, sealed: sealed ?? "" });
	} else if (type === "claimed") {
		const execution = newExecution(event);
		view.executions = [...view.executions.filter((one) => one.execution !== execution.execution), execution];
		set({ state: "starting", agent: execution.agent, attempt: execution.attempt, claimedAt: view.run.startedAt ? view.run.claimedAt : at });
	} else if (type === "started") {
		changeExecution(view, event, { startedAt: at });
		changeAttempt(view, { startedAt: at });
		set({ state: view.run.state === "cancelling" ? "cancelling" : "running", startedAt: view.run.startedAt ?? at });
	} else if (type === "result") changeExecution(view, event, { result: sealed });
	else if (type === "error") changeExecution(view, event, { error: sealed });
	else if (type === "cancel_requested") {
		view.cancelledBy = typeof data.by === "string" ? data.by : null;
		set({ cancelRequestedAt: at, state: LIVE.includes(view.run.state) ? "cancelling" : view.run.state, pausing: false });
	} else if (ENDS.includes(type)) end(view, event);
	else if (type === "queued") {
		const attempt = beginAttempt(view, data);
		set({ state: "queued", attempt, agent: null, away: false, waitingFor: null, until: null });
		// Who took it gave it back, or was lost, before it began.
		if (!view.run.startedAt) set({ claimedAt: null });
	} else if (type === "waiting") {
		const attempt = beginAttempt(view, data);
		set({ state: "waiting", attempt, waitingFor: data.for as Run["waitingFor"], until: (data.until as string | null) ?? null, away: false });
	} else if (type === "held") set({ state: "held", pausing: false, away: false });
	else if (type === "pause_requested") {
		view.pausedBy = typeof data.by === "string" ? data.by : null;
		set({ pausing: LIVE.includes(view.run.state) });
	} else if (type === "resumed") {
		view.pausedBy = null;
		set({ pausing: false });
	} else if (type === "ended") {
		const state = data.state as RunState;
		if (state === "cancelled") changeAttempt(view, { outcome: "cancelled", finishedAt: at });
		set({ state, finishedAt: at, away: false, pausing: false, waitingFor: null, until: null });
	}
}

function end(view: RunView, event: WatchedEvent): void {
	const { type, at, data, sealed } = event;
	const outcome = (type === "finished" ? data.outcome : type) as Execution["outcome"];
	const figures = type === "finished" ? (data as Partial<Execution>) : {};
	changeExecution(view, event, {
		outcome,
		finishedAt: at,
		code: figures.code ?? null,
		signal: figures.signal ?? null,
		cpuSeconds: figures.cpuSeconds ?? null,
		peakMemory: figures.peakMemory ?? null,
		reason: typeof data.reason === "string" ? data.reason : null,
		end: sealed,
	});
	const left: TaskState = outcome === "succeeded" || outcome === "failed" ? "skipped" : "cancelled";
	for (const task of view.tasks.values()) {
		if (task.execution !== event.execution || rank(task.state) === 2) continue;
		// It goes on where it suspended.
		if (outcome === "suspended" && task.state !== "running") continue;
		view.tasks.set(task.task, { ...task, state: task.state === "running" ? "cancelled" : left, finishedAt: at });
	}
	// Given back before it started: no attempt was made.
	if (outcome !== "returned" && outcome !== "suspended") changeAttempt(view, { outcome, finishedAt: at });
}

/** @returns the view after `events`; what it already holds is left out, so that a replay changes nothing. */
export function advance(view: RunView, events: WatchedEvent[]): RunView {
	const fresh = events.filter((event) => event.seq > view.seq);
	if (fresh.length === 0) return view;
	const next = { ...view };
	// Copied once for a batch, and only where it changes: there may be 100,000 tasks.
	if (fresh.some((event) => event.type === "task" || ENDS.includes(event.type))) {
		next.tasks = new Map(view.tasks);
		next.earlier = new Map(view.earlier);
	}
	if (fresh.some((event) => event.type === "artifact")) next.artifacts = new Map(view.artifacts);
	for (const event of fresh) {
		apply(next, event);
		next.seq = event.seq;
	}
	return next;
}
