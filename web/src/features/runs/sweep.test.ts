import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { tenant } from "../../server/db.ts";
import {
	type Agent,
	cancelled,
	claimOne,
	connectFresh,
	finish,
	item,
	makeAgent,
	makePlace,
	moveClock,
	type Place,
	queueRun,
	report,
	rows,
	standingOf,
} from "./fixture.ts";
import { compareHolding } from "./lifecycle/holding.ts";
import { getRun } from "./read.ts";
import { Sweep } from "./sweep.ts";
import { MAX_LOST } from "./tunables.ts";

let database: Awaited<ReturnType<typeof connectFresh>>;
let place: Place;
let agent: Agent;
let sweep: Sweep;
beforeAll(async () => {
	database = await connectFresh(inject("databaseUrl"));
});
afterAll(() => database.end());
beforeEach(async () => {
	place = await makePlace(randomUUID());
	agent = await makeAgent(place);
	sweep = new Sweep();
	await sweep.tick();
});

const poll = (given: Partial<Parameters<typeof compareHolding>[1]> = {}) => ({
	poll: randomUUID(),
	free: 1,
	slots: 1,
	boot: agent.boot,
	holding: [],
	...given,
});
const typesOf = async (run: string) =>
	(await rows<{ type: string }>("SELECT type FROM event WHERE run_id = $1 ORDER BY seq", [run])).map((row) => row.type);
/** So that only leases count. */
const passLease = () => moveClock(31);

describe("the sweep", () => {
	test("gives an assignment that nobody took back after 10 s, which counts as no attempt", async () => {
		const run = await queueRun(place);
		const one = await claimOne(place, agent);
		await moveClock(9);
		await sweep.tick();
		expect(await standingOf(run)).toMatchObject({ state: "starting" });
		await moveClock(2);
		await sweep.tick();
		expect(await standingOf(run)).toEqual({ state: "queued", attempt: 1, outcomes: ["returned"], attempts: [null], queued: true });
		const late = await report(place, agent, [item(one)]);
		expect(late.executions[0]?.state).toBe("fenced");
		expect((await claimOne(place, await makeAgent(place))).execution).toBe(2);
	});
	test("leaves an execution that its agent took, however long it builds", async () => {
		const run = await queueRun(place);
		const one = await claimOne(place, agent);
		await report(place, agent, [item(one, { startedAt: null })]);
		await moveClock(12);
		await sweep.tick();
		expect(await standingOf(run)).toMatchObject({ state: "starting", outcomes: [null] });
	});
	test("after the lease another agent takes over as attempt 2, and the late report of the first is fenced and kept as a note", async () => {
		const run = await queueRun(place);
		const [before] = await rows<{ rank: number }>("SELECT rank FROM run WHERE id = $1", [run]);
		const first = await claimOne(place, agent);
		await report(place, agent, [item(first)]);
		await passLease();
		await sweep.tick();
		expect(await standingOf(run)).toEqual({ state: "queued", attempt: 2, outcomes: ["lost"], attempts: ["lost", null], queued: true });
		expect(await rows("SELECT rank FROM queue_entry WHERE run_id = $1", [run])).toEqual([before]);
		const other = await makeAgent(place);
		const second = await claimOne(place, other);
		expect(second).toMatchObject({ run, execution: 2, attempt: 2 });
		for (let i = 0; i < 2; i++) {
			const late = await report(place, agent, [item(first, { finish: finish("succeeded") })]);
			expect(late.executions).toEqual([{ run, execution: 1, state: "fenced", marks: {} }]);
		}
		await report(place, other, [item(second, { finish: finish("failed") })]);
		expect(await standingOf(run)).toMatchObject({ state: "failed", outcomes: ["lost", "failed"], attempts: ["lost", "failed"] });
		expect(await typesOf(run)).toEqual(["queued", "claimed", "started", "lost", "queued", "claimed", "late", "started", "finished", "ended"]);
		const { executions } = await getRun(tenant(place), place.workspaceId, run);
		expect(executions.map(({ reason }) => reason)).toEqual(["nothing was heard from its agent for the whole lease", null]);
	});
	test("fails a run that was lost too often, and says why", async () => {
		const run = await queueRun(place);
		for (let i = 0; i < MAX_LOST; i++) {
			const one = await claimOne(place, agent);
			await report(place, agent, [item(one, { finish: finish("lost") })]);
		}
		expect(await standingOf(run)).toMatchObject({ state: "failed", attempt: MAX_LOST, queued: false });
		const [end] = await rows<{ data: { reason: string } }>("SELECT data FROM event WHERE run_id = $1 AND type = 'ended'", [run]);
		expect(end?.data.reason).toMatch(/^lost 5 times/);
	});
	test("cancels a cancelling run after the lease", async () => {
		const run = await queueRun(place);
		const one = await claimOne(place, agent);
		await report(place, agent, [item(one)]);
		await cancelled(place, run);
		await passLease();
		await sweep.tick();
		expect(await standingOf(run)).toMatchObject({ state: "cancelled", outcomes: ["lost"], attempts: ["cancelled"], queued: false });
	});
	test("declares nothing lost before server and database were reachable together for one whole lease", async () => {
		const run = await queueRun(place);
		await report(place, agent, [item(await claimOne(place, agent))]);
		await passLease();
		const fresh = new Sweep();
		await fresh.tick();
		expect(await standingOf(run)).toMatchObject({ state: "running" });
		await passLease();
		await fresh.tick();
		expect(await standingOf(run)).toMatchObject({ state: "queued", attempt: 2 });
	});
	test("waits for no lease where the agent was heard meanwhile", async () => {
		const run = await queueRun(place);
		const one = await claimOne(place, agent);
		await report(place, agent, [item(one)]);
		await moveClock(25);
		await rows("UPDATE agent SET lease_until = tg_now() + interval '30 s' WHERE id = $1", [agent.id]);
		await moveClock(20);
		await sweep.tick();
		expect(await standingOf(run)).toMatchObject({ state: "running" });
	});
	test("two at once do it once", async () => {
		const run = await queueRun(place);
		await report(place, agent, [item(await claimOne(place, agent))]);
		const other = new Sweep();
		await other.tick();
		await passLease();
		await Promise.all([sweep.tick(), other.tick()]);
		expect(await standingOf(run)).toMatchObject({ state: "queued", attempt: 2, outcomes: ["lost"] });
	});
	test("repairs a queued run without an entry, and an entry without a queued run", async () => {
		const [lonely, ended] = [await queueRun(place), await queueRun(place)];
		await rows("DELETE FROM queue_entry WHERE run_id = $1", [lonely]);
		await rows("UPDATE run SET state = 'cancelled' WHERE id = $1", [ended]);
		await sweep.tick();
		// The walk may have begun past them.
		await sweep.tick();
		expect(await standingOf(lonely)).toMatchObject({ queued: true });
		expect(await standingOf(ended)).toMatchObject({ queued: false });
	});
});

