/** Rows for what an agent's events tell of tasks and artifacts, folded before they are written: one row a task, however often it changed in one report. */
import type { ArtifactKind, TaskState } from "tidegate/protocol/states.ts";
import type { AgentEvent } from "tidegate/protocol/wire.ts";

type TaskEvent = Extract<AgentEvent, { type: "task" }>;

export interface Task {
	id: string;
	fn: string;
	index: number | null;
	map: string | null;
	parents: string[];
	attempt: number;
	state: TaskState;
	startedAt: string | null;
	finishedAt: string | null;
	firstSeq: number;
	until: string | null;
	from: string | null;
	cached: boolean;
	sealed: Uint8Array | null;
}
export interface Artifact {
	id: string;
	kind: ArtifactKind;
	task: string | null;
	size: number;
	at: string;
	sealed: Uint8Array;
}

const OVER: readonly TaskState[] = ["succeeded", "failed", "cancelled", "skipped"];
/** pending → running ⇄ waiting → over. What is later in this order is newer. The task table's upsert orders in the same way. */
const order = (state: TaskState): number => (state === "pending" ? 0 : OVER.includes(state) ? 2 : 1);

function row(event: TaskEvent, sealed: Uint8Array | null, seq: number): Task {
	return {
		id: event.task,
		fn: event.fn,
		index: event.index,
		map: event.map,
		parents: event.parents,
		attempt: event.attempt,
		state: event.state,
		startedAt: event.state === "running" ? event.at : null,
		finishedAt: OVER.includes(event.state) ? event.at : null,
		firstSeq: seq,
		until: event.until ?? null,
		from: event.from ?? null,
		cached: event.cached ?? false,
		sealed,
	};
}

/** Late and repeated events change nothing: a task moves on only, within its attempt. */
export function foldTask(into: Map<string, Task>, event: TaskEvent, sealed: Uint8Array | null, seq: number): void {
	const next = row(event, sealed, seq);
	const before = into.get(event.task);
	if (!before || next.attempt > before.attempt) {
		into.set(event.task, { ...next, firstSeq: before?.firstSeq ?? seq, sealed: sealed ?? before?.sealed ?? null });
		return;
	}
	if (next.attempt < before.attempt || order(before.state) === 2 || order(next.state) < order(before.state)) return;
	into.set(event.task, { ...next, startedAt: before.startedAt ?? next.startedAt, firstSeq: before.firstSeq, sealed: sealed ?? before.sealed });
}

/** The clear part of an event, as watchers get it. */
export function clearPart(event: AgentEvent): Record<string, unknown> {
	if (event.type === "task") {
		const { task, fn, index, map, state, attempt, parents, until, from, cached } = event;
		return { task, fn, index, map, state, attempt, parents, ...(until ? { until } : {}), ...(from ? { from, cached } : {}) };
	}
	if (event.type === "wait") {
		const { task, kind, due, child } = event;
		return { task, kind, due, child };
	}
	if (event.type === "artifact") {
		const { id, kind, task, size } = event;
		return { id, kind, task, size };
	}
	return {};
}
