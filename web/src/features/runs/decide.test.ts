import fc from "fast-check";
import { MAX_ATTEMPTS } from "tidegate/protocol/limits.ts";
import { ATTEMPT_OUTCOMES, EXECUTION_OUTCOMES, hasEnded, RUN_STATES } from "tidegate/protocol/states.ts";
import { describe, expect, test } from "vitest";
import { type Change, decide, type Happening, type Situation } from "./decide.ts";
import { MAX_LOST, UNTAKEN_AFTER } from "./tunables.ts";
import { fresh, model, step, type World } from "./world/fixture.ts";

const LEASE = 30_000;
const live = { number: 3, taken: true, started: true, claimedAt: 0, leaseUntil: LEASE };
const running: Situation = { ...fresh, state: "running", live };
const cancelling: Situation = { ...fresh, state: "cancelling", live };
const queued: Situation = fresh;

const change = (now: Situation, event: Happening, at = 1_000): Change => {
	const answer = decide(now, event, at);
	if ("refused" in answer) throw new Error(`refused: ${answer.refused}`);
	return answer;
};

describe("decide", () => {
	test("a finish that comes first wins with its true outcome, even while cancelling", () => {
		for (const outcome of ["succeeded", "failed", "cancelled"] as const) {
			expect(change(cancelling, { type: "finished", execution: 3, outcome })).toMatchObject({ state: outcome, execution: outcome, attempt: outcome });
		}
	});
	test("a refused execution fails its run and says refused", () => {
		expect(change(running, { type: "finished", execution: 3, outcome: "refused" })).toMatchObject({
			state: "failed",
			execution: "refused",
			attempt: "refused",
		});
	});
	test("a lost execution goes on as the next attempt", () => {
		expect(change(running, { type: "gone", execution: 3, reason: "x" })).toMatchObject({
			state: "queued",
			execution: "lost",
			attempt: "lost",
			nextAttempt: true,
			queue: "enter",
		});
	});
	test("a run that was lost too often fails and says why", () => {
		const last = change({ ...running, attempt: MAX_LOST, lost: MAX_LOST - 1 }, { type: "finished", execution: 3, outcome: "lost" });
		expect(last).toMatchObject({ state: "failed", execution: "lost", attempt: "lost" });
		expect(last.notes.at(-1)?.data.reason).toMatch(/lost 5 times/);
	});
	test("a cancelling run whose agent is gone is cancelled, not run again", () => {
		expect(change(cancelling, { type: "leaseOver", execution: 3 }, LEASE)).toMatchObject({
			state: "cancelled",
			execution: "lost",
			attempt: "cancelled",
		});
	});
	test("an untaken assignment goes back to the queue and counts as no attempt", () => {
		const untaken: Situation = { ...fresh, state: "starting", attempt: 2, live: { ...live, taken: false, started: false } };
		const back = change(untaken, { type: "untaken", execution: 3 }, UNTAKEN_AFTER);
		expect(back).toMatchObject({ state: "queued", execution: "returned", queue: "enter" });
		expect(back.nextAttempt).toBeUndefined();
		expect(decide(untaken, { type: "untaken", execution: 3 }, UNTAKEN_AFTER - 1)).toEqual({ refused: "not_due" });
	});
	test("an execution that its agent took is never returned as untaken, however long it builds", () => {
		const building: Situation = { ...fresh, state: "starting", live: { ...live, started: false, leaseUntil: 9e9 } };
		expect(decide(building, { type: "untaken", execution: 3 }, 1e9)).toEqual({ refused: "not_due" });
	});
	test("a lease that was renewed in the meantime is not over", () => {
		expect(decide(running, { type: "leaseOver", execution: 3 }, LEASE - 1)).toEqual({ refused: "not_due" });
	});
	test("a queued run is cancelled at once", () => {
		expect(change(queued, { type: "cancel", by: "x" })).toMatchObject({ state: "cancelled", attempt: "cancelled", queue: "leave" });
	});
	test("an older execution is fenced", () => {
		expect(decide(running, { type: "finished", execution: 2, outcome: "succeeded" }, 0)).toEqual({ refused: "fenced" });
		expect(decide(queued, { type: "started", execution: 3 }, 0)).toEqual({ refused: "fenced" });
	});
});