describe("what an agent holds", () => {
	test("of a host that restarted: what it does not hold any more goes on elsewhere at once, what it holds is its own", async () => {
		const [gone, kept] = [await queueRun(place), await queueRun(place)];
		const [a, b] = [await claimOne(place, agent), await claimOne(place, agent)];
		await report(place, agent, [item(a), item(b)]);
		await compareHolding({ agent: agent.id, session: 1 }, poll({ boot: "boot-2", holding: [{ run: kept, execution: 1 }] }));
		expect(await standingOf(gone)).toMatchObject({ state: "queued", attempt: 2, outcomes: ["lost"] });
		expect(await standingOf(kept)).toMatchObject({ state: "running", attempt: 1 });
	});
	test("of an agent that came back without a run directory: it goes on elsewhere, but not while a message may be under way", async () => {
		const run = await queueRun(place);
		await report(place, agent, [item(await claimOne(place, agent))]);
		await compareHolding({ agent: agent.id, session: 1 }, poll());
		expect(await standingOf(run)).toMatchObject({ state: "running" });
		await moveClock(11);
		await compareHolding({ agent: agent.id, session: 1 }, poll());
		expect(await standingOf(run)).toMatchObject({ state: "queued", attempt: 2 });
	});
	test("counts as taken", async () => {
		const run = await queueRun(place);
		await claimOne(place, agent);
		await compareHolding({ agent: agent.id, session: 1 }, poll({ holding: [{ run, execution: 1 }] }));
		await moveClock(12);
		await sweep.tick();
		expect(await standingOf(run)).toMatchObject({ state: "starting", outcomes: [null] });
	});
	test("is to be ended where it is cancelling, fenced or unknown", async () => {
		const [live, stopped] = [await queueRun(place), await queueRun(place)];
		await claimOne(place, agent);
		await claimOne(place, agent);
		await cancelled(place, stopped);
		const holding = [live, stopped, randomUUID()].map((run) => ({ run, execution: 1 }));
		const compared = await compareHolding({ agent: agent.id, session: 1 }, poll({ holding }));
		expect(compared.cancels).toEqual(holding.slice(1));
	});
});
