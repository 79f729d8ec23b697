import pg from "pg";
import { uuidTime, uuidv7 } from "tidegate/protocol/ids.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { type ControlPlane, clientOf, startControlPlane } from "../../fixture.ts";
import { system } from "../../server/db.ts";
import { type Agent, claimOne, finish, item, makeAgent, type Place, queueRun, report, rows, sealed, segment } from "../runs/fixture.ts";
import { OWN } from "../runs/own.ts";
import { deploy, newWorkspaceKey } from "../versions/fixture.ts";

let at: ControlPlane;
let api: ReturnType<typeof clientOf>["api"];
let flow: string;
let place: Place;
let agent: Agent;
let n = 0;

beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
	api = clientOf(at.url, at.a.key).api;
});
beforeEach(async () => {
	flow = `flow-${++n}`;
	const key = await newWorkspaceKey(at.a.workspaceId);
	await system.query("UPDATE workspace SET kid = NULL WHERE id = $1", [at.a.workspaceId]);
	const made = await deploy(at.url, at.a.key, api, key, flow);
	place = { ...at.a, flowId: (await api.flows.get.query({ flow })).id, versionId: made.id };
	agent ??= await makeAgent(place, "worker");
});
afterAll(() => at.end());

type Told = { fn: string; state: "succeeded" | "failed" | "running"; map?: string; index?: number; attempt?: number };
type Kind = "metrics" | "table";

const taskEvent = (told: Told, i: number) => ({
	type: "task" as const,
	at: new Date().toISOString(),
	task: i.toString(16).padStart(32, "0"),
	fn: told.fn,
	index: told.index ?? null,
	map: told.map ?? null,
	state: told.state,
	attempt: told.attempt ?? 1,
	parents: [],
	sealed: 0,
});

/** A run that ended, with tasks, and artifacts of one piece each. */
async function ended(outcome: "succeeded" | "failed" | "cancelled" = "succeeded", tasks: Told[] = [], kinds: Kind[] = [], size = 10) {
	const id = await queueRun(place);
	const claimed = await claimOne(place, agent);
	expect(claimed.run).toBe(id);
	const artifacts = kinds.map((kind) => ({
		type: "artifact" as const,
		at: new Date().toISOString(),
		id: uuidv7(),
		kind,
		task: null,
		size,
		sealed: 0,
	}));
	const segments = [
		segment({ stream: "events.1", events: [...tasks.map(taskEvent), ...artifacts] }),
		...artifacts.map((artifact) => segment({ stream: `artifact.${artifact.id}`, end: size, part: 0 })),
	];
	await report(place, agent, [item(claimed, { segments, finish: finish(outcome) })], [sealed]);
	return { id, artifacts: artifacts.map((artifact) => artifact.id) };
}

const listed = async () => (await api.flows.list.query({})).flows.find(({ name }) => name === flow);

