/** What one transaction will append to one run: events and log chunks numbered by its seq, and what decide answered, gathered before anything is written. */
import type { AnswerState, AttemptOutcome, ExecutionOutcome, Hook, RunState, WaitKind } from "tidegate/protocol/states.ts";
import type { Change, Situation } from "../decide.ts";
import type { Artifact, Task } from "./content.ts";
import type { ExecutionRow, Standing } from "./standing.ts";

export interface EventRow {
	seq: number;
	execution: number | null;
	type: string;
	/** Milliseconds since 1970. */
	at: number;
	data: Record<string, unknown>;
	sealed: Uint8Array | null;
}
export interface ChunkRow {
	seq: number;
	stream: string;
	start: number;
	end: number;
	lines: number;
	at: number;
	sealed: Uint8Array;
}
export interface PieceRow {
	artifact: string;
	start: number;
	end: number;
	sealed: Uint8Array;
}

export interface WaitRow {
	task: string;
	kind: WaitKind;
	/** ISO. */
	due: string | null;
	event: string | null;
	child: string | null;
	sealed: Uint8Array;
	at: string;
}
export interface AnswerRow {
	task: string;
	state: AnswerState;
	answer: Uint8Array | null;
	by: string | null;
	/** Its number. */
	seq: number;
}

/** What becomes of the execution's own row. */
export interface ExecutionEnd {
	outcome: ExecutionOutcome;
	at: number;
	code?: number | null;
	signal?: string | null;
	cpuSeconds?: number | null;
	peakMemory?: number | null;
	finish?: Uint8Array;
}

export interface Draft {
	run: Standing;
	execution: ExecutionRow | undefined;
	/** As they will be. */
	state: RunState;
	attempt: number;
	lost: number;
	paused: boolean;
	waitingFor: Situation["waitingFor"];
	needs: number;
	dueAt: number | null;
	queueTimeout: number | null;
	hooks: readonly Hook[];
	store: string | null;
	answered: number;
	seq: number;
	logBytes: number;
	taken: boolean;
	startedAt: number | null;
	finishedAt: number | null;
	cancelRequested: boolean;
	queue: "enter" | "leave" | null;
	attemptOutcome: AttemptOutcome | null;
	nextAttempt: boolean;
	end: ExecutionEnd | null;
	result: Uint8Array | null;
	error: Uint8Array | null;
	events: EventRow[];
	chunks: ChunkRow[];
	pieces: PieceRow[];
	marks: Map<string, number>;
	tasks: Map<string, Task>;
	artifacts: Artifact[];
	/** Told now, by task. */
	waits: Map<string, WaitRow>;
	answers: AnswerRow[];
	/** The waits that its execution suspended on. */
	suspendedOn: string[] | null;
	/** The hook whose run follows. */
	hook: Hook | null;
}

export function draft(run: Standing, execution: ExecutionRow | undefined): Draft {
	return {
		run,
		execution,
		state: run.state,
		attempt: run.attempt,
		lost: run.lost,
		paused: run.paused,
		waitingFor: run.waitingFor,
		needs: run.needs,
		dueAt: run.dueAt,
		queueTimeout: run.queueTimeout,
		hooks: run.hooks,
		store: run.store,
		answered: run.answered,
		seq: run.seq,
		logBytes: 0,
		taken: false,
		startedAt: null,
		finishedAt: null,
		cancelRequested: false,
		queue: null,
		attemptOutcome: null,
		nextAttempt: false,
		end: null,
		result: null,
		error: null,
		events: [],
		chunks: [],
		pieces: [],
		marks: new Map(),
		tasks: new Map(),
		artifacts: [],
		waits: new Map(),
		answers: [],
		suspendedOn: null,
		hook: null,
	};
}

export function note(to: Draft, event: Omit<EventRow, "seq" | "execution" | "sealed"> & { sealed?: Uint8Array | null }, execution?: number): number {
	to.seq += 1;
	to.events.push({ sealed: null, ...event, seq: to.seq, execution: execution ?? to.execution?.number ?? null });
	return to.seq;
}

/** Takes decide's answer in. @param at when it happened, milliseconds of the database's clock */
export function amend(to: Draft, change: Change, at: number, end: Omit<ExecutionEnd, "outcome" | "at"> = {}): void {
	to.state = change.state;
	for (const part of ["paused", "waitingFor", "needs", "dueAt"] as const) if (change[part] !== undefined) Object.assign(to, { [part]: change[part] });
	if (change.lost) to.lost += 1;
	if (change.hook) to.hook = change.hook;
	if (change.keepsStore) to.store = to.execution?.store ?? to.store;
	if (change.queue) to.queue = change.queue;
	if (change.execution) to.end = { ...end, outcome: change.execution, at };
	if (change.attempt) to.attemptOutcome = change.attempt;
	if (change.nextAttempt) {
		to.nextAttempt = true;
		to.attempt += 1;
	}
	for (const { type, data } of change.notes) {
		// Whoever follows the run reads there why it ended, where the flow itself did not say.
		note(to, { type, data, at, sealed: type === "finished" ? end.finish : null });
		if (type === "started") to.startedAt = at;
		if (type === "ended") to.finishedAt = at;
		if (type === "cancel_requested") to.cancelRequested = true;
	}
}

/** The execution that is still without an outcome, as the draft leaves it. */
export const liveOf = (d: Draft): ExecutionRow | undefined => (d.end ? undefined : d.execution);
