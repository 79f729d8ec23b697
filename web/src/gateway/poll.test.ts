import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { presence } from "../features/agents/presence.ts";
import { drainAgent, resumeAgent } from "../features/agents/standing.ts";
import { pausePool, resumePool } from "../features/pools/pools.ts";
import { cancelled, connectFresh, finish, item, makePlace, type Place, queueRun, rows, sealed, standingOf } from "../features/runs/fixture.ts";
import { Sweep } from "../features/runs/sweep.ts";
import type { Caller } from "../server/callers.ts";
import { system, tenant } from "../server/db.ts";
import { type Gate, Knocker, openGate } from "./fixture.ts";

let database: Awaited<ReturnType<typeof connectFresh>>;
let gate: Gate;
let place: Place;
let agent: Knocker;
beforeAll(async () => {
	database = await connectFresh(inject("databaseUrl"));
	gate = await openGate();
});
afterAll(async () => {
	await gate.close();
	await database.end();
});
beforeEach(async () => {
	place = await makePlace(randomUUID());
	agent = await Knocker.enrol(gate, place);
});

const timed = async <T>(work: Promise<T>): Promise<[T, number]> => {
	const from = performance.now();
	return [await work, performance.now() - from];
};
/** Until the server holds a poll of `agent`. */
const untilHeld = (knocker: Knocker, known = true) =>
	expect.poll(() => presence.of(knocker.id, null).lastSeenAt !== null && !presence.of(knocker.id, null).away, { timeout: 2_000 }).toBe(known);

describe("a poll", () => {
	test("is answered at once with what waits, parameters and all", async () => {
		const run = await queueRun(place, { parameters: sealed });
		const { status, header, parts } = await agent.poll();
		expect(status).toBe(200);
		expect(header).toMatchObject({
			cancels: [],
			leaseSeconds: 30,
			assignments: [
				{ run, execution: 1, attempt: 1, flow: "penguins", number: 1, version: place.versionId, parameters: 0, url: `${gate.url}/runs/${run}` },
			],
		});
		expect(Buffer.from(parts[0] as Uint8Array)).toEqual(sealed);
	});
	test("that is held wakes within milliseconds of a run being queued", async () => {
		const held = agent.poll();
		await untilHeld(agent);
		await new Promise((resolve) => setTimeout(resolve, 100));
		const run = await queueRun(place);
		const [answer, took] = await timed(held);
		expect(answer.header.assignments).toMatchObject([{ run }]);
		expect(took).toBeLessThan(500);
	});
	test("finds within two seconds what was queued without a signal", async () => {
		const held = agent.poll();
		await untilHeld(agent);
		await new Promise((resolve) => setTimeout(resolve, 100));
		const run = await queueRun(await makePlace("elsewhere"));
		await system.query("UPDATE queue_entry SET pool_id = $1, workspace_id = $2 WHERE run_id = $3", [place.poolId, place.workspaceId, run]);
		const [answer, took] = await timed(held);
		expect(answer.header.assignments).toMatchObject([{ run }]);
		expect(took).toBeLessThan(2_000);
	});
	test("repeated with its id brings the same assignments: the answer may have been lost", async () => {
		const run = await queueRun(place);
		await queueRun(place);
		const asked = { poll: randomUUID() };
		const first = await agent.poll(asked);
		expect(first.header.assignments).toMatchObject([{ run }]);
		expect((await agent.poll(asked)).header.assignments).toEqual(first.header.assignments);
		expect(await standingOf(run)).toMatchObject({ outcomes: [null] });
	});
	test("of a connection that is gone claims nothing", async () => {
		const leaving = new AbortController();
		const held = agent.poll({}, leaving.signal).catch(() => undefined);
		await untilHeld(agent);
		await new Promise((resolve) => setTimeout(resolve, 100));
		leaving.abort();
		await held;
		await expect.poll(() => presence.of(agent.id, null).away, { timeout: 2_000 }).toBe(true);
		const run = await queueRun(place);
		expect(await standingOf(run)).toMatchObject({ state: "queued", outcomes: [], queued: true });
	});
	test("brings a cancel at once, and does not go round while the agent ends it", async () => {
		const run = await queueRun(place);
		const [given] = (await agent.poll()).header.assignments;
		if (!given) throw new Error("nothing was given");
		await agent.report([item(given)]);
		const holding = [{ run, execution: 1 }];
		const held = agent.poll({ holding });
		await new Promise((resolve) => setTimeout(resolve, 150));
		await cancelled(place, run);
		const [answer, took] = await timed(held);
		expect(answer.header.cancels).toEqual(holding);
		expect(took).toBeLessThan(500);
		const next = agent.poll({ holding });
		expect(await Promise.race([next, new Promise((resolve) => setTimeout(() => resolve("held"), 1_600))])).toBe("held");
		await agent.report([item(given, { finish: finish("cancelled") })], [sealed]);
		expect(await standingOf(run)).toMatchObject({ state: "cancelled" });
		await queueRun(place);
		expect((await next).header.assignments).toHaveLength(1);
	});
	test("that a pool's limit keeps waiting wakes within milliseconds of another agent's end", async () => {
		await rows("UPDATE pool SET run_limit = 1 WHERE id = $1", [place.poolId]);
		const [first, second] = [await queueRun(place), await queueRun(place)];
		const [given] = (await agent.poll({ free: 5, slots: 5 })).header.assignments;
		if (!given) throw new Error("nothing was given");
		expect(given.run).toBe(first);
		const other = await Knocker.enrol(gate, place);
		const held = other.poll();
		await untilHeld(other);
		await new Promise((resolve) => setTimeout(resolve, 100));
		const [[answer, took]] = await Promise.all([timed(held), agent.report([item(given, { finish: finish("succeeded") })], [sealed])]);
		expect(answer.header.assignments).toMatchObject([{ run: second }]);
		expect(took).toBeLessThan(500);
	});
	test("of a draining agent gets nothing while another's gets what is queued, and wakes when the drain is taken back", async () => {
		const caller = { actor: "test", workspace: { id: place.workspaceId } } as Caller;
		const held = agent.poll();
		await untilHeld(agent);
		await drainAgent(tenant(place), caller, agent.id);
		// Answered, so that the agent asks anew: that poll is for cancels alone.
		expect((await held).header.assignments).toEqual([]);
		const drained = agent.poll();
		await untilHeld(agent);
		const run = await queueRun(place);
		expect(await Promise.race([drained, new Promise((resolve) => setTimeout(() => resolve("held"), 1_600))])).toBe("held");
		const other = await Knocker.enrol(gate, place);
		expect((await other.poll()).header.assignments).toMatchObject([{ run }]);
		const next = await queueRun(place);
		await resumeAgent(tenant(place), caller, agent.id);
		expect((await drained).header.assignments).toEqual([]);
		expect((await agent.poll()).header.assignments).toMatchObject([{ run: next }]);
	});
	test("of a paused pool wakes with its resume", async () => {
		const caller = { actor: "test", workspace: { id: place.workspaceId } } as Caller;
		await pausePool(tenant(place), caller, "default");
		const run = await queueRun(place);
		const held = agent.poll();
		await untilHeld(agent);
		expect(await Promise.race([held, new Promise((resolve) => setTimeout(() => resolve("held"), 1_600))])).toBe("held");
		await resumePool(tenant(place), caller, "default");
		const [answer, took] = await timed(held);
		expect(answer.header.assignments).toMatchObject([{ run }]);
		expect(took).toBeLessThan(500);
	});
	test("of an agent that is revoked meanwhile is refused within two seconds", async () => {
		const held = agent.poll();
		await untilHeld(agent);
		await rows("UPDATE agent SET revoked_at = tg_now() WHERE id = $1", [agent.id]);
		const [answer, took] = await timed(held);
		expect(answer).toMatchObject({ status: 401, header: { code: "revoked" } });
		expect(took).toBeLessThan(2_000);
	});
	test("of an older process with the same identity is told that it was superseded, at once", async () => {
		const held = agent.poll();
		await untilHeld(agent);
		await agent.begin();
		expect(await held).toMatchObject({ status: 401, header: { code: "superseded" } });
	});
	test("gives its place to a newer one of the same agent", async () => {
		const older = agent.poll();
		await untilHeld(agent);
		await new Promise((resolve) => setTimeout(resolve, 100));
		const newer = agent.poll();
		expect((await older).header.assignments).toEqual([]);
		const run = await queueRun(place);
		expect((await newer).header.assignments).toMatchObject([{ run }]);
	});
	test("is answered, empty, when the server stops", async () => {
		const other = await openGate();
		const guest = await Knocker.enrol(other, place);
		const held = guest.poll();
		await untilHeld(guest);
		await new Promise((resolve) => setTimeout(resolve, 100));
		other.stopping.abort();
		expect((await held).header).toEqual({ assignments: [], cancels: [], leaseSeconds: 30, news: [] });
		await other.close();
		await gate.close();
		gate = await openGate();
	});
});