describe("the list of flows", () => {
	test("gives the last twenty runs, newest first, and figures of those that ended by themselves", async () => {
		const runs: string[] = [];
		for (let i = 0; i < 21; i++) runs.push((await ended(i === 3 ? "failed" : i === 4 ? "cancelled" : "succeeded")).id);
		const one = await listed();
		expect(one?.recent.map(({ id }) => id)).toEqual(runs.toReversed().slice(0, 20));
		expect(one).toMatchObject({ succeeded: 19, failed: 1, tags: [], live: { number: 1 } });
		expect(one?.recent[0]).toMatchObject({ number: 1, state: "succeeded" });
	});

	test("measures the last hundred runs only, and takes the median of those that succeeded: of an even number the mean of the middle two", async () => {
		await fabricate(130, (i) => (i < 30 ? ["failed", 5] : i % 10 === 0 ? ["failed", 1] : ["succeeded", i]));
		const one = await listed();
		expect([one?.succeeded, one?.failed]).toEqual([90, 10]);
		expect(one?.median).toBe(80_000);
	});

	test("tells the newest run of a flow whose figures nobody asked for, and figures of those that are asked for", async () => {
		await fabricate(30, (i) => [i === 29 ? "failed" : "succeeded", i]);
		const whole = await listed();
		const bare = (await api.flows.list.query({ measured: 0 })).flows.find(({ name }) => name === flow);
		expect(bare).toEqual({ ...whole, measured: false, recent: whole?.recent.slice(0, 1), succeeded: 0, failed: 0, median: null });
		expect((await api.flows.list.query({ ids: [place.flowId] })).flows).toEqual([whole]);
		const { flows } = await api.flows.list.query({ measured: 1 });
		expect(flows.map(({ measured }) => measured).slice(0, 2)).toEqual([true, ...flows.slice(1, 2).map(() => false)]);
		expect(flows.map(({ name }) => name)).toEqual((await api.flows.list.query({})).flows.map(({ name }) => name));
	});

	test("a flow that never ran has neither runs nor figures", async () => {
		expect(await listed()).toMatchObject({ recent: [], succeeded: 0, failed: 0, median: null });
	});

	test("reads each flow's own runs by their index", async () => {
		await fabricate(3_000, () => ["succeeded", 1]);
		// Of thirty flows, and most of them parts: where one has nearly all runs, any index that is in order does.
		await system.query(
			"UPDATE run SET flow_id = ('00000000-0000-7000-8000-' || lpad((abs(hashtext(id::text)) % 30)::text, 12, '0'))::uuid, step = CASE WHEN extract(epoch FROM queued_at)::bigint % 10 <> 0 THEN 'part' END WHERE flow_id = $1",
			[place.flowId],
		);
		const owner = new pg.Client({ connectionString: at.databaseUrl });
		await owner.connect();
		await owner.query("ANALYZE run");
		await owner.end();
		const { rows: plan } = await system.query<{ "QUERY PLAN": string }>(
			`EXPLAIN SELECT r.n FROM flow f CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT id, state FROM run r WHERE flow_id = f.id AND ${OWN} ORDER BY id DESC LIMIT 100) y) r`,
		);
		const partition = new Date(Date.now() - 20 * 3_600_000).toISOString().slice(0, 7).replace("-", "_");
		const told = plan.map((row) => row["QUERY PLAN"]).join("\n");
		// Of two on the same columns, the later one.
		expect(told).toContain(`run_${partition}_flow_id_id_idx1`);
		expect(told).not.toContain(`Seq Scan on run_${partition}`);
	});
});

const timeOf = (id: string | undefined): string => new Date(uuidTime(id ?? "")).toISOString();

/** Runs that ended long ago, by SQL alone, a second apart. @param of state and seconds */
async function fabricate(count: number, of: (i: number) => [string, number]): Promise<void> {
	const states = Array.from({ length: count }, (_, i) => of(i));
	const start = Date.now() - 20 * 3_600_000;
	const ids = states.map((_, i) => uuidv7(start + i * 1_000));
	await system.query(
		`INSERT INTO run (id, workspace_id, flow_id, version_id, pool_id, state, created_by, logical_date, rank, queued_at, started_at, finished_at)
			SELECT id, $2, $3, $4, $5, state, 'test', tg_now(), 0, at, at, at + make_interval(secs => took)
			FROM unnest($1::uuid[], $6::text[], $7::float8[], $8::timestamptz[]) AS t(id, state, took, at)`,
		[
			ids,
			place.workspaceId,
			place.flowId,
			place.versionId,
			place.poolId,
			states.map(([state]) => state),
			states.map(([, took]) => took),
			ids.map(timeOf),
		],
	);
}

test("runs of hooks, and of a task that is done elsewhere, say nothing of how their flow goes, and are found by who asks for all", async () => {
	const own = await ended("succeeded", [{ fn: "load", state: "succeeded" }], ["metrics"]);
	const [hook, step] = [await ended("failed", [], ["metrics"]), await ended("failed")];
	await system.query("UPDATE run SET hook = 'failure' WHERE id = $1", [hook.id]);
	await system.query("UPDATE run SET step = 'train' WHERE id = $1", [step.id]);
	expect(await listed()).toMatchObject({ succeeded: 1, failed: 0, recent: [{ id: own.id }] });
	expect((await api.flows.list.query({ measured: 0 })).flows.find(({ name }) => name === flow)?.recent.map(({ id }) => id)).toEqual([own.id]);
	expect((await api.flows.get.query({ flow })).runs).toBe(1);
	expect((await api.flows.grid.query({ flow })).runs.map(({ id }) => id)).toEqual([own.id]);
	expect((await api.flows.metrics.query({ flow })).runs.map(({ run }) => run)).toEqual([own.id]);
	const ids = async (filter: { own?: boolean }) => (await api.runs.list.query({ flow, ...filter })).runs.map(({ id }) => id);
	expect(await ids({ own: true })).toEqual([own.id]);
	expect(await ids({})).toEqual([step.id, hook.id, own.id]);
});

