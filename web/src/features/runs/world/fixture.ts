/** A run in memory and everything that may happen to it, in any order: the model that the property tests hold decide and the writer against. */
import fc from "fast-check";
import { MAX_ATTEMPTS } from "tidegate/protocol/limits.ts";
import { hasEnded } from "tidegate/protocol/states.ts";
import { decide, type Happening, type Situation } from "../decide.ts";
import { MAX_LOST } from "../tunables.ts";

const LEASE = 30_000;

/** A queued run to which nothing has happened. */
export const fresh: Situation = {
	...{ state: "queued", attempt: 1, lost: 0, paused: false, waitingFor: null, needs: 0, dueAt: null, queueTimeout: null, hooks: [], live: null },
};

export interface World {
	clock: number;
	run: Omit<Situation, "live"> & { queued: boolean };
	executions: { taken: boolean; started: boolean; outcome: string | null; claimedAt: number; leaseUntil: number }[];
	attempts: (string | null)[];
	waits: { open: boolean; awaited: boolean }[];
	ends: number;
}

/** `back`: 0 is the newest execution, 1 the one before it… */
export type Step =
	| { do: "claim" }
	| { do: "cancel" }
	| { do: "pause" }
	| { do: "resume" }
	| { do: "sweep" }
	| { do: "take"; back: number }
	| { do: "start"; back: number }
	| { do: "untaken"; back: number }
	| { do: "leaseOver"; back: number }
	| { do: "gone"; back: number }
	| { do: "finish"; back: number; outcome: "succeeded" | "failed" | "timed_out" | "cancelled" | "lost" | "refused"; retryAfter: number | null }
	/** On that many waits, told with it: approvals, events and times in turn. */
	| { do: "suspend"; back: number; waits: number; mode: "all" | "any" }
	/** That one of all waits that were told, or the newest: by whoever may. */
	| { do: "answer"; which: number }
	| { do: "wait"; milliseconds: number };

const back = fc.integer({ min: 0, max: 2 });
const plain = <D extends "claim" | "cancel" | "pause" | "resume" | "sweep">(name: D): fc.Arbitrary<Step> => fc.constant({ do: name } as Step);
const tried = { do: fc.constant("finish" as const), back };
export const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 8, arbitrary: plain("claim") },
	{
		weight: 8,
		arbitrary: fc.record({ do: fc.constantFrom("take" as const, "start" as const, "untaken" as const, "leaseOver" as const, "gone" as const), back }),
	},
	{ weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), milliseconds: fc.constantFrom(1_000, 11_000, 31_000) }) },
	{
		weight: 1,
		arbitrary: fc.record({
			...tried,
			outcome: fc.constantFrom("succeeded" as const, "failed" as const, "cancelled" as const, "refused" as const),
			retryAfter: fc.constant(null),
		}),
	},
	{
		weight: 3,
		arbitrary: fc.record({ ...tried, outcome: fc.constantFrom("failed" as const, "timed_out" as const), retryAfter: fc.constantFrom(0, 5, 40) }),
	},
	{ weight: 2, arbitrary: fc.record({ ...tried, outcome: fc.constant("lost" as const), retryAfter: fc.constant(null) }) },
	{
		weight: 5,
		arbitrary: fc.record({
			...{ do: fc.constant("suspend" as const), back, waits: fc.integer({ min: 0, max: 3 }), mode: fc.constantFrom("all" as const, "any" as const) },
		}),
	},
	{ weight: 6, arbitrary: fc.record({ do: fc.constant("answer" as const), which: fc.integer({ min: 0, max: 3 }) }) },
	{ weight: 4, arbitrary: plain("sweep") },
	{ weight: 2, arbitrary: plain("pause") },
	{ weight: 3, arbitrary: plain("resume") },
	{ weight: 1, arbitrary: plain("cancel") },
);

/** Waits are answered from the newest on. */
export const chosen = <T>(waits: readonly T[], which: number): T | undefined => waits[waits.length - 1 - which];

function happening(world: World, one: Exclude<Step, { do: "wait" } | { do: "take" }>): Happening | undefined {
	if (one.do === "claim") return { type: "claimed", execution: world.executions.length + 1 };
	if (one.do === "cancel" || one.do === "pause" || one.do === "resume") return { type: one.do, by: "somebody" };
	if (one.do === "sweep") return { type: "due" };
	if (one.do === "answer") {
		const wait = chosen(world.waits, one.which);
		return wait?.open ? { type: "answered", awaited: wait.awaited } : undefined;
	}
	const execution = world.executions.length - one.back;
	if (one.do === "suspend") {
		const needs = one.waits === 0 ? 0 : one.mode === "all" ? one.waits : 1;
		return { type: "finished", execution, outcome: "suspended", suspension: { needs, kind: one.waits ? "approval" : null, untold: 0 } };
	}
	if (one.do === "finish")
		return { type: "finished", execution, outcome: one.outcome, retryAfter: one.retryAfter === null ? null : one.retryAfter * 1000 };
	if (one.do === "gone") return { type: "gone", execution, reason: "its host restarted" };
	return { type: one.do === "start" ? "started" : one.do, execution };
}

