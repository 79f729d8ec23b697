import { randomBytes } from "node:crypto";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { type ControlPlane, clientOf, fill, reasonOf, startControlPlane, type World } from "../../fixture.ts";
import { presence } from "../agents/presence.ts";
import { type Agent, claimOne, finish, item, makeAgent, queueRun, report, rows, sealed, segment, standingOf } from "./fixture.ts";

let at: ControlPlane;
let world: World;
let agent: Agent;
let api: ReturnType<typeof clientOf>["api"];
const text = Buffer.from(sealed).toString("base64url");
const hex = (bytes: number): string => randomBytes(bytes).toString("hex");

beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
	world = await fill(at, at.a);
	api = clientOf(at.url, at.a.key).api;
	agent = await makeAgent(world.place);
});
afterAll(() => at.end());
beforeEach(async () => {
	for (const { id } of await rows<{ id: string }>("SELECT id FROM run WHERE state = 'queued' AND workspace_id = $1", [at.a.workspaceId]))
		await api.runs.cancel.mutate({ id });
});

/** A run that suspended on these, and its tasks. */
async function waiting(kind: "approval" | "event", event: string | null = null): Promise<{ run: string; task: string }> {
	const run = await queueRun(world.place);
	const task = hex(16);
	const told = { type: "wait" as const, at: new Date().toISOString(), task, kind, due: null, event, child: null, sealed: 0 };
	const end = { ...finish("suspended"), waits: [task] };
	await report(world.place, agent, [
		item(await claimOne(world.place, agent), { segments: [segment({ stream: "events.1", events: [told] })], finish: end }),
	]);
	return { run, task };
}
async function failed(): Promise<{ run: string; task: string }> {
	const run = await queueRun(world.place);
	const task = hex(16);
	const told = {
		type: "task" as const,
		at: new Date().toISOString(),
		task,
		fn: "train",
		index: null,
		map: null,
		state: "failed" as const,
		attempt: 1,
		parents: [],
		sealed: null,
	};
	await report(world.place, agent, [
		item(await claimOne(world.place, agent), { segments: [segment({ stream: "events.1", events: [told] })], finish: finish("failed") }),
	]);
	return { run, task };
}

describe("waits", () => {
	test("are listed while they are open, with their sealed question, and answered by who may run flows", async () => {
		const [one, two] = [await waiting("approval"), await waiting("approval")];
		const first = await api.runs.waits.query({ kind: "approval", limit: 1 });
		expect(first.waits).toMatchObject([
			{ run: two.run, task: two.task, kind: "approval", flow: world.flow, number: 1, state: "waiting", sealed: text },
		]);
		expect((await api.runs.waits.query({ kind: "approval", cursor: first.next as string })).waits).toMatchObject([{ run: one.run }]);
		const { key } = await api.keys.create.mutate({ name: "reader", scope: "read" });
		const reader = clientOf(at.url, key).api;
		expect((await reader.runs.waits.query({ run: one.run })).waits).toHaveLength(1);
		expect(await reasonOf(reader.runs.answer.mutate({ id: one.run, task: one.task, answer: text }))).toBe("forbidden");
		expect(await api.runs.answer.mutate({ id: one.run, task: one.task, answer: text })).toEqual({ state: "queued" });
		expect(await reasonOf(api.runs.answer.mutate({ id: one.run, task: one.task, answer: text }))).toBe("answered_already");
		expect((await api.runs.waits.query({ run: one.run })).waits).toEqual([]);
		const { kin, run } = await api.runs.get.query({ id: one.run });
		expect(kin.waits).toMatchObject([{ task: one.task, state: "answered", answer: text }]);
		expect(run).toMatchObject({ state: "queued", waitingFor: null });
		expect(await reasonOf(api.runs.answer.mutate({ id: two.run, task: two.task, answer: "AAAA" }))).toBe("bad_request");
	});
	test("an event says how many waited; sent to a run that ended it says so", async () => {
		const event = hex(32);
		const [one, two] = [await waiting("event", event), await waiting("event", event)];
		expect(await api.events.send.mutate({ event, value: text })).toEqual({ waited: 2 });
		expect(await api.events.send.mutate({ event, value: text })).toEqual({ waited: 0 });
		expect(await reasonOf(api.events.send.mutate({ event, run: one.run }))).toBe("unknown_wait");
		await api.runs.cancel.mutate({ id: two.run });
		expect(await reasonOf(api.events.send.mutate({ event, run: two.run }))).toBe("run_ended");
		expect(await reasonOf(api.events.send.mutate({ event, run: uuidv7() }))).toBe("unknown_run");
	});
});

