/** The gate of a claim: pause, drain and limit hold exactly, with claims from many connections at once, as those of many servers. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { Caller } from "../../../server/callers.ts";
import { type Sql, system, type TenantDoor, tenant } from "../../../server/db.ts";
import { drainAgent, renameAgent, resumeAgent, revokeAgent } from "../../agents/standing.ts";
import { changePool, pausePool, resumePool } from "../../pools/pools.ts";
import {
	type Agent,
	asker,
	claimOne,
	connectFresh,
	finish,
	item,
	makeAgent,
	makePlace,
	type Place,
	queueRun,
	report,
	rows,
	sealed,
} from "../fixture.ts";
import { claim, isFull } from "./claim.ts";
import { takeReport } from "./report.ts";

let database: Awaited<ReturnType<typeof connectFresh>>;
beforeAll(async () => {
	database = await connectFresh(inject("databaseUrl"));
});
afterAll(() => database.end());

const POOL = "default";
const by = (place: Place): Caller => ({ actor: "test", workspace: { id: place.workspaceId } }) as Caller;
const change = (place: Place, limit: number | null) => changePool(tenant(place), by(place), POOL, { limit });
const pause = (place: Place) => pausePool(tenant(place), by(place), POOL);
const resume = (place: Place) => resumePool(tenant(place), by(place), POOL);

async function queue(place: Place, many: number): Promise<void> {
	for (let made = 0; made < many; made += 20) await Promise.all(Array.from({ length: Math.min(20, many - made) }, () => queueRun(place)));
}

const end = (place: Place, agent: Agent, one: Awaited<ReturnType<typeof claim>>[number]) =>
	report(place, agent, [item(one, { finish: finish("succeeded") })]);

/** The most that ran at once, by the database's own instants; an end at the instant of a claim came before it. */
async function mostAtOnce(place: Place): Promise<number> {
	const [found] = await rows<{ most: number }>(
		`SELECT max(live)::int AS most FROM (SELECT sum(step) OVER (ORDER BY at, step) AS live FROM (
			SELECT claimed_at AS at, 1 AS step FROM execution WHERE workspace_id = $1
			UNION ALL SELECT finished_at, -1 FROM execution WHERE workspace_id = $1 AND outcome IS NOT NULL) steps) counted`,
		[place.workspaceId],
	);
	return found?.most ?? 0;
}
const live = async (place: Place): Promise<number> =>
	(await rows("SELECT FROM execution WHERE workspace_id = $1 AND outcome IS NULL", [place.workspaceId])).length;

test("200 runs and 8 concurrent claimers of a pool with limit 3: never more than 3 at once, and all of them run", async () => {
	const place = await makePlace("limited");
	const agents = await Promise.all(Array.from({ length: 8 }, () => makeAgent(place)));
	await queue(place, 200);
	await change(place, 3);
	let done = 0;
	let most = 0;
	const ended = Promise.all(
		agents.map(async (agent) => {
			while (done < 200) {
				const got = await claim(place.poolId, [asker(agent, 5)]);
				expect(got.length).toBeLessThanOrEqual(3);
				// Counted by the database while the others go on.
				most = Math.max(most, await live(place));
				for (const one of got) {
					await end(place, agent, one);
					done += 1;
				}
				if (got.length === 0) await sleep(2);
			}
		}),
	);
	await ended;
	expect(done).toBe(200);
	expect(most).toBeLessThanOrEqual(3);
	expect(await mostAtOnce(place)).toBeLessThanOrEqual(3);
	expect(await rows("SELECT FROM run WHERE workspace_id = $1 AND state = 'succeeded'", [place.workspaceId])).toHaveLength(200);
});

test("claims at the same instant share what room there is: 16 claimers and a limit of 3 make 3 executions", async () => {
	const place = await makePlace("instant");
	const agents = await Promise.all(Array.from({ length: 16 }, () => makeAgent(place)));
	await change(place, 3);
	await queue(place, 40);
	const given = await Promise.all(agents.map((agent) => claim(place.poolId, [asker(agent, 2)])));
	expect(given.flat()).toHaveLength(3);
	expect(await live(place)).toBe(3);
	expect(isFull(place.poolId)).toBe(true);
	expect(await rows("SELECT FROM queue_entry WHERE pool_id = $1", [place.poolId])).toHaveLength(37);
});

test("a limit that is set while claims go on holds from its answer: what ran stays, and nothing begins until there is room", async () => {
	const place = await makePlace("midway");
	const agents = await Promise.all(Array.from({ length: 6 }, () => makeAgent(place)));
	await queue(place, 120);
	let claims = 0;
	const claiming = agents.map(async (agent) => {
		for (let round = 0; round < 10; round++) claims += (await claim(place.poolId, [asker(agent, 2)])).length;
	});
	while (claims < 10) await sleep(1);
	await change(place, 2);
	const atLimit = await live(place);
	await Promise.all(claiming);
	expect(atLimit).toBeGreaterThan(2);
	expect(await live(place)).toBe(atLimit);
	await change(place, null);
	expect(await claim(place.poolId, [asker(agents[0] as Agent, 1)])).toHaveLength(1);
	expect(isFull(place.poolId)).toBe(false);
});

