/**
 * Who may go from which state to which, in one pure function. The writer (lifecycle/write.ts) applies the answer by compare-and-set in the transaction
 * that read the situation; the claim's statement takes its answer for all queued runs at once.
 *
 *     queued ⇄ starting → running → succeeded, failed, cancelled        (any that is live) → cancelling → the same three
 *     running → waiting → queued: for the next attempt, or for answers        queued, waiting, running → held → queued, waiting: paused by somebody
 *
 * A run is queued exactly while it has a queue entry, and live exactly while one execution has no outcome. Held and waiting runs have neither.
 * A waiting run has a time at which it is due (its next attempt), or needs answers to waits that are open. The rules that are not obvious:
 * - A finish that comes first wins with its true outcome, even while the run is being cancelled; it is not tried again then.
 * - Lost is no outcome of a run: it goes on as the next attempt, with its old rank, until it was lost MAX_LOST times; a run that was being cancelled is then cancelled.
 * - An execution that its agent never took is no attempt: it goes back to the queue as it was.
 * - Suspended is no outcome of an attempt: the next execution goes on in it, on an agent that reaches the store of the last one.
 * - A pause stops what would be queued. What a held run waits for goes on being answered.
 */
import { MAX_ATTEMPTS } from "tidegate/protocol/limits.ts";
import {
	type AttemptOutcome,
	type ExecutionOutcome,
	type Hook,
	hasEnded,
	type RunEnded,
	type RunState,
	type WaitKind,
} from "tidegate/protocol/states.ts";
import type { Finish } from "tidegate/protocol/wire.ts";
import { MAX_LOST, UNTAKEN_AFTER } from "./tunables.ts";

/** Instants in milliseconds of the database's clock. */
export interface Situation {
	state: RunState;
	attempt: number;
	/** Attempts of it that were lost. */
	lost: number;
	/** Somebody asked for a pause, and it is not held yet. */
	paused: boolean;
	/** Of a waiting or held run. `needs`: answers without which it does not go on. */
	waitingFor: "retry" | WaitKind | null;
	needs: number;
	/** End of its time in the queue, or its next attempt. */
	dueAt: number | null;
	/** Milliseconds in the queue that are enough. */
	queueTimeout: number | null;
	/** Which ends are followed by a hook's run. */
	hooks: readonly Hook[];
	/** The one execution without an outcome, if any. `taken`: its agent has said a word about it. */
	live: { number: number; taken: boolean; started: boolean; claimedAt: number; leaseUntil: number } | null;
}
/** What an execution suspended on: answers that it needs, and the kind that people read; a kind of null: nothing, it was asked to pause. */
export interface Suspension {
	needs: number;
	kind: WaitKind | null;
	/** Of its waits, those that were never told: nothing would ever answer them. */
	untold: number;
}
export type Happening =
	| { type: "claimed"; execution: number }
	| { type: "started"; execution: number }
	| {
			type: "finished";
			execution: number;
			outcome: Finish["outcome"];
			/** Milliseconds until the next attempt that a failed or timed out one asks for. */
			retryAfter?: number | null;
			suspension?: Suspension;
			data?: Record<string, unknown>;
	  }
	| { type: "cancel"; by: string }
	| { type: "pause"; by: string }
	| { type: "resume"; by: string }
	/** A wait of it was answered; `awaited`: one that it suspended on. */
	| { type: "answered"; awaited: boolean }
	/** The sweep's suspicions, proven here against the clock. */
	| { type: "due" }
	| { type: "untaken" | "leaseOver"; execution: number }
	/** The agent said so itself: its host restarted, or it does not hold the execution's directory. */
	| { type: "gone"; execution: number; reason: string };

export interface Note {
	type:
		| "claimed"
		| "started"
		| "cancel_requested"
		| "pause_requested"
		| "resumed"
		| "finished"
		| "lost"
		| "returned"
		| "queued"
		| "waiting"
		| "held"
		| "ended";
	data: Record<string, unknown>;
}
/** What to write. Absent parts stay as they are. */
export interface Change {
	state: RunState;
	/** Ends the live execution. */
	execution?: ExecutionOutcome;
	/** Ends the newest attempt. */
	attempt?: AttemptOutcome;
	/** Begins the attempt after it. */
	nextAttempt?: true;
	lost?: true;
	queue?: "enter" | "leave";
	paused?: boolean;
	waitingFor?: Situation["waitingFor"];
	needs?: number;
	dueAt?: number | null;
	/** From now on it is given only to agents that reach the store of the execution that ends. */
	keepsStore?: true;
	/** A run of this hook follows. */
	hook?: Hook;
	notes: Note[];
}
/** fenced: another execution, or none, is live. ended: nothing changes an ended run. not_due: the clock says no. nothing: it is so already. */
export interface Refused {
	refused: "fenced" | "ended" | "not_due" | "nothing";
}

