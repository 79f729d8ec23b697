import { randomBytes, randomUUID } from "node:crypto";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import type { Finish, Segment } from "tidegate/protocol/wire.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { answers } from "../../../gateway/children.ts";
import { system, tenant } from "../../../server/db.ts";
import {
	type Agent,
	asker,
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
	sealed,
	segment,
	standingOf,
} from "../fixture.ts";
import { Sweep } from "../sweep.ts";
import { type Claimed, claim } from "./claim.ts";
import { pauseRun, resumeRun } from "./control.ts";
import { createChild, standParent } from "./line.ts";
import { answerRun, sendEvent } from "./waiting.ts";

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

const hex = (bytes: number): string => randomBytes(bytes).toString("hex");
const STORE = "00112233445566aa";
type Wait = Extract<Segment["events"][number], { type: "wait" }>;
const wait = (kind: Wait["kind"], given: Partial<Wait> = {}): Wait => ({
	...{ type: "wait", at: new Date().toISOString(), task: hex(16), kind, due: null, event: null, child: null, sealed: 0 },
	...given,
});
const person = (name = "ada") => ({ workspace: { id: place.workspaceId }, actor: name });
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
const claimWith = async (stores: string[], of = agent): Promise<Claimed | undefined> => (await claim(place.poolId, [{ ...asker(of, 1), stores }]))[0];

/** Tells the waits, and suspends on them. */
async function suspend(one: Claimed, waits: Wait[], mode: Finish["mode"] = "all"): Promise<void> {
	const end: Finish = { ...finish("suspended"), waits: waits.map(({ task }) => task), mode };
	await report(place, agent, [item(one, { segments: [segment({ stream: "events.1", events: waits })], finish: end })]);
}
async function runThatWaits(waits: Wait[], mode: Finish["mode"] = "all"): Promise<string> {
	const run = await queueRun(place);
	await suspend((await claimWith([STORE])) as Claimed, waits, mode);
	return run;
}
const answer = (run: string, of: Wait, by = "ada") =>
	system.transaction((tx) => answerRun(tx, { ...person(by), run, task: of.task, answer: sealed }));
const columnsOf = async (run: string) => (await rows<Record<string, unknown>>("SELECT * FROM run WHERE id = $1", [run]))[0];

