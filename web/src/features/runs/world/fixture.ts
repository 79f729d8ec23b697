/** A run in memory and everything that may happen to it, in any order: the model that the property tests hold decide and the writer against. */
import fc from "fast-check";
import { hasEnded, type RunState } from "tidegate/protocol/states.ts";
import { decide, type Happening } from "../decide.ts";
import { MAX_LOST } from "../tunables.ts";

const LEASE = 30_000;

export interface World {
	clock: number;
	run: { state: RunState; attempt: number; queued: boolean };
	executions: { taken: boolean; started: boolean; outcome: string | null; claimedAt: number; leaseUntil: number }[];
	attempts: (string | null)[];
	ends: number;
}

/** `back`: 0 is the newest execution, 1 the one before it… */
export type Step =
	| { do: "claim" }
	| { do: "cancel" }
	| { do: "take"; back: number }
	| { do: "start"; back: number }
	| { do: "untaken"; back: number }
	| { do: "leaseOver"; back: number }
	| { do: "gone"; back: number }
	| { do: "finish"; back: number; outcome: "succeeded" | "failed" | "cancelled" | "lost" | "refused" }
	| { do: "wait"; milliseconds: number };

const back = fc.integer({ min: 0, max: 2 });
export const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 4, arbitrary: fc.constant<Step>({ do: "claim" }) },
	{
		weight: 6,
		arbitrary: fc.record({ do: fc.constantFrom("take" as const, "start" as const, "untaken" as const, "leaseOver" as const, "gone" as const), back }),
	},
	{ weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), milliseconds: fc.constantFrom(1_000, 11_000, 31_000) }) },
	{
		weight: 1,
		arbitrary: fc.record({
			do: fc.constant("finish" as const),
			back,
			outcome: fc.constantFrom("succeeded" as const, "failed" as const, "cancelled" as const, "refused" as const),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ do: fc.constant("finish" as const), back, outcome: fc.constant("lost" as const) }) },
	{ weight: 1, arbitrary: fc.constant<Step>({ do: "cancel" }) },
);

function happening(world: World, one: Exclude<Step, { do: "wait" } | { do: "take" }>): Happening {
	if (one.do === "claim") return { type: "claimed", execution: world.executions.length + 1 };
	if (one.do === "cancel") return { type: "cancel", by: "somebody" };
	const execution = world.executions.length - one.back;
	if (one.do === "finish") return { type: "finished", execution, outcome: one.outcome };
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
	if (target && target.outcome === null && (one.do === "take" || one.do === "start" || one.do === "finish")) {
		target.taken = true;
		target.leaseUntil = world.clock + LEASE;
	}
	if (one.do === "take") return;
	const number = world.executions.findIndex((e) => e.outcome === null) + 1;
	const newest = world.executions[number - 1];
	const live = newest ? { ...newest, number } : null;
	const change = decide({ state: world.run.state, attempt: world.run.attempt, live }, happening(world, one), world.clock);
	if ("refused" in change) return;
	world.run.state = change.state;
	if (change.queue) world.run.queued = change.queue === "enter";
	if (one.do === "claim")
		world.executions.push({ taken: false, started: false, outcome: null, claimedAt: world.clock, leaseUntil: world.clock + LEASE });
	if (one.do === "start" && newest) newest.started = true;
	if (change.execution && newest) newest.outcome = change.execution;
	if (change.attempt) world.attempts[world.attempts.length - 1] = change.attempt;
	if (change.nextAttempt) {
		world.run.attempt += 1;
		world.attempts.push(null);
	}
	world.ends += change.notes.filter((note) => note.type === "ended").length;
}

function must(holds: boolean, what: string, world: World): void {
	if (!holds) throw new Error(`${what}: ${JSON.stringify(world)}`);
}

function check(before: World, world: World): void {
	const live = world.executions.filter((e) => e.outcome === null);
	const over = hasEnded(world.run.state);
	must(live.length <= 1, "two live executions", world);
	must(
		(live.length === 1) === ["starting", "running", "cancelling"].includes(world.run.state),
		"live exactly while an execution has no outcome",
		world,
	);
	must(world.run.queued === (world.run.state === "queued"), "queued exactly while it has an entry", world);
	must(!hasEnded(before.run.state) || before.run.state === world.run.state, "left an ended state", world);
	must(world.ends === (over ? 1 : 0), "ends once and says so", world);
	must((world.attempts.at(-1) === null) === !over, "the newest attempt is open exactly while the run is", world);
	must(world.attempts.length === world.run.attempt && world.run.attempt <= MAX_LOST, "attempts are bounded", world);
}

/** There is always a next thing that moves a run on: with agents that take what they are given, it ends. */
function settle(world: World): void {
	for (let round = 0; round < 4 && !hasEnded(world.run.state); round++) {
		apply(world, { do: "claim" });
		apply(world, { do: "start", back: 0 });
		apply(world, { do: "finish", back: 0, outcome: "succeeded" });
	}
	must(hasEnded(world.run.state), "stuck", world);
}

const begin = (): World => ({ clock: 0, run: { state: "queued", attempt: 1, queued: true }, executions: [], attempts: [null], ends: 0 });

export const model = { begin, apply, check, settle };