describe("tags", () => {
	test("are kept sorted, each word once whatever its case, and audited when they change", async () => {
		expect((await api.flows.setTags.mutate({ flow, tags: [" nightly ", "ML", "ml", "größe"] })).tags).toEqual(["größe", "ML", "nightly"]);
		await api.flows.setTags.mutate({ flow, tags: ["ML", "nightly", "größe"] });
		expect((await api.flows.get.query({ flow })).tags).toEqual(["größe", "ML", "nightly"]);
		expect((await listed())?.tags).toEqual(["größe", "ML", "nightly"]);
		const told = await rows<{ data: unknown }>("SELECT data FROM audit WHERE action = 'flow.tag' AND target = $1", [flow]);
		expect(told).toEqual([{ data: { tags: "größe, ML, nightly" } }]);
	});

	test.each([
		["eleven", Array.from({ length: 11 }, (_, i) => `t${i}`)],
		["an empty one", [" "]],
		["51 characters", ["a".repeat(51)]],
		["a comma", ["a,b"]],
		["HTML", ["<b>"]],
		["a mark that turns text around", ["a\u202eb"]],
		["a line break", ["a\nb"]],
	])("refuse %s", async (_what, tags) => {
		await expect(api.flows.setTags.mutate({ flow, tags })).rejects.toThrow(/tag|letters|small|at least/i);
		expect((await api.flows.get.query({ flow })).tags).toEqual([]);
	});

	test("want the right to organize", async () => {
		for (const [scope, may] of [
			["read", false],
			["run", false],
			["deploy", true],
		] as const) {
			await system.query("UPDATE api_key SET scope = $2 WHERE workspace_id = $1", [at.b.workspaceId, scope]);
			const { forgetCallers } = await import("../../server/callers.ts");
			forgetCallers();
			const other = clientOf(at.url, at.b.key).api;
			// Refused before the flow, which is not there, is looked for.
			await expect(other.flows.setTags.mutate({ flow, tags: [] })).rejects.toThrow(may ? "There is no flow" : "does not include");
		}
	});
});

describe("the grid", () => {
	test("counts a function's calls by state, and names the one that wants attention", async () => {
		const map = "f".repeat(32);
		const { id } = await ended("failed", [
			{ fn: "load", state: "succeeded" },
			{ fn: "train", state: "succeeded", map, index: 0 },
			{ fn: "train", state: "failed", map, index: 1, attempt: 3 },
			{ fn: "train", state: "succeeded", map, index: 2 },
		]);
		const { runs, cells, more } = await api.flows.grid.query({ flow });
		expect(runs.map((run) => [run.id, run.state, run.number])).toEqual([[id, "failed", 1]]);
		expect(more).toBe(0);
		const by = Object.fromEntries(cells.map((cell) => [cell.fn, cell]));
		expect(by.load).toMatchObject({ run: id, states: { succeeded: 1 }, task: "0".repeat(32), attempt: 1 });
		expect(by.train).toMatchObject({ states: { succeeded: 2, failed: 1 }, task: "2".padStart(32, "0"), attempt: 3 });
		expect(by.load?.first).toBeLessThan(by.train?.first ?? 0);
	});

	test("holds as many of the last runs as were asked for, newest first", async () => {
		const ids = [];
		for (let i = 0; i < 4; i++) ids.push((await ended("succeeded", [{ fn: `task_${i}`, state: "succeeded" }])).id);
		const { runs, cells } = await api.flows.grid.query({ flow, limit: 3 });
		expect(runs.map((run) => run.id)).toEqual(ids.toReversed().slice(0, 3));
		expect(cells.map((cell) => cell.fn).sort()).toEqual(["task_1", "task_2", "task_3"]);
	});

	test("stops at a hundred functions and says how many are left out", async () => {
		await ended(
			"succeeded",
			Array.from({ length: 130 }, (_, i) => ({ fn: `f${i}`, state: "succeeded" as const })),
		);
		const { cells, more } = await api.flows.grid.query({ flow });
		expect([cells.length, more]).toEqual([100, 30]);
		expect(cells.map((cell) => cell.fn)).toContain("f0");
	});
});