describe("presence", () => {
	test("shows an agent away within two seconds of a broken poll, and writes leases in batches", async () => {
		const leaving = new AbortController();
		const held = agent.poll({}, leaving.signal).catch(() => undefined);
		await untilHeld(agent);
		const sweep = new Sweep();
		await sweep.tick();
		const [row] = await rows<{ seen: boolean; leased: boolean }>(
			"SELECT last_seen_at IS NOT NULL AS seen, lease_until > tg_now() + interval '20 s' AS leased FROM agent WHERE id = $1",
			[agent.id],
		);
		expect(row).toEqual({ seen: true, leased: true });
		leaving.abort();
		await held;
		await expect.poll(() => presence.of(agent.id, null).away, { timeout: 2_000 }).toBe(true);
	});
	test("is taken from the database where another server heard the agent", () => {
		const now = new Date();
		expect(presence.of(randomUUID(), now)).toEqual({ lastSeenAt: now, away: false });
		expect(presence.of(randomUUID(), new Date(Date.now() - 60_000)).away).toBe(true);
		expect(presence.of(randomUUID(), null)).toEqual({ lastSeenAt: null, away: true });
	});
});

test("two agents and 200 runs: each is executed once, and one that lost its answer costs nothing", async () => {
	const other = await Knocker.enrol(gate, place);
	const runs = await Promise.all(Array.from({ length: 200 }, () => queueRun(place)));
	const done: string[] = [];
	const work = async (knocker: Knocker): Promise<void> => {
		while (done.length < runs.length) {
			const asked = { poll: randomUUID(), free: 5, slots: 5 };
			if (Math.random() < 0.2) await knocker.poll(asked, AbortSignal.timeout(1 + Math.floor(Math.random() * 10))).catch(() => undefined);
			const waiting = new AbortController();
			const stop = setInterval(() => done.length >= runs.length && waiting.abort(), 50);
			const answer = await knocker.poll(asked, waiting.signal).catch(() => undefined);
			clearInterval(stop);
			const given = answer?.header.assignments ?? [];
			if (given.length)
				await knocker.report(
					given.map((one) => item(one, { finish: finish("succeeded") })),
					[sealed],
				);
			done.push(...given.map((one) => one.run));
		}
	};
	await Promise.all([work(agent), work(other)]);
	expect(done.toSorted()).toEqual(runs.toSorted());
	expect(await rows("SELECT count(*) AS n FROM execution WHERE workspace_id = $1", [place.workspaceId])).toEqual([{ n: 200 }]);
});
