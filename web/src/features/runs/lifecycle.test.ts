import { uuidv7 } from "tidegate/protocol/ids.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { tenant } from "../../server/db.ts";
import {
	asker,
	cancelled,
	claimOne,
	connectFresh,
	finish,
	item,
	makeAgent,
	makePlace,
	newRun,
	type Place,
	queueRun,
	report,
	rows,
	standingOf,
} from "./fixture.ts";
import { claim, claimedBy } from "./lifecycle/claim.ts";
import { createRun } from "./lifecycle.ts";

let database: Awaited<ReturnType<typeof connectFresh>>;
let place: Place;
beforeAll(async () => {
	database = await connectFresh(inject("databaseUrl"));
	place = await makePlace();
});
afterAll(() => database.end());

describe("createRun", () => {
	test("writes run, queue entry, first attempt, event 1 and audit row together", async () => {
		const id = await queueRun(place, { labels: { team: "a" } });
		expect(await standingOf(id)).toMatchObject({ state: "queued", attempt: 1, attempts: [null], queued: true });
		expect(await rows("SELECT seq, type FROM event WHERE run_id = $1", [id])).toEqual([{ seq: 1, type: "queued" }]);
		expect(await rows("SELECT action, actor FROM audit WHERE target = $1", [id])).toEqual([{ action: "run.trigger", actor: "test" }]);
	});
	test("the same id again is the same run, also at the same time", async () => {
		const run = newRun(place);
		const made = await Promise.all([1, 2, 3, 4].map(() => tenant(place).transaction((tx) => createRun(tx, run))));
		expect(made.filter((one) => one.created)).toHaveLength(1);
		expect(new Set(made.map((one) => `${one.id} ${one.state}`)).size).toBe(1);
	});
	test("an id of another workspace is taken, and says nothing of that run", async () => {
		const other = await makePlace("other");
		const id = await queueRun(other);
		await expect(tenant(place).transaction((tx) => createRun(tx, newRun(place, { id })))).rejects.toMatchObject({ reason: "id_taken" });
	});
	test("an id more than a day off the database's clock is refused", async () => {
		const id = uuidv7(Date.now() - 25 * 3600 * 1000);
		await expect(tenant(place).transaction((tx) => createRun(tx, newRun(place, { id })))).rejects.toMatchObject({ reason: "id_clock" });
	});
});

