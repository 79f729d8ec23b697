/**
 * Who may go from which state to which, in one pure function. The writer (lifecycle/write.ts) applies the answer by compare-and-set in the transaction
 * that read the situation; the claim's statement takes its answer for all queued runs at once.
 *
 *     queued ⇄ starting → running → succeeded, failed, cancelled        (any that is live) → cancelling → the same three
 *
 * A run is queued exactly while it has a queue entry, and live exactly while one execution has no outcome. Held and waiting runs have neither.
 * The rules that are not obvious:
 * - A finish that comes first wins with its true outcome, even while the run is being cancelled.
 * - Lost is no outcome of a run: it goes on as the next attempt, with its old rank, until MAX_LOST; a run that was being cancelled is then cancelled.
 * - An execution that its agent never took is no attempt: it goes back to the queue as it was.
 */
import { type AttemptOutcome, type ExecutionOutcome, hasEnded, type RunState } from "tidegate/protocol/states.ts";
import type { Finish } from "tidegate/protocol/wire.ts";
import { MAX_LOST, UNTAKEN_AFTER } from "./tunables.ts";

/** Instants in milliseconds of the database's clock. */
export interface Situation {
	state: RunState;
	attempt: number;
	/** The one execution without an outcome, if any. `taken`: its agent has said a word about it. */
	live: { number: number; taken: boolean; started: boolean; claimedAt: number; leaseUntil: number } | null;
}

export type Happening =
	| { type: "claimed"; execution: number }
	| { type: "started"; execution: number }
	| { type: "finished"; execution: number; outcome: Finish["outcome"]; data?: Record<string, unknown> }
	| { type: "cancel"; by: string }
	/** The sweep's suspicion, proven here against the clock. */
	| { type: "untaken" | "leaseOver"; execution: number }
	/** The agent said so itself: its host restarted, or it does not hold the execution's directory. */
	| { type: "gone"; execution: number; reason: string };

export interface Note {
	type: "claimed" | "started" | "cancel_requested" | "finished" | "lost" | "returned" | "queued" | "ended";
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
	queue?: "enter" | "leave";
	notes: Note[];
}

/** fenced: another execution, or none, is live. ended: nothing changes an ended run. not_due: the clock says no. nothing: it is so already. */
export interface Refused {
	refused: "fenced" | "ended" | "not_due" | "nothing";
}

const refuse = (refused: Refused["refused"]): Refused => ({ refused });
const ended = (state: RunState, data: Record<string, unknown> = {}): Note => ({ type: "ended", data: { state, ...data } });

const RUN_AFTER = { succeeded: "succeeded", failed: "failed", refused: "failed", timed_out: "failed", cancelled: "cancelled" } as const;

function lose(now: Situation, note: Note): Change {
	const one: Pick<Change, "execution" | "attempt"> = { execution: "lost", attempt: "lost" };
	if (now.state === "cancelling") return { ...one, attempt: "cancelled", state: "cancelled", notes: [note, ended("cancelled")] };
	if (now.attempt >= MAX_LOST) {
		const reason = `lost ${now.attempt} times: each agent that took this run was gone before it finished`;
		return { ...one, state: "failed", notes: [note, ended("failed", { reason })] };
	}
	return { ...one, state: "queued", nextAttempt: true, queue: "enter", notes: [note, { type: "queued", data: { attempt: now.attempt + 1 } }] };
}

function giveBack(now: Situation, reason: string): Change {
	const note: Note = { type: "returned", data: { reason } };
	if (now.state === "cancelling") return { execution: "returned", attempt: "cancelled", state: "cancelled", notes: [note, ended("cancelled")] };
	return { execution: "returned", state: "queued", queue: "enter", notes: [note, { type: "queued", data: { attempt: now.attempt } }] };
}

function cancel(now: Situation, by: string): Change | Refused {
	const note: Note = { type: "cancel_requested", data: { by } };
	if (now.state === "cancelling") return refuse("nothing");
	if (now.live) return { state: "cancelling", notes: [note] };
	return { state: "cancelled", attempt: "cancelled", queue: "leave", notes: [note, ended("cancelled")] };
}

function finish(now: Situation, event: Extract<Happening, { type: "finished" }>): Change {
	const note: Note = { type: "finished", data: { outcome: event.outcome, ...event.data } };
	// One that suspended is never resumed yet: as if it had been lost.
	if (event.outcome === "lost" || event.outcome === "suspended") return lose(now, note);
	const state = RUN_AFTER[event.outcome];
	return { state, execution: event.outcome, attempt: event.outcome, notes: [note, ended(state)] };
}

/** @param now milliseconds of the database's clock */
export function decide(situation: Situation, event: Happening, now: number): Change | Refused {
	const { state, live } = situation;
	if (hasEnded(state)) return refuse("ended");
	if (event.type === "cancel") return cancel(situation, event.by);
	if (event.type === "claimed") {
		if (state !== "queued") return refuse("fenced");
		return { state: "starting", queue: "leave", notes: [{ type: "claimed", data: {} }] };
	}
	if (live?.number !== event.execution) return refuse("fenced");
	switch (event.type) {
		case "started":
			if (live.started) return refuse("nothing");
			return { state: state === "cancelling" ? state : "running", notes: [{ type: "started", data: {} }] };
		case "finished":
			return finish(situation, event);
		case "untaken":
			if (live.taken || now < live.claimedAt + UNTAKEN_AFTER) return refuse("not_due");
			return giveBack(situation, "its agent did not take it: the answer to its poll was lost");
		case "leaseOver":
			if (now < live.leaseUntil) return refuse("not_due");
			return live.taken
				? lose(situation, { type: "lost", data: { reason: "nothing was heard from its agent for the whole lease" } })
				: giveBack(situation, "its agent was gone before it took it");
		case "gone":
			return live.taken ? lose(situation, { type: "lost", data: { reason: event.reason } }) : giveBack(situation, event.reason);
	}
}