const refuse = (refused: Refused["refused"]): Refused => ({ refused });
const RUN_AFTER = { succeeded: "succeeded", failed: "failed", refused: "failed", timed_out: "failed", cancelled: "cancelled" } as const;
const HOOK_AFTER = { succeeded: "success", failed: "failure", cancelled: "cancel" } as const satisfies Record<RunEnded, Hook>;
const iso = (at: number): string => new Date(at).toISOString();

function end(now: Situation, state: RunEnded, notes: Note[], more: Omit<Partial<Change>, "notes"> = {}, data: Record<string, unknown> = {}): Change {
	const hook = HOOK_AFTER[state];
	return {
		...{ state, paused: false, waitingFor: null, needs: 0, dueAt: null, ...more },
		...(now.hooks.includes(hook) ? { hook } : {}),
		notes: [...notes, { type: "ended", data: { state, ...data } }],
	};
}

type Going = Pick<Change, "state" | "queue" | "paused" | "waitingFor" | "needs" | "dueAt" | "notes">;

/** Into the queue, unless somebody paused it. */
function enqueue(now: Situation, at: number, attempt: number): Going {
	if (now.paused) return hold({ waitingFor: null, needs: 0, dueAt: null });
	const dueAt = now.queueTimeout === null ? null : at + now.queueTimeout;
	return { state: "queued", queue: "enter", waitingFor: null, needs: 0, dueAt, notes: [{ type: "queued", data: { attempt } }] };
}
/** Without a process, for its next attempt or for answers, unless somebody paused it. */
function wait(now: Situation, on: Pick<Situation, "needs" | "dueAt"> & { waitingFor: NonNullable<Situation["waitingFor"]> }, attempt: number): Going {
	if (now.paused) return hold(on);
	const data = { for: on.waitingFor, until: on.dueAt === null ? null : iso(on.dueAt), needs: on.needs, attempt };
	return { state: "waiting", ...on, notes: [{ type: "waiting", data }] };
}
const hold = (on: Pick<Situation, "waitingFor" | "needs" | "dueAt">): Going => ({
	...{ state: "held", paused: false, ...on },
	notes: [{ type: "held", data: {} }],
});

function lose(now: Situation, note: Note, at: number): Change {
	const one = { execution: "lost", attempt: "lost", lost: true } as const;
	if (now.state === "cancelling") return end(now, "cancelled", [note], { ...one, attempt: "cancelled" });
	if (now.lost + 1 >= MAX_LOST || now.attempt >= MAX_ATTEMPTS) {
		const reason = `lost ${now.lost + 1} times: each agent that took this run was gone before it finished`;
		return end(now, "failed", [note], one, { reason });
	}
	const going = enqueue(now, at, now.attempt + 1);
	return { ...one, nextAttempt: true, ...going, notes: [note, ...going.notes] };
}

function giveBack(now: Situation, reason: string, at: number): Change {
	const note: Note = { type: "returned", data: { reason } };
	if (now.state === "cancelling") return end(now, "cancelled", [note], { execution: "returned", attempt: "cancelled" });
	const going = enqueue(now, at, now.attempt);
	return { execution: "returned", ...going, notes: [note, ...going.notes] };
}

function cancel(now: Situation, by: string): Change | Refused {
	const note: Note = { type: "cancel_requested", data: { by } };
	if (now.state === "cancelling") return refuse("nothing");
	if (now.live) return { state: "cancelling", paused: false, notes: [note] };
	return end(now, "cancelled", [note], { attempt: "cancelled", queue: "leave" });
}

function pause(now: Situation, by: string): Change | Refused {
	if (now.state === "cancelling" || now.state === "held" || now.paused) return refuse("nothing");
	const note: Note = { type: "pause_requested", data: { by } };
	if (now.live) return { state: now.state, paused: true, notes: [note] };
	// Its time in the queue does not go on while it is held; its next attempt may come due.
	const held = hold({ waitingFor: now.waitingFor, needs: now.needs, dueAt: now.state === "queued" ? null : now.dueAt });
	return { ...held, queue: "leave", notes: [note, ...held.notes] };
}

function resume(now: Situation, by: string, at: number): Change | Refused {
	const note: Note = { type: "resumed", data: { by } };
	if (now.paused) return { state: now.state, paused: false, notes: [note] };
	if (now.state !== "held") return refuse("nothing");
	const { waitingFor, needs, dueAt } = now;
	const still = waitingFor !== null && (waitingFor === "retry" ? dueAt !== null && dueAt > at : needs > 0);
	const going = still ? wait(now, { waitingFor, needs, dueAt }, now.attempt) : enqueue(now, at, now.attempt);
	return { ...going, notes: [note, ...going.notes] };
}