describe("a relaunch", () => {
	test("goes on from an ended run, once at a time: of two the other is told who", async () => {
		const { run } = await failed();
		const both = await Promise.allSettled([1, 2].map(() => api.runs.trigger.mutate({ flow: world.flow, resumes: { run }, refresh: true })));
		const [won] = both.filter((each) => each.status === "fulfilled").map((each) => each.value);
		const [lost] = both.filter((each) => each.status === "rejected").map((each) => each.reason);
		expect(lost).toMatchObject({ data: { reason: "resumed_already" }, message: expect.stringContaining(won?.id as string) });
		const { run: again, kin } = await api.runs.get.query({ id: won?.id as string });
		expect(again).toMatchObject({ resumes: run, state: "queued" });
		expect(kin).toMatchObject({ resumes: { run, changed: "rerun", from: null }, refresh: true });
		expect((await api.runs.get.query({ id: run })).kin.resumedBy).toMatchObject([{ id: won?.id }]);
		expect(await claimOne(world.place, agent)).toMatchObject({ run: won?.id, resumes: run, refresh: true });
	});
	test("goes to the pool of the run that it resumes, whose agents reach its store, unless another is named", async () => {
		const { run } = await failed();
		await rows("UPDATE run SET pool_id = (SELECT id FROM pool WHERE name = $2 AND workspace_id = $3) WHERE id = $1", [
			run,
			world.pool,
			at.a.workspaceId,
		]);
		await rows("UPDATE execution SET store = '00112233445566aa' WHERE run_id = $1", [run]);
		const { id } = await api.runs.trigger.mutate({ flow: world.flow, resumes: { run } });
		const { run: again, kin } = await api.runs.get.query({ id });
		expect(again).toMatchObject({ pool: world.pool });
		expect(kin.store).toEqual({ id: "00112233445566aa", reachable: false, by: expect.any(String) });
		await api.runs.cancel.mutate({ id });
		const elsewhere = await api.runs.trigger.mutate({ flow: world.flow, resumes: { run }, pool: at.a.pool });
		expect((await api.runs.get.query({ id: elsewhere.id })).run).toMatchObject({ pool: at.a.pool });
	});
	test("knows whether an agent reaches its store: by what that told with its last poll, else by what it ran", async () => {
		const { run } = await failed();
		await rows("UPDATE execution SET store = '00112233445566aa' WHERE run_id = $1", [run]);
		await rows("UPDATE agent SET lease_until = tg_now() WHERE id = $1", [agent.id]);
		const { id } = await api.runs.trigger.mutate({ flow: world.flow, resumes: { run } });
		const isReachable = async () => (await api.runs.get.query({ id })).kin.store?.reachable;
		expect(await isReachable()).toBe(true);
		presence.reaches(agent.id, ["ffffffffffffffff"]);
		expect(await isReachable()).toBe(false);
		presence.reaches(agent.id, ["ffffffffffffffff", "00112233445566aa"]);
		expect(await isReachable()).toBe(true);
		// It reaches it, and takes nothing: the run waits all the same.
		await rows("UPDATE agent SET draining_at = tg_now() WHERE id = $1", [agent.id]);
		expect(await isReachable()).toBe(false);
		await rows("UPDATE agent SET draining_at = NULL WHERE id = $1", [agent.id]);
		await api.runs.cancel.mutate({ id });
	});
	test("is refused for a run that goes on, one of another flow, and none at all", async () => {
		const { run } = await waiting("approval");
		expect(await reasonOf(api.runs.trigger.mutate({ flow: world.flow, resumes: { run } }))).toBe("conflict");
		expect(await reasonOf(api.runs.trigger.mutate({ flow: world.flow, resumes: { run: uuidv7() } }))).toBe("unknown_run");
		const [part, whole] = [await failed(), await failed()];
		await rows("UPDATE run SET parent_id = $2, step = 'train' WHERE id = $1", [part.run, whole.run]);
		await expect(api.runs.trigger.mutate({ flow: world.flow, resumes: { run: part.run } })).rejects.toThrow(
			`Run ${part.run} does the task train of run ${whole.run}: relaunch that one.`,
		);
	});
	test("is refused for a run that succeeded, all whose tasks are done by this version, unless it begins at a chosen task or does without the cache", async () => {
		const { run, task } = await failed();
		await rows("UPDATE run SET state = 'succeeded' WHERE id = $1", [run]);
		await rows("UPDATE task SET state = 'succeeded' WHERE run_id = $1", [run]);
		const resume = async (from?: string, refresh = false) => {
			const { id } = await api.runs.trigger.mutate({ id: uuidv7(), flow: world.flow, resumes: { run, from }, refresh });
			await api.runs.cancel.mutate({ id });
		};
		await expect(resume()).rejects.toMatchObject({
			data: { reason: "nothing_to_resume" },
			message: `Run ${run} succeeded, so version 1 has nothing to go on with: all its tasks are done. Choose the task to begin at (--from TASK), or run the flow anew from the start.`,
		});
		await resume(text);
		await resume(undefined, true);
		await api.runs.mark.mutate({ id: run, task, state: "skipped", value: text });
		await resume();
	});
	test("finds the tasks that were marked by hand, audited, and only of runs that ended", async () => {
		const { run, task } = await failed();
		const { finishedAt } = (await api.runs.get.query({ id: run })).run;
		await api.runs.mark.mutate({ id: run, task, state: "succeeded", value: text });
		await api.runs.mark.mutate({ id: run, task, state: "skipped", value: text });
		expect((await api.runs.get.query({ id: run })).kin.marks).toMatchObject([{ task, state: "skipped", sealed: text }]);
		const on = await api.runs.trigger.mutate({ flow: world.flow, resumes: { run } });
		const mark = { run, flow: world.flow, number: 1, task, state: "skipped", by: "key key of Acme", sealed: text };
		expect((await api.runs.get.query({ id: on.id })).kin.marksBefore).toEqual([mark]);
		expect(await rows("SELECT data->>'state' AS state FROM audit WHERE action = 'run.mark' AND target = $1 ORDER BY id", [run])).toEqual([
			{ state: "succeeded" },
			{ state: "skipped" },
		]);
		expect(await standingOf(run)).toMatchObject({ state: "failed" });
		expect((await api.runs.get.query({ id: run })).run.finishedAt).toBe(finishedAt ?? "an instant");
		expect(await reasonOf(api.runs.mark.mutate({ id: run, task: hex(16), state: "skipped", value: text }))).toBe("unknown_task");
		// As many as go along with one answer.
		const full = Buffer.concat([sealed, Buffer.alloc(2 * 1024 * 1024 - 2 * sealed.length)]);
		await rows("INSERT INTO task_mark (run_id, task, workspace_id, state, sealed, by) VALUES ($1, $2, $3, 'skipped', $4, 'x')", [
			...[run, randomBytes(16), at.a.workspaceId, full],
		]);
		await api.runs.mark.mutate({ id: run, task, state: "succeeded", value: text });
		const more = Buffer.concat([sealed, Buffer.alloc(2 * sealed.length)]).toString("base64url");
		expect(await reasonOf(api.runs.mark.mutate({ id: run, task, state: "succeeded", value: more }))).toBe("too_large");
		const going = await waiting("approval");
		expect(await reasonOf(api.runs.mark.mutate({ id: going.run, task, state: "skipped", value: text }))).toBe("conflict");
	});
});