describe("a run that suspended", () => {
	test("waits without an entry or an execution, and goes on with its attempt once it is answered, with its old rank", async () => {
		const approval = wait("approval");
		const run = await runThatWaits([approval]);
		const before = await columnsOf(run);
		expect(await standingOf(run)).toMatchObject({ state: "waiting", outcomes: ["suspended"], queued: false, attempts: [null] });
		expect(before).toMatchObject({ waiting_for: "approval", needs: 1, store: STORE });
		expect(await answer(run, approval)).toEqual({ state: "queued" });
		expect(await standingOf(run)).toMatchObject({ state: "queued", queued: true, attempt: 1 });
		expect((await columnsOf(run))?.rank).toBe(before?.rank);
		const again = await claimWith([STORE]);
		expect(again).toMatchObject({ run, execution: 2, attempt: 1, store: STORE });
		expect(again?.answered).toBeGreaterThan(0);
	});
	test("of two who answer at once one wins, and the other is told who", async () => {
		const approval = wait("approval");
		const run = await runThatWaits([approval]);
		const both = await Promise.allSettled([answer(run, approval, "ada"), answer(run, approval, "bob")]);
		const won = both.findIndex((each) => each.status === "fulfilled");
		const other = both[1 - won] as PromiseRejectedResult;
		expect(other.reason).toMatchObject({ reason: "answered_already", message: expect.stringContaining(won === 0 ? "ada" : "bob") });
		expect(await rows("SELECT FROM event WHERE run_id = $1 AND type = 'answered'", [run])).toHaveLength(1);
		expect(await rows("SELECT actor FROM audit WHERE target = $1 AND action = 'run.answer'", [run])).toEqual([{ actor: won === 0 ? "ada" : "bob" }]);
	});
	test("is told what is wrong: no such question, one that was none, a run that ended", async () => {
		const [approval, event] = [wait("approval"), wait("event", { event: hex(32) })];
		const run = await runThatWaits([approval, event]);
		await expect(answer(run, wait("approval"))).rejects.toMatchObject({ reason: "unknown_wait" });
		await expect(answer(run, event)).rejects.toMatchObject({ reason: "unknown_wait" });
		await expect(answer(uuidv7(), approval)).rejects.toMatchObject({ reason: "unknown_run" });
		await cancelled(place, run);
		await expect(answer(run, approval)).rejects.toMatchObject({ reason: "run_ended", message: expect.stringContaining("cancelled") });
		expect(await sendEvent(tenant(place), place.workspaceId, event.event as string, sealed, "ada")).toBe(0);
		expect(await rows("SELECT state FROM wait WHERE run_id = $1 AND state <> 'closed'", [run])).toEqual([]);
	});
	test("goes on when all have come, or any, as it said; a time by the sweep, an event for each who waits for it", async () => {
		const event = hex(32);
		const make = () => [wait("time", { due: inSeconds(60) }), wait("event", { event })];
		const [all, any] = [await runThatWaits(make()), await runThatWaits(make(), "any")];
		expect(await sendEvent(tenant(place), place.workspaceId, event, sealed, "ada")).toBe(2);
		expect(await standingOf(any)).toMatchObject({ state: "queued" });
		expect(await standingOf(all)).toMatchObject({ state: "waiting" });
		await sweep.tick();
		expect(await standingOf(all)).toMatchObject({ state: "waiting" });
		await moveClock(61);
		await sweep.tick();
		expect(await standingOf(all)).toMatchObject({ state: "queued" });
		expect(await rows("SELECT kind, state FROM wait WHERE run_id = $1 ORDER BY kind", [all])).toEqual([
			{ kind: "event", state: "answered" },
			{ kind: "time", state: "due" },
		]);
	});
	test("a question whose deadline passes is answered by that, and by nobody after", async () => {
		const approval = wait("approval", { due: inSeconds(60) });
		const run = await runThatWaits([approval]);
		await moveClock(61);
		await sweep.tick();
		expect(await standingOf(run)).toMatchObject({ state: "queued" });
		await expect(answer(run, approval)).rejects.toMatchObject({ reason: "answered_already", message: expect.stringContaining("deadline") });
	});
	test("an answer that came before it suspended queues it at once", async () => {
		const approval = wait("approval");
		const run = await queueRun(place);
		const one = await claimOne(place, agent);
		const told = await report(place, agent, [item(one, { segments: [segment({ stream: "events.1", events: [approval] })] })]);
		expect(told.news).toEqual([]);
		await answer(run, approval);
		const heard = await report(place, agent, [item(one)]);
		expect(heard.news).toMatchObject([{ run, execution: 1, paused: false }]);
		await report(place, agent, [item(one, { finish: { ...finish("suspended"), waits: [approval.task] } })]);
		expect(await standingOf(run)).toMatchObject({ state: "queued", outcomes: ["suspended"] });
	});
	test("is given only to agents that reach its store, and what is bound to none to anybody", async () => {
		const approval = wait("approval");
		const run = await runThatWaits([approval]);
		await answer(run, approval);
		const free = await queueRun(place);
		const other = await makeAgent(place);
		expect(await claimWith(["ffffffffffffffff"], other)).toMatchObject({ run: free });
		expect(await claimWith([], other)).toBeUndefined();
		expect(await claimWith(["ffffffffffffffff", STORE], other)).toMatchObject({ run, store: STORE });
	});
	test("goes on from scratch on any agent where somebody says so", async () => {
		const approval = wait("approval");
		const run = await runThatWaits([approval]);
		await answer(run, approval);
		const other = await makeAgent(place);
		expect(await claimWith([], other)).toBeUndefined();
		await tenant(place).transaction((tx) => resumeRun(tx, person(), run, true));
		expect(await claimWith([], other)).toMatchObject({ run });
	});
});