describe("metrics", () => {
	test("come sealed with their bodies, run by run, a page of twenty at a time", async () => {
		const made = [];
		for (let i = 0; i < 22; i++) made.push(await ended("succeeded", [], i % 2 ? ["metrics", "table"] : []));
		const first = await api.flows.metrics.query({ flow });
		expect(first.runs.map((run) => run.run)).toEqual(
			made
				.map(({ id }) => id)
				.toReversed()
				.slice(0, 20),
		);
		expect(first.runs[0]?.artifacts).toMatchObject([{ id: made[21]?.artifacts[0], execution: 1, size: 10, pieces: [{ start: 0 }] }]);
		expect(Buffer.from(first.runs[0]?.artifacts[0]?.pieces?.[0]?.sealed ?? "", "base64url")).toEqual(sealed);
		expect(first.runs[1]?.artifacts).toEqual([]);
		const second = await api.flows.metrics.query({ flow, before: first.next ?? undefined });
		expect(second.runs.map((run) => run.run)).toEqual(
			made
				.map(({ id }) => id)
				.toReversed()
				.slice(20),
		);
		expect(second.next).toBeNull();
	});

	test("of more than 64 KiB come without a body, and of one run the newest twenty", async () => {
		await ended("succeeded", [], Array(25).fill("metrics"));
		await ended("succeeded", [], ["metrics"], 64 * 1024 + 1);
		const { runs } = await api.flows.metrics.query({ flow });
		expect(runs.map(({ artifacts }) => artifacts.length)).toEqual([1, 20]);
		expect(runs[0]?.artifacts[0]?.pieces).toBeNull();
		expect(runs[1]?.artifacts[0]?.pieces).toHaveLength(1);
	});
});

describe("pins", () => {
	test("come with the heads of newer artifacts of their kind, newest first", async () => {
		const first = await ended("succeeded", [], ["table", "metrics"]);
		const run = { run: first.id, artifact: first.artifacts[0] as string };
		await api.flows.pin.mutate(run);
		await api.flows.pin.mutate(run);
		const second = await ended("succeeded", [], ["table"]);
		const { pins, candidates } = await api.flows.pins.query({ flow });
		expect(pins.map(({ artifact }) => [artifact.id, artifact.kind, artifact.run.id])).toEqual([[run.artifact, "table", first.id]]);
		expect(candidates.map(({ id }) => id)).toEqual([second.artifacts[0], run.artifact]);
		expect((await api.flows.get.query({ flow })).pins).toBe(1);
		await api.flows.unpin.mutate(run);
		await api.flows.unpin.mutate(run);
		expect(await api.flows.pins.query({ flow })).toEqual({ pins: [], candidates: [] });
		const told = await rows<{ action: string }>("SELECT action FROM audit WHERE target = $1 AND action LIKE 'flow.%pin' ORDER BY id", [flow]);
		expect(told.map(({ action }) => action)).toEqual(["flow.pin", "flow.unpin"]);
	});

	test("are at most twelve, however many come at once", async () => {
		const { id, artifacts } = await ended("succeeded", [], Array(14).fill("table"));
		const outcomes = await Promise.allSettled(artifacts.map((artifact) => clientOf(at.url, at.a.key).api.flows.pin.mutate({ run: id, artifact })));
		expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(12);
		expect((await api.flows.pins.query({ flow })).pins).toHaveLength(12);
	});

	test("of what is not there are refused", async () => {
		const { id } = await ended("succeeded", [], ["table"]);
		await expect(api.flows.pin.mutate({ run: id, artifact: uuidv7() })).rejects.toThrow("There is no artifact");
	});
});

describe("runs by time", () => {
	test("a stretch of time holds the runs that were queued in it: the first instant is in it, the last is not", async () => {
		await fabricate(10, () => ["succeeded", 1]);
		const all = (await api.runs.list.query({ flow })).runs.map(({ id }) => id);
		const { runs } = await api.runs.list.query({ flow, from: timeOf(all[6]), to: timeOf(all[3]) });
		expect(runs.map(({ id }) => id)).toEqual(all.slice(4, 7));
		expect((await api.runs.list.query({ flow, within: 3_600 })).runs).toEqual([]);
		expect((await api.runs.list.query({ flow, within: 86_400 })).runs).toHaveLength(10);
		await expect(api.runs.list.query({ flow, from: "yesterday" })).rejects.toThrow("from");
	});

	test("bounds are looked up in the index, once", async () => {
		const { rows: plan } = await system.query<{ "QUERY PLAN": string }>(
			"EXPLAIN SELECT id FROM run WHERE flow_id = $1 AND id >= (SELECT tg_first_id(tg_now() - make_interval(secs => $2))) ORDER BY id DESC LIMIT 50",
			[place.flowId, 3_600],
		);
		expect(plan.map((row) => row["QUERY PLAN"]).join("\n")).toMatch(/Index Cond: .*flow_id = .*id >= /);
	});
});