test("from the answer of a pause on nothing is claimed, whatever is under way; a resume gives everything", async () => {
	const place = await makePlace("paused");
	const agents = await Promise.all(Array.from({ length: 6 }, () => makeAgent(place)));
	await queue(place, 120);
	let stop = false;
	const claiming = agents.map(async (agent) => {
		while (!stop) await claim(place.poolId, [asker(agent, 1)]);
	});
	while ((await live(place)) < 10) await sleep(1);
	await pause(place);
	const before = await live(place);
	await sleep(150);
	expect(await live(place)).toBe(before);
	expect(before).toBeLessThan(120);
	await pause(place);
	await resume(place);
	await expect.poll(() => live(place), { timeout: 20_000 }).toBe(120);
	stop = true;
	await Promise.all(claiming);
	const told = await rows<{ action: string }>("SELECT action FROM audit WHERE workspace_id = $1 AND action LIKE 'pool.%' ORDER BY at", [
		place.workspaceId,
	]);
	expect(told.map(({ action }) => action)).toEqual(["pool.pause", "pool.resume"]);
});

test("a draining agent is given nothing from the drain's answer on, others are, and an undo gives it work again", async () => {
	const place = await makePlace("draining");
	const [draining, other] = [await makeAgent(place), await makeAgent(place)];
	await queue(place, 80);
	const has = async () => (await rows("SELECT FROM execution WHERE agent_id = $1", [draining.id])).length;
	let stop = false;
	const claiming = [1, 2, 3].map(async () => {
		while (!stop) await claim(place.poolId, [asker(draining, 1)]);
	});
	while ((await has()) < 5) await sleep(1);
	await drainAgent(tenant(place), by(place), draining.id);
	const before = await has();
	await sleep(150);
	expect(await has()).toBe(before);
	stop = true;
	await Promise.all(claiming);
	const got = await claim(place.poolId, [asker(draining, 3), asker(other, 2)]);
	expect(got.map((one) => one.agent)).toEqual([other.id, other.id]);
	await resumeAgent(tenant(place), by(place), draining.id);
	expect((await claimOne(place, draining)).agent).toBe(draining.id);
});

test("runs whose agent was revoked count against the limit until they are taken from it: they may still go on there", async () => {
	const place = await makePlace("revoked");
	const [gone, there] = [await makeAgent(place), await makeAgent(place)];
	await change(place, 1);
	await queue(place, 2);
	const one = await claimOne(place, gone);
	await revokeAgent(tenant(place), by(place), gone.id);
	expect(await claim(place.poolId, [asker(there, 1)])).toEqual([]);
	await rows("UPDATE execution SET outcome = 'lost', finished_at = tg_now() WHERE run_id = $1", [one.run]);
	expect(await claim(place.poolId, [asker(there, 1)])).toHaveLength(1);
});

test("a name that is taken is refused, and the agent keeps its own", async () => {
	const place = await makePlace("named");
	const [one] = [await makeAgent(place, "one"), await makeAgent(place, "two")];
	await expect(renameAgent(tenant(place), by(place), one.id, "two")).rejects.toMatchObject({ reason: "name_taken" });
	await renameAgent(tenant(place), by(place), one.id, "three");
	expect(await rows("SELECT name FROM agent WHERE workspace_id = $1 ORDER BY name", [place.workspaceId])).toEqual([
		{ name: "three" },
		{ name: "two" },
	]);
});

/** How many rows of the tables so named `work` looks at. Less what the connection has counted before and not told yet. */
async function looks<T>(tx: Sql, tables: string, work: () => Promise<T>): Promise<[T, number]> {
	const counted = async (): Promise<number> => {
		const { rows } = await tx.query<{ n: number }>(
			"SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::int AS n FROM pg_stat_xact_user_tables WHERE relname ~ $1",
			[tables],
		);
		return rows[0]?.n ?? 0;
	};
	const before = await counted();
	const done = await work();
	return [done, (await counted()) - before];
}

test("what a claim and a report look at grows with what they carry, not with its square and not with what the workspace has run", async () => {
	const place = await makePlace("long since");
	const agent = await makeAgent(place);
	const end = async (many: number): Promise<number[]> => {
		const asked = asker(agent, many);
		const [given, places] = await system.transaction((tx) => looks(tx, "^(workspace|flow|version)$", () => claim(place.poolId, [asked], tx)));
		expect(given).toHaveLength(many);
		let executions = 0;
		const door: TenantDoor = {
			...tenant(place),
			transaction: (work) =>
				tenant(place).transaction(async (tx) => {
					const [done, looked] = await looks(tx, "^execution_", () => work(tx));
					executions = looked;
					return done;
				}),
		};
		const told = { executions: given.map((one) => item(one, { finish: finish("succeeded") })) };
		const { executions: states } = await takeReport(door, { agent: agent.id, session: agent.session }, told, [sealed]);
		expect(states.map((one) => one.state)).toEqual(given.map(() => "ended"));
		return [places, executions];
	};
	await queue(place, 100);
	for (let i = 0; i < 3; i++) await end(20);
	const [places, executions] = await end(20);
	// Three rows to tell each; each once to be read, and found and changed once.
	expect(places).toBeLessThanOrEqual(60);
	expect(executions).toBeLessThanOrEqual(60);
	expect((await end(1))[1]).toBeLessThanOrEqual(3);
});