describe("many runs", () => {
	test("are cancelled where they are about as many as was said, and otherwise none of them", async () => {
		const label = { batch: hex(4) };
		const runs = await Promise.all(Array.from({ length: 12 }, () => queueRun(world.place, { labels: label })));
		const filter = { label: `batch=${label.batch}` };
		expect(await api.runs.count.query({ ...filter, states: ["queued"] })).toEqual({ count: 12 });
		const refused = api.runs.cancelMany.mutate({ ...filter, expected: 3 });
		await expect(refused).rejects.toMatchObject({ data: { reason: "count_changed" }, message: expect.stringContaining("12 runs by now, not 3") });
		expect(await api.runs.count.query({ ...filter, states: ["queued"] })).toEqual({ count: 12 });
		expect(await api.runs.cancelMany.mutate({ ...filter, expected: 11 })).toEqual({ cancelled: 12, left: 0 });
		for (const run of runs) expect(await standingOf(run)).toMatchObject({ state: "cancelled" });
		expect(await api.runs.cancelMany.mutate({ ...filter, expected: 0 })).toEqual({ cancelled: 0, left: 0 });
		// A name that a script forgot to fill in is no filter for all.
		expect(await reasonOf(api.runs.cancelMany.mutate({ label: "", expected: 0 }))).toBe("bad_request");
	});
	test("pause and resume tell what they did, and what there is nothing to do about", async () => {
		const run = await queueRun(world.place);
		expect(await api.runs.pause.mutate({ id: run })).toEqual({ id: run, state: "held" });
		expect(await api.runs.pause.mutate({ id: run })).toEqual({ id: run, state: "held" });
		expect(await api.runs.resume.mutate({ id: run })).toEqual({ id: run, state: "queued" });
		expect(await reasonOf(api.runs.resume.mutate({ id: run }))).toBe("conflict");
		await api.runs.cancel.mutate({ id: run });
		expect(await reasonOf(api.runs.pause.mutate({ id: run }))).toBe("run_ended");
		expect(await reasonOf(api.runs.resume.mutate({ id: run }))).toBe("run_ended");
		// From scratch, too, where there is nothing to begin: neither done nor noted.
		expect(await reasonOf(api.runs.resume.mutate({ id: run, scratch: true }))).toBe("run_ended");
		expect(await rows("SELECT action FROM audit WHERE target = $1 AND action = 'run.resume'", [run])).toHaveLength(1);
	});
});

