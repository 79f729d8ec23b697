import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createApiKey } from "../../../../prisma/seed.ts";
import { type ControlPlane, clientOf, reasonOf, startControlPlane } from "../../fixture.ts";
import { candidate, enrolRequest, Knocker, knock } from "../../gateway/fixture.ts";
import { tenant } from "../../server/db.ts";
import { bus } from "../../server/pubsub.ts";
import { claimOne, makeAgent, makePlace, type Place, queueRun, rows } from "../runs/fixture.ts";
import { listAgents } from "./agents.ts";
import { type FleetChange, watchFleet } from "./fleet.ts";

let at: ControlPlane;
let house: ReturnType<typeof clientOf>;
beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
	house = clientOf(at.url, at.a.key);
});
afterAll(async () => {
	await house.end();
	await at.end();
});

const gate = () => ({ url: at.url, stopping: new AbortController(), close: async () => undefined });
const told = async (like: string): Promise<string[]> =>
	(
		await rows<{ action: string }>("SELECT action FROM audit WHERE workspace_id = $1 AND action LIKE $2 ORDER BY at, id", [at.a.workspaceId, like])
	).map(({ action }) => action);

/** Follows the fleet of a; `until` waits for a change that fits, told from now on or before. */
function follow() {
	const heard: FleetChange[] = [];
	const watching = house.api.agents.watch.subscribe({}, { onData: (change) => void heard.push(change) });
	const until = (fits: (change: FleetChange) => boolean) => expect.poll(() => heard.some(fits), { timeout: 15_000 }).toBe(true);
	return { heard, until, end: () => watching.unsubscribe() };
}

test("a watch tells everything first, then only what changed: who came by which token, what was drained, paused and queued", async () => {
	const fleet = follow();
	await fleet.until(({ whole, pools }) => whole && pools.some(({ name }) => name === "default"));
	const token = await house.api.agents.createToken.mutate({ pool: "default" });
	expect(token.seconds).toBe(3600);
	const who = candidate("wh-01");
	const { header } = await knock<{ agent: string }>(gate(), "enrol", enrolRequest(who, token.token));
	await fleet.until(({ whole, agents }) => !whole && agents.some((agent) => agent.token === token.id && agent.name === "wh-01"));
	await house.api.agents.drain.mutate({ id: header.agent });
	await fleet.until(({ agents }) => agents.some(({ id, draining }) => id === header.agent && draining));
	await house.api.pools.pause.mutate({ pool: "default" });
	await fleet.until(({ pools }) => pools.some(({ name, paused }) => name === "default" && paused));
	await house.api.pools.resume.mutate({ pool: "default" });
	await fleet.until(({ whole, pools, agents }) => !whole && pools.length === 1 && agents.length === 0);
	expect(fleet.heard.filter(({ whole }) => whole)).toHaveLength(1);
	fleet.end();
});

test("one key watches so often and no more, over all its connections; whoever leaves makes room", async () => {
	const pages = Array.from({ length: 2 }, () => clientOf(at.url, at.a.key));
	let told = 0;
	const outcome = (page: ReturnType<typeof clientOf>) =>
		new Promise<string>((resolve) =>
			page.api.agents.watch.subscribe({}, { onData: () => resolve("told"), onError: (error) => resolve(String(error.data?.reason)) }),
		);
	const watching = Array.from({ length: 50 }, (_, i) => outcome(pages[i % 2] as ReturnType<typeof clientOf>).then(() => told++));
	await Promise.all(watching);
	expect(await outcome(pages[0] as ReturnType<typeof clientOf>)).toBe("too_many");
	await Promise.all(pages.map((page) => page.end()));
	const again = async () => {
		const one = clientOf(at.url, at.a.key);
		const became = await outcome(one);
		await one.end();
		return became;
	};
	await expect.poll(again, { timeout: 15_000 }).toBe("told");
	expect(told).toBe(50);
});

test("many who watch a workspace share what is asked of the database, and each is told every change", async () => {
	const place = await makePlace("crowded");
	let asked = 0;
	const own = tenant(place);
	const door: typeof own = {
		query: (...given) => {
			asked += 1;
			return own.query(...given);
		},
		transaction: (work) => {
			asked += 1;
			return own.transaction(work);
		},
		prisma: (work) => {
			asked += 1;
			return own.prisma(work);
		},
	};
	const leaving = new AbortController();
	const heard = Array.from({ length: 100 }, () => [] as FleetChange[]);
	const following = heard.map(async (mine) => {
		const watching = watchFleet({ door, workspaceId: place.workspaceId, signal: leaving.signal, assertAllowed: async () => undefined });
		for await (const change of watching) mine.push(change);
	});
	await expect.poll(() => heard.filter(([first]) => first?.whole).length, { timeout: 15_000 }).toBe(100);
	const atFirst = asked;
	await makeAgent(place, "newcomer");
	bus.fleet(place.workspaceId);
	const met = (mine: FleetChange[]) => mine.some(({ whole, agents }) => !whole && agents.some(({ name }) => name === "newcomer"));
	await expect.poll(() => heard.filter(met).length, { timeout: 15_000 }).toBe(100);
	// A few looks of a few statements, not a hundred.
	expect([atFirst < 30, asked < 100]).toEqual([true, true]);
	leaving.abort();
	await Promise.all(following);
});