function answered(now: Situation, awaited: boolean, at: number): Change | Refused {
	const needs = Math.max(0, now.needs - (awaited ? 1 : 0));
	if (now.state !== "waiting" || now.waitingFor === "retry" || needs > 0) return { state: now.state, needs, notes: [] };
	return enqueue(now, at, now.attempt);
}

function due(now: Situation, at: number): Change | Refused {
	if (now.dueAt === null || now.dueAt > at) return refuse("not_due");
	if (now.state === "waiting") return enqueue(now, at, now.attempt);
	if (now.state !== "queued") return refuse("not_due");
	const seconds = Math.round((now.queueTimeout ?? 0) / 1000);
	const reason = `waited ${seconds} s in the queue, and no agent took it: that is its queue timeout`;
	return end(now, "failed", [], { attempt: "timed_out", queue: "leave" }, { reason });
}

function suspend(now: Situation, on: Suspension, note: Note, at: number): Change {
	const one = { execution: "suspended", keepsStore: true } as const;
	if (now.state === "cancelling") return end(now, "cancelled", [note], { ...one, attempt: "cancelled" });
	if (on.untold > 0) {
		const reason = `suspended on ${on.untold} ${on.untold === 1 ? "wait" : "waits"} that it never told: nothing would ever answer`;
		return end(now, "failed", [note], { ...one, attempt: "failed" }, { reason });
	}
	const going =
		on.kind && on.needs > 0 ? wait(now, { waitingFor: on.kind, needs: on.needs, dueAt: null }, now.attempt) : enqueue(now, at, now.attempt);
	return { ...one, ...going, notes: [note, ...going.notes] };
}

function retry(now: Situation, outcome: "failed" | "timed_out", after: number, note: Note, at: number): Change {
	const going = after > 0 ? wait(now, { waitingFor: "retry", needs: 0, dueAt: at + after }, now.attempt + 1) : enqueue(now, at, now.attempt + 1);
	// The next attempt finds there what this one finished: elsewhere it would do all of it again.
	return { execution: outcome, keepsStore: true, attempt: outcome, nextAttempt: true, ...going, notes: [note, ...going.notes] };
}

function finish(now: Situation, event: Extract<Happening, { type: "finished" }>, at: number): Change {
	const { outcome, retryAfter = null } = event;
	const note: Note = { type: "finished", data: { outcome, ...event.data } };
	if (outcome === "lost") return lose(now, note, at);
	if (outcome === "suspended") return suspend(now, event.suspension ?? { needs: 0, kind: null, untold: 0 }, note, at);
	const isTriedAgain = (outcome === "failed" || outcome === "timed_out") && retryAfter !== null && now.state !== "cancelling";
	if (isTriedAgain && now.attempt < MAX_ATTEMPTS) return retry(now, outcome, retryAfter, note, at);
	return end(now, RUN_AFTER[outcome], [note], { execution: outcome, attempt: outcome });
}

/** @param now milliseconds of the database's clock */
export function decide(situation: Situation, event: Happening, now: number): Change | Refused {
	const { state, live } = situation;
	if (hasEnded(state)) return refuse("ended");
	switch (event.type) {
		case "cancel":
			return cancel(situation, event.by);
		case "pause":
			return pause(situation, event.by);
		case "resume":
			return resume(situation, event.by, now);
		case "answered":
			return answered(situation, event.awaited, now);
		case "due":
			return due(situation, now);
		case "claimed":
			if (state !== "queued") return refuse("fenced");
			return { state: "starting", queue: "leave", dueAt: null, notes: [{ type: "claimed", data: {} }] };
	}
	if (live?.number !== event.execution) return refuse("fenced");
	switch (event.type) {
		case "started":
			if (live.started) return refuse("nothing");
			return { state: state === "cancelling" ? state : "running", notes: [{ type: "started", data: {} }] };
		case "finished":
			return finish(situation, event, now);
		case "untaken":
			if (live.taken || now < live.claimedAt + UNTAKEN_AFTER) return refuse("not_due");
			return giveBack(situation, "its agent did not take it: the answer to its poll was lost", now);
		case "leaseOver":
			if (now < live.leaseUntil) return refuse("not_due");
			return live.taken
				? lose(situation, { type: "lost", data: { reason: "nothing was heard from its agent for the whole lease" } }, now)
				: giveBack(situation, "its agent was gone before it took it", now);
		case "gone":
			return live.taken ? lose(situation, { type: "lost", data: { reason: event.reason } }, now) : giveBack(situation, event.reason, now);
	}
}
