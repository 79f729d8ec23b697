import fc from "fast-check";
import { ATTEMPT_OUTCOMES, EXECUTION_OUTCOMES, hasEnded, RUN_STATES } from "tidegate/protocol/states.ts";
import { describe, expect, test } from "vitest";
import { type Change, decide, type Happening, type Situation } from "./decide.ts";
import { MAX_LOST, UNTAKEN_AFTER } from "./tunables.ts";
import { model, step, type World } from "./world/fixture.ts";

const LEASE = 30_000;
const live = { number: 3, taken: true, started: true, claimedAt: 0, leaseUntil: LEASE };
const running: Situation = { state: "running", attempt: 1, live };
const cancelling: Situation = { state: "cancelling", attempt: 1, live };
const queued: Situation = { state: "queued", attempt: 1, live: null };

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
		const last = change({ ...running, attempt: MAX_LOST }, { type: "finished", execution: 3, outcome: "lost" });
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
		const untaken: Situation = { state: "starting", attempt: 2, live: { ...live, taken: false, started: false } };
		const back = change(untaken, { type: "untaken", execution: 3 }, UNTAKEN_AFTER);
		expect(back).toMatchObject({ state: "queued", execution: "returned", queue: "enter" });
		expect(back.nextAttempt).toBeUndefined();
		expect(decide(untaken, { type: "untaken", execution: 3 }, UNTAKEN_AFTER - 1)).toEqual({ refused: "not_due" });
	});
	test("an execution that its agent took is never returned as untaken, however long it builds", () => {
		const building: Situation = { state: "starting", attempt: 1, live: { ...live, started: false, leaseUntil: 9e9 } };
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
