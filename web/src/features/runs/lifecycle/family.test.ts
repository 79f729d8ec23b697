import { randomBytes, randomUUID } from "node:crypto";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { tenant } from "../../../server/db.ts";
import {
	type Agent,
	asker,
	cancelled,
	connectFresh,
	finish,
	item,
	makeAgent,
	makePlace,
	type Place,
	queueRun,
	report,
	rows,
	segment,
	standingOf,
} from "../fixture.ts";
import { Sweep } from "../sweep.ts";
import { type Claimed, claim } from "./claim.ts";
import { createChild, standParent } from "./line.ts";

const CHILDREN = 60;
let database: Awaited<ReturnType<typeof connectFresh>>;
let place: Place;
let agents: Agent[];
beforeAll(async () => {
	database = await connectFresh(inject("databaseUrl"));
	place = await makePlace(randomUUID(), 300);
	agents = await Promise.all(Array.from({ length: 4 }, () => makeAgent(place)));
});
afterAll(() => database.end());

/** A parent with many children, which waits for all of them. */
async function family(): Promise<{ run: string; children: string[] }> {
	const run = await queueRun(place);
	const agent = agents[0] as Agent;
	// A parent of an earlier test may stand in the queue again.
	const one = (await claim(place.poolId, [asker(agent, 2)])).find((claimed) => claimed.run === run) as Claimed;
	const { workspaceId, flowId, versionId, poolId } = place;
	const asked = Array.from({ length: CHILDREN }, () => ({
		...{ run, execution: one.execution, token: one.token, task: randomBytes(16).toString("hex"), id: uuidv7(), flow: "penguins", pool: null },
		...{ labels: {}, detached: false, version: null, step: null, parameters: null },
	}));
	const make = (each: (typeof asked)[number]) =>
		tenant(place).transaction(async (tx) => {
			const parent = await standParent(tx, { agent: agent.id, session: agent.session }, each);
			return createChild(tx, parent, each, { id: each.id, workspaceId, flowId, versionId, poolId, parameters: null, labels: {}, createdBy: "" });
		});
	await Promise.all(asked.map(make));
	const waits = asked.map(({ task, id }) => ({
		...{ type: "wait" as const, at: new Date().toISOString(), task, kind: "child" as const, due: null, event: null, child: id, sealed: 0 },
	}));
	const end = { ...finish("suspended"), waits: waits.map(({ task }) => task) };
	await report(place, agent, [item(one, { segments: [segment({ stream: "events.1", events: waits })], finish: end })]);
	return { run, children: asked.map(({ id }) => id) };
}

/** Claims and ends what there is, several at a time in one report, as agents do. */
async function work(agent: Agent, until: () => boolean): Promise<void> {
	while (!until()) {
		const claimed = await claim(place.poolId, [asker(agent, 5)]);
		if (claimed.length === 0) return;
		await report(
			place,
			agent,
			claimed.map((one, index) => item(one, { finish: finish(index % 2 ? "failed" : "succeeded") })),
		);
	}
}

test("many children that end at once, over several agents, answer their parent once each, and it goes on once", { timeout: 60_000 }, async () => {
	const { run } = await family();
	expect(await standingOf(run)).toMatchObject({ state: "waiting" });
	let over = false;
	const watch = async (): Promise<void> => {
		while (!over) over = (await standingOf(run)).state !== "waiting";
	};
	await Promise.all([...agents.map((agent) => work(agent, () => over)), watch()]);
	const seqs = await rows<{ n: number; distinct: number; states: string[] }>(
		"SELECT count(*)::int AS n, count(DISTINCT seq)::int AS distinct, array_agg(DISTINCT state ORDER BY state) AS states FROM wait WHERE run_id = $1 AND seq IS NOT NULL",
		[run],
	);
	expect(seqs).toEqual([{ n: CHILDREN, distinct: CHILDREN, states: ["answered", "failed"] }]);
	expect(await rows("SELECT FROM event WHERE run_id = $1 AND type = 'answered'", [run])).toHaveLength(CHILDREN);
	expect(await rows("SELECT FROM event WHERE run_id = $1 AND type = 'queued'", [run])).toHaveLength(2);
});

test("a parent that is cancelled while its children end and are claimed takes all of them with it", { timeout: 60_000 }, async () => {
	const { run, children } = await family();
	const sweep = new Sweep();
	let rounds = 0;
	await Promise.all([cancelled(place, run), ...agents.map((agent) => work(agent, () => rounds > 0)), sweep.tick().then(() => rounds++)]);
	await sweep.tick();
	await sweep.tick();
	expect(await standingOf(run)).toMatchObject({ state: "cancelled" });
	const left = await rows<{ state: string }>("SELECT state FROM run WHERE id = ANY($1) AND state NOT IN ('succeeded', 'failed', 'cancelled')", [
		children,
	]);
	expect(left).toEqual([]);
	expect(await rows("SELECT FROM queue_entry WHERE run_id = ANY($1)", [children])).toEqual([]);
	expect(await rows("SELECT FROM wait WHERE run_id = $1 AND state = 'open'", [run])).toEqual([]);
	expect(await rows("SELECT orphaning FROM run WHERE id = $1", [run])).toEqual([{ orphaning: false }]);
});