describe("a failed attempt that asks for another", () => {
	test("waits for its time, keeps each attempt's outcome, and is claimed as the next", async () => {
		const run = await queueRun(place);
		await report(place, agent, [item(await claimOne(place, agent), { finish: { ...finish("failed"), retryAfter: 30 } })]);
		expect(await standingOf(run)).toMatchObject({ state: "waiting", attempt: 2, attempts: ["failed", null], outcomes: ["failed"] });
		await sweep.tick();
		expect(await standingOf(run)).toMatchObject({ state: "waiting" });
		await moveClock(31);
		await sweep.tick();
		const next = await claimOne(place, agent);
		expect(next).toMatchObject({ run, attempt: 2, execution: 2 });
		await report(place, agent, [item(next, { finish: finish("timed_out") })]);
		expect(await standingOf(run)).toMatchObject({ state: "failed", attempts: ["failed", "timed_out"], outcomes: ["failed", "timed_out"] });
	});
});

test("a next attempt goes where the one before left its checkpoints", async () => {
	const run = await queueRun(place);
	await report(place, agent, [item((await claimWith([STORE])) as Claimed, { finish: { ...finish("failed"), retryAfter: 0 } })]);
	const other = await makeAgent(place, "other");
	expect(await claimWith(["ffffffffffffffff"], other)).toBeUndefined();
	expect(await claimWith([STORE])).toMatchObject({ run, attempt: 2, store: STORE });
});

describe("a pause", () => {
	test("is told to the agent, held when the process has suspended, and resumed", async () => {
		const run = await queueRun(place);
		const one = await claimOne(place, agent);
		await tenant(place).transaction((tx) => pauseRun(tx, person(), run));
		expect((await report(place, agent, [item(one)])).news).toMatchObject([{ run, execution: 1, paused: true }]);
		await suspend(one, []);
		expect(await standingOf(run)).toMatchObject({ state: "held", queued: false });
		await tenant(place).transaction((tx) => resumeRun(tx, person(), run, false));
		expect(await standingOf(run)).toMatchObject({ state: "queued", queued: true });
		await expect(tenant(place).transaction((tx) => resumeRun(tx, person(), run, false))).rejects.toMatchObject({ reason: "conflict" });
	});
});

describe("children", () => {
	const request = (one: Claimed, task = hex(16)) => ({
		...{ run: one.run, execution: one.execution, token: one.token, task, id: uuidv7(), flow: "penguins", pool: null, labels: {}, detached: false },
		...{ version: null, step: null, parameters: null },
	});
	const make = (asked: ReturnType<typeof request>) =>
		tenant(place).transaction(async (tx) => {
			const parent = await standParent(tx, { agent: agent.id, session: agent.session }, asked);
			const { workspaceId, flowId, versionId, poolId } = place;
			return createChild(tx, parent, asked, { id: asked.id, workspaceId, flowId, versionId, poolId, parameters: null, labels: {}, createdBy: "" });
		});
	async function parentWithChild(detached = false) {
		const run = await queueRun(place);
		const parent = await claimOne(place, agent);
		const asked = { ...request(parent), detached };
		await make(asked);
		return { run, parent, asked };
	}

	test("answer their parent in their own last transaction, whether it suspended or not", async () => {
		const { run, parent, asked } = await parentWithChild();
		await suspend(parent, [wait("child", { task: asked.task, child: asked.id })]);
		expect(await standingOf(run)).toMatchObject({ state: "waiting" });
		const child = await claimOne(place, agent);
		expect(child).toMatchObject({ run: asked.id, parent: run });
		await report(place, agent, [item(child, { finish: finish("succeeded") })]);
		expect(await standingOf(run)).toMatchObject({ state: "queued" });
		expect(await rows("SELECT state FROM wait WHERE run_id = $1", [run])).toEqual([{ state: "answered" }]);
	});
	test("that ended before the parent told that it waits are an answer at once", async () => {
		const { run, parent, asked } = await parentWithChild();
		await report(place, agent, [item(await claimOne(place, agent), { finish: finish("failed") })]);
		await suspend(parent, [wait("child", { task: asked.task, child: asked.id })]);
		expect(await standingOf(run)).toMatchObject({ state: "queued" });
		expect(await rows("SELECT state FROM wait WHERE run_id = $1", [run])).toEqual([{ state: "failed" }]);
	});
	test("asked for again by another id, as a process with another store does, are the one there is: its end answers", async () => {
		const { run, parent, asked } = await parentWithChild();
		await report(place, agent, [item(await claimOne(place, agent), { finish: finish("succeeded") })]);
		const another = uuidv7();
		await suspend(parent, [wait("child", { task: asked.task, child: another })]);
		expect(await standingOf(run)).toMatchObject({ state: "queued" });
		const { execution, token } = await claimOne(place, agent);
		const who = { ...place, agent: agent.id, pool: place.poolId, session: agent.session };
		const told = await answers(who, { run, execution, token, after: 0 });
		expect(told.header.answers).toMatchObject([{ task: asked.task, state: "answered", child: { run: asked.id, state: "succeeded" } }]);
	});
	test("end with their parent's cancel, the detached ones aside", async () => {
		const { run, parent, asked } = await parentWithChild();
		const other = { ...request(parent), detached: true };
		await make(other);
		await cancelled(place, run);
		await sweep.tick();
		expect(await standingOf(asked.id)).toMatchObject({ state: "cancelled" });
		expect(await standingOf(other.id)).toMatchObject({ state: "queued" });
		await sweep.tick();
		expect(await columnsOf(run)).toMatchObject({ orphaning: false, children: 2 });
		await expect(make(request(parent))).rejects.toMatchObject({ reason: "conflict" });
	});
	test("lie at most 16 deep: flows that call each other in a circle end there", async () => {
		const { parent, asked } = await parentWithChild();
		await rows("UPDATE run SET depth = 15 WHERE id = $1", [parent.run]);
		expect(await make(request(parent))).toEqual({ depth: 16 });
		await rows("UPDATE run SET depth = 16 WHERE id = $1", [parent.run]);
		await expect(make(request(parent))).rejects.toMatchObject({ reason: "too_deep", message: expect.stringContaining("circle") });
		await expect(make({ ...request(parent), token: "0".repeat(32) })).rejects.toMatchObject({ reason: "conflict" });
		expect(asked.id).toBeTruthy();
	});
});