function apply(world: World, one: Step): void {
	if (one.do === "wait") {
		world.clock += one.milliseconds;
		return;
	}
	const target = "back" in one ? world.executions[world.executions.length - 1 - one.back] : undefined;
	// A word about an execution: whatever it says, its agent has it.
	if (target && target.outcome === null && (one.do === "take" || one.do === "start" || one.do === "finish" || one.do === "suspend")) {
		target.taken = true;
		target.leaseUntil = world.clock + LEASE;
	}
	if (one.do === "take") return;
	const number = world.executions.findIndex((e) => e.outcome === null) + 1;
	const newest = world.executions[number - 1];
	const event = happening(world, one);
	if (!event) return;
	const change = decide({ ...world.run, live: newest ? { ...newest, number } : null }, event, world.clock);
	if ("refused" in change) return;
	const { run } = world;
	run.state = change.state;
	for (const part of ["paused", "waitingFor", "needs", "dueAt"] as const)
		if (change[part] !== undefined) Object.assign(run, { [part]: change[part] });
	if (change.lost) run.lost += 1;
	if (change.queue) run.queued = change.queue === "enter";
	if (one.do === "claim")
		world.executions.push({ taken: false, started: false, outcome: null, claimedAt: world.clock, leaseUntil: world.clock + LEASE });
	if (one.do === "start" && newest) newest.started = true;
	if (change.execution && newest) newest.outcome = change.execution;
	if (one.do === "suspend") {
		for (const wait of world.waits) wait.awaited = false;
		for (let i = 0; i < one.waits; i++) world.waits.push({ open: true, awaited: true });
	}
	const answered = one.do === "answer" ? chosen(world.waits, one.which) : undefined;
	if (answered) answered.open = false;
	if (hasEnded(run.state)) for (const wait of world.waits) wait.open = false;
	if (change.attempt) world.attempts[world.attempts.length - 1] = change.attempt;
	if (change.nextAttempt) {
		run.attempt += 1;
		world.attempts.push(null);
	}
	world.ends += change.notes.filter((note) => note.type === "ended").length;
}

function must(holds: boolean, what: string, world: World): void {
	if (!holds) throw new Error(`${what}: ${JSON.stringify(world)}`);
}

function check(before: World, world: World): void {
	const { run } = world;
	const live = world.executions.filter((e) => e.outcome === null);
	const over = hasEnded(run.state);
	must(live.length <= 1, "two live executions", world);
	must((live.length === 1) === ["starting", "running", "cancelling"].includes(run.state), "live exactly while an execution has no outcome", world);
	must(run.queued === (run.state === "queued"), "queued exactly while it has an entry", world);
	must(!hasEnded(before.run.state) || before.run.state === run.state, "left an ended state", world);
	must(world.ends === (over ? 1 : 0), "ends once and says so", world);
	must((world.attempts.at(-1) === null) === !over, "the newest attempt is open exactly while the run is", world);
	must(world.attempts.length === run.attempt && run.attempt <= MAX_ATTEMPTS && run.lost <= MAX_LOST, "attempts are bounded", world);
	const answerable = world.waits.filter((wait) => wait.open && wait.awaited).length;
	const moves = run.waitingFor === "retry" ? run.dueAt !== null : run.needs > 0 && run.needs <= answerable;
	must(run.state !== "waiting" || moves, "a waiting run has a time, or waits that are open", world);
	must(run.state === "waiting" || run.state === "held" || run.waitingFor === null, "only a waiting or held run waits for something", world);
	must(!run.paused || live.length === 1, "a pause that is not held yet has a process to suspend", world);
}

/** There is always a next thing that moves a run on: with agents that take what they are given, people who answer and clocks that go, it ends. */
function settle(world: World): void {
	for (let round = 0; round < 4 && !hasEnded(world.run.state); round++) {
		apply(world, { do: "resume" });
		if (world.run.state === "waiting") {
			for (let which = 0; which < world.waits.length; which++) apply(world, { do: "answer", which });
			apply(world, { do: "wait", milliseconds: 41_000 });
			apply(world, { do: "sweep" });
		}
		apply(world, { do: "claim" });
		apply(world, { do: "start", back: 0 });
		apply(world, { do: "finish", back: 0, outcome: "succeeded", retryAfter: null });
	}
	must(hasEnded(world.run.state), "stuck", world);
}

function begin(): World {
	const { live: _, ...run } = fresh;
	return { clock: 0, run: { ...run, queued: true }, executions: [], attempts: [null], waits: [], ends: 0 };
}

export const model = { begin, apply, check, settle };