describe("claim", () => {
	test("500 runs and 8 concurrent claimers: each run goes to exactly one", async () => {
		const crowd = await makePlace("crowd");
		const agents = await Promise.all(Array.from({ length: 8 }, () => makeAgent(crowd)));
		const ids = new Set<string>();
		for (let i = 0; i < 500; i += 50) for (const id of await Promise.all(Array.from({ length: 50 }, () => queueRun(crowd)))) ids.add(id);
		const taken: string[] = [];
		await Promise.all(
			agents.map(async (agent) => {
				for (;;) {
					const got = await claim(crowd.poolId, [asker(agent, 7)]);
					if (got.length === 0) return;
					taken.push(...got.map((one) => one.run));
				}
			}),
		);
		expect(taken).toHaveLength(500);
		expect(new Set(taken)).toEqual(ids);
		expect(
			await rows("SELECT count(*) AS n, count(DISTINCT run_id) AS runs, count(DISTINCT token) AS tokens FROM execution WHERE workspace_id = $1", [
				crowd.workspaceId,
			]),
		).toEqual([{ n: 500, runs: 500, tokens: 500 }]);
	});
	test("one statement serves several waiters fairly, oldest run first", async () => {
		const fair = await makePlace("fair");
		const [a, b] = [await makeAgent(fair), await makeAgent(fair)];
		const ids = [await queueRun(fair), await queueRun(fair), await queueRun(fair)];
		const got = await claim(fair.poolId, [asker(a, 5), asker(b, 5)]);
		expect(got.map((one) => one.run).sort()).toEqual([...ids].sort());
		const first = new Map(got.map((one) => [one.run, one.agent]));
		expect(ids.map((id) => first.get(id))).toEqual([a.id, b.id, a.id]);
	});
	test("a repeated poll id is given the same assignments, until they began", async () => {
		const agent = await makeAgent(place);
		await queueRun(place, { parameters: Buffer.from("sealed parameters") });
		const poll = uuidv7();
		const given = await claim(place.poolId, [asker(agent, 20, poll)]);
		expect(given.length).toBeGreaterThan(0);
		const byRun = (a: { run: string }, b: { run: string }) => a.run.localeCompare(b.run);
		expect((await claimedBy(agent.id, poll)).sort(byRun)).toEqual([...given].sort(byRun));
		expect(await claimedBy((await makeAgent(place)).id, poll)).toEqual([]);
		await report(
			place,
			agent,
			given.map((one) => item(one)),
		);
		expect(await claimedBy(agent.id, poll)).toEqual([]);
	});
	test("a revoked or superseded agent is given nothing", async () => {
		const own = await makePlace("revoked");
		const agent = await makeAgent(own);
		await queueRun(own);
		expect(await claim(own.poolId, [{ ...asker(agent, 1), session: 0 }])).toEqual([]);
		await rows("UPDATE agent SET revoked_at = tg_now() WHERE id = $1", [agent.id]);
		expect(await claim(own.poolId, [asker(agent, 1)])).toEqual([]);
		expect(await rows("SELECT FROM queue_entry WHERE pool_id = $1", [own.poolId])).toHaveLength(1);
	});
	test("an agent is given nothing of another pool", async () => {
		const [own, foreign] = [await makePlace("own"), await makePlace("foreign")];
		await queueRun(foreign);
		expect(await claim(foreign.poolId, [asker(await makeAgent(own), 1)])).toEqual([]);
	});
});

describe("cancel", () => {
	test("a queued run is cancelled at once and never claimed", async () => {
		const own = await makePlace("cancel");
		const id = await queueRun(own);
		expect(await cancelled(own, id)).toEqual({ id, state: "cancelled" });
		expect(await claim(own.poolId, [asker(await makeAgent(own), 1)])).toEqual([]);
		expect(await rows("SELECT type FROM event WHERE run_id = $1 ORDER BY seq", [id])).toEqual(
			["queued", "cancel_requested", "ended"].map((type) => ({ type })),
		);
	});
	test("racing a claim it ends in cancelled or cancelling, never in both worlds", async () => {
		const own = await makePlace("race");
		const agent = await makeAgent(own);
		for (let i = 0; i < 25; i++) {
			const id = await queueRun(own);
			const [claimed, answer] = await Promise.all([claim(own.poolId, [asker(agent, 1)]), cancelled(own, id)]);
			expect(answer.state).toBe(claimed.length ? "cancelling" : "cancelled");
			expect(await standingOf(id)).toMatchObject({ state: answer.state, outcomes: claimed.map(() => null), queued: false });
		}
	});
	test("a finish that comes after it wins with its true outcome; one that came before is not undone", async () => {
		const own = await makePlace("orders");
		const agent = await makeAgent(own);
		await queueRun(own);
		const first = await claimOne(own, agent);
		expect(await cancelled(own, first.run)).toMatchObject({ state: "cancelling" });
		await report(own, agent, [item(first, { finish: finish("succeeded") })]);
		expect(await standingOf(first.run)).toMatchObject({ state: "succeeded", outcomes: ["succeeded"], attempts: ["succeeded"] });
		await queueRun(own);
		const second = await claimOne(own, agent);
		await report(own, agent, [item(second, { finish: finish("failed") })]);
		expect(await cancelled(own, second.run)).toMatchObject({ state: "failed" });
	});
	test("a run of another workspace is unknown", async () => {
		const other = await makePlace("unknown");
		await expect(cancelled(place, await queueRun(other))).rejects.toMatchObject({ reason: "unknown_run" });
	});
});