test("what is asked twice is done and noted once; what is revoked is neither drained nor taken back", async () => {
	const { id } = await Knocker.enrol(gate(), at.a as unknown as Place);
	for (const _ of "12") await house.api.agents.drain.mutate({ id });
	for (const _ of "12") await house.api.agents.resume.mutate({ id });
	await house.api.agents.rename.mutate({ id, name: "renamed" });
	for (const _ of "12") await house.api.agents.revoke.mutate({ id });
	expect(await rows("SELECT action FROM audit WHERE target = $1 AND action <> 'agent.enrol' ORDER BY at, id", [id])).toEqual(
		["agent.drain", "agent.resume", "agent.rename", "agent.revoke"].map((action) => ({ action })),
	);
	expect(await reasonOf(house.api.agents.drain.mutate({ id }))).toBe("conflict");
	expect(await reasonOf(house.api.agents.resume.mutate({ id }))).toBe("conflict");
	expect(await reasonOf(house.api.agents.rename.mutate({ id, name: "two words" }))).toBe("bad_request");
	expect(await reasonOf(house.api.agents.drain.mutate({ id: (await makeAgent(await makePlace("elsewhere"))).id }))).toBe("not_found");
});

test("a pool's rules change one by one, are told back, and are noted", async () => {
	await house.api.pools.create.mutate({ name: "gpu", limit: 2 });
	const gpu = async () => (await house.api.pools.list.query()).pools.find(({ name }) => name === "gpu");
	expect(await gpu()).toMatchObject({ limit: 2, leaseSeconds: 30, paused: false, queued: 0, running: 0 });
	await house.api.pools.change.mutate({ pool: "gpu", leaseSeconds: 60 });
	expect(await gpu()).toMatchObject({ limit: 2, leaseSeconds: 60 });
	await house.api.pools.change.mutate({ pool: "gpu", limit: null });
	expect(await gpu()).toMatchObject({ limit: null, leaseSeconds: 60 });
	expect(await reasonOf(house.api.pools.change.mutate({ pool: "gpu", limit: 0 }))).toBe("bad_request");
	expect(await reasonOf(house.api.pools.pause.mutate({ pool: "gqu" }))).toBe("unknown_pool");
	expect(await reasonOf(house.api.pools.create.mutate({ name: "gpu" }))).toBe("name_taken");
	expect(await told("pool.change")).toHaveLength(2);
});

test("a key that may only run neither drains, revokes, pauses nor limits", async () => {
	const key = await createApiKey(at.databaseUrl, { workspaceId: at.a.workspaceId, name: "runs" });
	await rows("UPDATE api_key SET scope = 'run' WHERE name = 'runs'");
	const { api, end } = clientOf(at.url, key);
	const { id } = await makeAgent(at.a as unknown as Place);
	expect((await api.agents.list.query()).agents.length).toBeGreaterThan(0);
	for (const asked of [
		api.agents.drain.mutate({ id }),
		api.agents.resume.mutate({ id }),
		api.agents.rename.mutate({ id, name: "mine" }),
		api.agents.revoke.mutate({ id }),
		api.pools.pause.mutate({ pool: "default" }),
		api.pools.resume.mutate({ pool: "default" }),
		api.pools.change.mutate({ pool: "default", limit: 1 }),
	])
		expect(await reasonOf(asked)).toBe("forbidden");
	await end();
});

test("the list names what an agent holds and since when", async () => {
	const place = await makePlace("held");
	await queueRun(place);
	const agent = await makeAgent(place);
	const one = await claimOne(place, agent);
	const { agents } = await listAgents(tenant(place), place.workspaceId);
	expect(agents).toMatchObject([{ running: 1, runs: [{ run: one.run, flow: "penguins", state: "starting" }] }]);
	expect(Math.abs(Date.parse(agents[0]?.runs[0]?.since ?? "") - Date.now())).toBeLessThan(60_000);
});