test("who asks for the same without end is told to wait, so that nobody fills the log of what was done", async () => {
	const { key } = await api.keys.create.mutate({ name: "restless" });
	const body = JSON.stringify({ flow: world.flow, expected: 0 });
	const init = { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body };
	const asked = Array.from({ length: 80 }, async () => (await fetch(`${at.url}/trpc/runs.cancelMany`, init)).status);
	expect(new Set(await Promise.all(asked))).toEqual(new Set([200, 429]));
	// Others go on.
	expect(await api.runs.cancelMany.mutate({ label: "none", expected: 0 })).toEqual({ cancelled: 0, left: 0 });
});

test("a run whose agent told more than a server can hold is answered within bounds, with everything but the contents past them", async () => {
	const run = await queueRun(world.place);
	await claimOne(world.place, agent);
	const large = Buffer.concat([sealed, Buffer.alloc(256 * 1024)]);
	const many = (insert: string) => rows(insert, [run, at.a.workspaceId, large]);
	await many(
		`INSERT INTO wait (run_id, task, workspace_id, execution, kind, sealed, answer, at) SELECT $1, decode(lpad(to_hex(n), 32, '0'), 'hex'), $2, 1, 'approval', $3, $3, tg_now() FROM generate_series(1, 100) n`,
	);
	await many(
		`INSERT INTO task (run_id, id, workspace_id, execution, fn, attempt, state, first_seq, sealed) SELECT $1, decode(lpad(to_hex(n), 32, '0'), 'hex'), $2, 1, 'f', 1, 'running', n, $3 FROM generate_series(1, 100) n`,
	);
	await many(
		`INSERT INTO task_mark (run_id, task, workspace_id, state, sealed, by) SELECT $1, decode(lpad(to_hex(n), 32, '0'), 'hex'), $2, 'skipped', $3, 'x' FROM generate_series(1, 100) n`,
	);
	await many(
		`INSERT INTO artifact (run_id, id, workspace_id, execution, kind, size, at, sealed) SELECT $1, gen_random_uuid(), $2, 1, 'table', 1, tg_now(), $3 FROM generate_series(1, 100) n`,
	);
	await rows("UPDATE execution SET error = $2, result = $2, finish = $2 WHERE run_id = $1", [run, large]);
	const told = await api.runs.get.query({ id: run });
	expect(JSON.stringify(told).length).toBeLessThan(60 * 1024 * 1024);
	expect(told.tasks).toHaveLength(100);
	expect(told.tasks[0]?.sealed).not.toBeNull();
	expect(told.tasks[99]?.sealed).toBeNull();
	for (const [kind, count] of Object.entries({ waits: told.kin.waits.length, marks: told.kin.marks.length, artifacts: told.artifacts.length }))
		expect([kind, count > 10 && count < 40]).toEqual([kind, true]);
	expect(told.executions[0]).toMatchObject({ error: expect.any(String), end: expect.any(String) });
	// The inbox goes on page by page.
	const seen = new Set<string>();
	for (let cursor: string | undefined; ; ) {
		const page = await api.runs.waits.query({ run, cursor, limit: 200 });
		expect(JSON.stringify(page).length).toBeLessThan(8 * 1024 * 1024);
		for (const { task } of page.waits) seen.add(task);
		if (!page.next) break;
		cursor = page.next;
	}
	expect(seen.size).toBe(100);
});