describe("a run that waits", () => {
	const retry: Happening = { type: "finished", execution: 3, outcome: "failed", retryAfter: 5_000 };
	const on = (needs: number): Happening => ({
		type: "finished",
		execution: 3,
		outcome: "suspended",
		suspension: { needs, kind: "approval", untold: 0 },
	});
	test("for its next attempt is queued once that is due, not before", () => {
		const waiting = change(running, retry);
		expect(waiting).toMatchObject({
			state: "waiting",
			execution: "failed",
			attempt: "failed",
			nextAttempt: true,
			keepsStore: true,
			waitingFor: "retry",
			dueAt: 6_000,
		});
		const now: Situation = { ...fresh, state: "waiting", attempt: 2, waitingFor: "retry", dueAt: 6_000 };
		expect(decide(now, { type: "due" }, 5_999)).toEqual({ refused: "not_due" });
		expect(change(now, { type: "due" }, 6_000)).toMatchObject({ state: "queued", queue: "enter", waitingFor: null, dueAt: null });
	});
	test("is not tried again while it is being cancelled, nor past the last attempt", () => {
		expect(change(cancelling, retry)).toMatchObject({ state: "failed" });
		expect(change({ ...running, attempt: MAX_ATTEMPTS }, retry)).toMatchObject({ state: "failed", attempt: "failed" });
		expect(change(running, { ...retry, retryAfter: null, outcome: "timed_out" } as Happening)).toMatchObject({
			state: "failed",
			attempt: "timed_out",
		});
	});
	test("keeps its attempt and its store, and is queued at once where all is answered already", () => {
		const suspended = change(running, on(2));
		expect(suspended).toMatchObject({ state: "waiting", execution: "suspended", needs: 2, waitingFor: "approval", keepsStore: true });
		expect(suspended.attempt).toBeUndefined();
		expect(change(running, on(0))).toMatchObject({ state: "queued", execution: "suspended", queue: "enter" });
		const waiting: Situation = { ...fresh, state: "waiting", waitingFor: "approval", needs: 2 };
		expect(change(waiting, { type: "answered", awaited: false })).toMatchObject({ state: "waiting", needs: 2 });
		expect(change(waiting, { type: "answered", awaited: true })).toMatchObject({ state: "waiting", needs: 1 });
		expect(change({ ...waiting, needs: 1 }, { type: "answered", awaited: true })).toMatchObject({ state: "queued", needs: 0 });
	});
	test("fails where nothing could ever answer it", () => {
		const lost = change(running, { type: "finished", execution: 3, outcome: "suspended", suspension: { needs: 0, kind: null, untold: 1 } });
		expect(lost).toMatchObject({ state: "failed", execution: "suspended", attempt: "failed" });
		expect(lost.notes.at(-1)?.data.reason).toMatch(/never told/);
	});
});

describe("a pause", () => {
	test("holds a queued run at once, and a running one when it has suspended", () => {
		expect(change(queued, { type: "pause", by: "x" })).toMatchObject({ state: "held", queue: "leave", dueAt: null });
		expect(change(running, { type: "pause", by: "x" })).toMatchObject({ state: "running", paused: true });
		const suspended: Happening = { type: "finished", execution: 3, outcome: "suspended", suspension: { needs: 0, kind: null, untold: 0 } };
		expect(change({ ...running, paused: true }, suspended)).toMatchObject({ state: "held", paused: false });
		expect(change({ ...running, paused: true }, { type: "gone", execution: 3, reason: "x" })).toMatchObject({ state: "held", nextAttempt: true });
	});
	test("lets what the run waits for go on: resumed, it waits for the rest or is queued", () => {
		const held: Situation = { ...fresh, state: "held", waitingFor: "event", needs: 1 };
		expect(change(held, { type: "resume", by: "x" })).toMatchObject({ state: "waiting", needs: 1 });
		expect(change(held, { type: "answered", awaited: true })).toMatchObject({ state: "held", needs: 0 });
		expect(change({ ...held, needs: 0 }, { type: "resume", by: "x" })).toMatchObject({ state: "queued", queue: "enter" });
		expect(change({ ...running, paused: true }, { type: "resume", by: "x" })).toMatchObject({ state: "running", paused: false });
	});
	test("is nothing to a run that is being cancelled or has ended", () => {
		expect(decide(cancelling, { type: "pause", by: "x" }, 0)).toEqual({ refused: "nothing" });
		expect(decide({ ...fresh, state: "succeeded" }, { type: "pause", by: "x" }, 0)).toEqual({ refused: "ended" });
	});
});

test("a run that was queued for longer than it may be fails, and says so", () => {
	const now: Situation = { ...fresh, queueTimeout: 60_000, dueAt: 60_000 };
	expect(decide(now, { type: "due" }, 59_999)).toEqual({ refused: "not_due" });
	const failed = change(now, { type: "due" }, 60_000);
	expect(failed).toMatchObject({ state: "failed", attempt: "timed_out", queue: "leave" });
	expect(failed.notes.at(-1)?.data.reason).toMatch(/waited 60 s/);
});

test("an end is followed by the hook for it, and by none that was not asked for", () => {
	const hooked: Situation = { ...running, hooks: ["failure"] };
	expect(change(hooked, { type: "finished", execution: 3, outcome: "failed" }).hook).toBe("failure");
	expect(change(hooked, { type: "finished", execution: 3, outcome: "succeeded" }).hook).toBeUndefined();
});

describe("any sequence of happenings", () => {
	const seed = Number(process.hrtime.bigint() % 2_147_483_647n);
	test(`keeps the run sound (seed ${seed})`, () => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
				const world: World = model.begin();
				for (const one of steps) {
					const before = structuredClone(world);
					model.apply(world, one);
					model.check(before, world);
				}
				model.settle(world);
				expect(hasEnded(world.run.state)).toBe(true);
			}),
			{ seed, numRuns: 2_000 },
		);
	});
	test("writes only states and outcomes that are listed", () => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
				const world: World = model.begin();
				for (const one of steps) model.apply(world, one);
				expect(RUN_STATES).toContain(world.run.state);
				for (const e of world.executions) if (e.outcome) expect(EXECUTION_OUTCOMES).toContain(e.outcome);
				for (const outcome of world.attempts) if (outcome) expect(ATTEMPT_OUTCOMES).toContain(outcome);
			}),
			{ seed, numRuns: 500 },
		);
	});
});