describe("hooks", () => {
	test("follow an end in its transaction, whoever ended the run, once, and change nothing of it", async () => {
		await rows("UPDATE version SET hooks = '{failure,cancel}' WHERE id = $1", [place.versionId]);
		const [failed, lost, done] = [await queueRun(place), await queueRun(place), await queueRun(place)];
		await report(place, agent, [item(await claimOne(place, agent), { finish: finish("failed") })]);
		await cancelled(place, lost);
		await report(place, agent, [item(await claimOne(place, agent), { finish: finish("succeeded") })]);
		expect(
			await rows("SELECT parent_id, hook, state FROM run WHERE hook IS NOT NULL AND workspace_id = $1 ORDER BY id", [place.workspaceId]),
		).toEqual([
			{ parent_id: failed, hook: "failure", state: "queued" },
			{ parent_id: lost, hook: "cancel", state: "queued" },
		]);
		const hook = await claimOne(place, agent);
		expect(hook).toMatchObject({ parent: failed, hook: "failure" });
		await report(place, agent, [item(hook, { finish: finish("failed") })]);
		expect(await standingOf(failed)).toMatchObject({ state: "failed" });
		expect(await rows("SELECT FROM run WHERE parent_id = $1", [hook.run])).toEqual([]);
		expect(await standingOf(done)).toMatchObject({ state: "succeeded" });
	});
});

test("a run that waits in the queue for longer than its flow lets it fails, and says so", async () => {
	place = await makePlace(randomUUID(), 300);
	agent = await makeAgent(place);
	await rows("UPDATE version SET queue_timeout = 60 WHERE id = $1", [place.versionId]);
	const [late, taken] = [await queueRun(place), await queueRun(place)];
	await rows("UPDATE queue_entry SET rank = 0 WHERE run_id = $1", [taken]);
	const one = await claimOne(place, agent);
	expect(one.run).toBe(taken);
	await report(place, agent, [item(one)]);
	await moveClock(61);
	await sweep.tick();
	expect(await standingOf(late)).toMatchObject({ state: "failed", attempts: ["timed_out"], queued: false });
	expect(await standingOf(taken)).toMatchObject({ state: "running" });
});
