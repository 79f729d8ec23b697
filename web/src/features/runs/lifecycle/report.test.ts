import { createHash, randomUUID } from "node:crypto";
import { MAX_ARTIFACT, MAX_ARTIFACTS, MAX_SEGMENT, MAX_TASKS } from "tidegate/protocol/limits.ts";
import type { AgentEvent } from "tidegate/protocol/wire.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import {
	type Agent,
	cancelled,
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
	segment,
	standingOf,
} from "../fixture.ts";
import type { Claimed } from "./claim.ts";

let database: Awaited<ReturnType<typeof connectFresh>>;
let place: Place;
let agent: Agent;
let one: Claimed;
beforeAll(async () => {
	database = await connectFresh(inject("databaseUrl"));
	place = await makePlace();
	agent = await makeAgent(place);
});
afterAll(() => database.end());
beforeEach(async () => {
	await queueRun(place);
	one = await claimOne(place, agent);
});

const idOf = (key: string): string => createHash("sha256").update(key).digest("hex").slice(0, 32);
const task = (
	key: string,
	state: "pending" | "running" | "succeeded" | "failed",
	given: Partial<Extract<AgentEvent, { type: "task" }>> = {},
): AgentEvent => ({
	type: "task",
	at: new Date().toISOString(),
	task: idOf(key),
	fn: key,
	index: null,
	map: null,
	state,
	attempt: 1,
	parents: [],
	sealed: 0,
	...given,
});
const events = (list: AgentEvent[], start = 0, end = start + 100) => segment({ stream: "events.7", start, end, events: list });
const out = (start: number, end: number) => segment({ stream: "out", start, end, part: 0 });

const tasksOf = (run: string) =>
	rows<{ fn: string; state: string; ran: boolean; over: boolean }>(
		"SELECT fn, state, started_at IS NOT NULL AS ran, finished_at IS NOT NULL AS over FROM task WHERE run_id = $1 ORDER BY first_seq",
		[run],
	);
const typesOf = async (run: string) =>
	(await rows<{ type: string }>("SELECT type FROM event WHERE run_id = $1 ORDER BY seq", [run])).map((row) => row.type);

describe("a report", () => {
	test("of a run that has almost as many tasks as one may is taken, and refused past that", async () => {
		const known = MAX_TASKS - 1_000;
		const nth = (n: number, state: "running" | "succeeded") => task(`${n}`, state, { task: createHash("md5").update(`${n}`).digest("hex") });
		const upTo = (n: number, from: number, state: "running" | "succeeded") => Array.from({ length: n }, (_, i) => nth(from + i, state));
		await rows(
			`INSERT INTO task (run_id, id, workspace_id, execution, fn, attempt, state, first_seq)
				SELECT r.id, decode(md5(n::text), 'hex'), r.workspace_id, 1, 'many', 1, 'running', n FROM run r, generate_series(1, ${known}) n WHERE r.id = $1`,
			[one.run],
		);
		await rows("UPDATE run SET seq = $2 WHERE id = $1", [one.run, MAX_TASKS * 2]);
		// By a look at each that is told for each that is there it took longer than any statement may.
		await report(place, agent, [item(one, { segments: [events([...upTo(20_000, 1, "succeeded"), ...upTo(1_000, known + 1, "running")])] })]);
		const past = report(place, agent, [item(one, { segments: [events([nth(MAX_TASKS + 1, "running")], 100)] })]);
		await expect(past).rejects.toThrow(`told more than ${MAX_TASKS} tasks`);
	});
	test("takes start, segments and finish together, and numbers all of it without a gap", async () => {
		const end: AgentEvent = { type: "result", at: new Date().toISOString(), sealed: 0 };
		const taken = await report(place, agent, [
			item(one, {
				segments: [events([task("load", "pending"), task("load", "running"), task("load", "succeeded"), end]), out(0, 10), out(10, 25)],
				finish: finish("succeeded"),
			}),
		]);
		expect(taken.executions).toEqual([{ run: one.run, execution: 1, state: "ended", marks: { "events.7": 100, out: 25 } }]);
		expect(await standingOf(one.run)).toMatchObject({ state: "succeeded", outcomes: ["succeeded"], attempts: ["succeeded"], queued: false });
		expect(await typesOf(one.run)).toEqual(["queued", "claimed", "started", "task", "task", "task", "result", "finished", "ended"]);
		expect(await tasksOf(one.run)).toEqual([{ fn: "load", state: "succeeded", ran: true, over: true }]);
		const [numbers] = await rows<{ seqs: number[]; seq: number; bytes: number }>(
			`SELECT ARRAY(SELECT seq FROM (SELECT seq FROM event WHERE run_id = $1 UNION ALL SELECT seq FROM log_chunk WHERE run_id = $1) s ORDER BY seq)::int[] AS seqs, seq, log_bytes AS bytes FROM run WHERE id = $1`,
			[one.run],
		);
		expect(numbers).toEqual({ seqs: Array.from({ length: 11 }, (_, i) => i + 1), seq: 11, bytes: 25 });
	});
	test("sent twice changes nothing, also at the same time", async () => {
		const same = [item(one, { segments: [events([task("load", "running")]), out(0, 10)] })];
		const answers = await Promise.all([report(place, agent, same), report(place, agent, same), report(place, agent, same)]);
		for (const answer of answers) expect(answer.executions[0]).toMatchObject({ state: "live", marks: { "events.7": 100, out: 10 } });
		expect(await typesOf(one.run)).toEqual(["queued", "claimed", "started", "task"]);
		expect(await rows("SELECT FROM log_chunk WHERE run_id = $1", [one.run])).toHaveLength(1);
	});
	test("that does not begin at the mark is passed over, and answered with the mark", async () => {
		const answer = await report(place, agent, [item(one, { segments: [out(0, 10), out(20, 30), out(5, 15), out(10, 12)] })]);
		expect(answer.executions[0]?.marks).toEqual({ out: 12 });
		expect(await rows("SELECT byte_from AS from, byte_to AS to FROM log_chunk WHERE run_id = $1 ORDER BY seq", [one.run])).toEqual([
			{ from: 0, to: 10 },
			{ from: 10, to: 12 },
		]);
	});
	test("with a finish twice ends once, and the second is told that it ended, with its marks", async () => {
		await report(place, agent, [item(one, { segments: [out(0, 10)], finish: finish("failed") })]);
		const again = await report(place, agent, [item(one, { segments: [out(0, 10)], finish: finish("succeeded") })]);
		expect(again.executions[0]).toMatchObject({ state: "ended", marks: { out: 10 } });
		expect(await standingOf(one.run)).toMatchObject({ state: "failed", outcomes: ["failed"] });
		expect((await typesOf(one.run)).filter((type) => type === "finished")).toHaveLength(1);
	});
	test("of a stranger is fenced and writes nothing: wrong token, another agent, another workspace", async () => {
		const before = await typesOf(one.run);
		const other = await makeAgent(place);
		const elsewhere = await makePlace("elsewhere");
		const foreigner = await makeAgent(elsewhere);
		const said = { segments: [out(0, 10)], finish: finish("succeeded") };
		for (const answer of [
			await report(place, agent, [item({ ...one, token: "0".repeat(32) }, said)]),
			await report(place, other, [item(one, said)]),
			await report(elsewhere, foreigner, [item(one, said)]),
		]) {
			expect(answer.executions[0]).toEqual({ run: one.run, execution: 1, state: "fenced", marks: {} });
		}
		expect(await typesOf(one.run)).toEqual(before);
	});
	test("of a revoked or superseded agent is refused whole", async () => {
		const revoked = await makeAgent(place);
		await expect(report(place, { ...revoked, session: 0 }, [item(one)])).rejects.toMatchObject({ reason: "superseded" });
		await rows("UPDATE agent SET revoked_at = tg_now() WHERE id = $1", [revoked.id]);
		await expect(report(place, revoked, [item(one)])).rejects.toMatchObject({ reason: "revoked" });
		await expect(report(place, revoked, [])).rejects.toMatchObject({ reason: "revoked" });
	});
	test("tells of cancels, and a finish after the cancel wins with its true outcome", async () => {
		await report(place, agent, [item(one)]);
		await cancelled(place, one.run);
		expect((await report(place, agent, [item(one)])).cancels).toEqual([{ run: one.run, execution: 1 }]);
		await report(place, agent, [item(one, { finish: finish("cancelled") })]);
		expect(await standingOf(one.run)).toMatchObject({ state: "cancelled", attempts: ["cancelled"] });
	});
	test("racing a cancel ends in the finish's outcome, whichever came first", async () => {
		const [answer] = await Promise.all([report(place, agent, [item(one, { finish: finish("succeeded") })]), cancelled(place, one.run)]);
		expect(answer.executions[0]?.state).toBe("ended");
		expect(await standingOf(one.run)).toMatchObject({ state: "succeeded" });
	});
	test("carries many executions, of which a fenced one hinders no other", async () => {
		await queueRun(place);
		const two = await claimOne(place, agent);
		const answer = await report(place, agent, [item({ ...one, token: "f".repeat(32) }), item(two, { finish: finish("succeeded") })]);
		expect(answer.executions.map((each) => each.state)).toEqual(["fenced", "ended"]);
	});
});

describe("tasks", () => {
	test("move on only: late and repeated states change nothing", async () => {
		await report(place, agent, [item(one, { segments: [events([task("a", "running"), task("b", "running")])] })]);
		await report(place, agent, [item(one, { segments: [events([task("a", "succeeded"), task("b", "failed")], 100)] })]);
		await report(place, agent, [item(one, { segments: [segment({ stream: "events.8", events: [task("a", "running"), task("b", "pending")] })] })]);
		expect((await tasksOf(one.run)).map((row) => row.state)).toEqual(["succeeded", "failed"]);
		await report(place, agent, [item(one, { segments: [events([task("b", "running", { attempt: 2 })], 200)] })]);
		expect((await tasksOf(one.run)).map((row) => row.state)).toEqual(["succeeded", "running"]);
	});
	test("that the process could no longer end are closed when it ended", async () => {
		await report(place, agent, [item(one, { segments: [events([task("a", "running"), task("b", "pending")])], finish: finish("failed") })]);
		expect(await tasksOf(one.run)).toMatchObject([
			{ fn: "a", state: "cancelled", over: true },
			{ fn: "b", state: "skipped", over: true },
		]);
	});
	test("with half a character or NUL in a name are taken, cleaned", async () => {
		await report(place, agent, [item(one, { segments: [events([task("a", "running", { fn: "x\0\ud800" })])] })]);
		expect((await tasksOf(one.run))[0]?.fn).toBe("x\ufffd\ufffd");
	});
});

describe("limits", () => {
	const refused = (reason: string) => expect.objectContaining({ reason });
	test("a stretch, an artifact and what is not sealed are refused by name, and nothing of the report is kept", async () => {
		const body = `artifact.${randomUUID()}`;
		await expect(report(place, agent, [item(one, { segments: [out(0, MAX_SEGMENT + 1)] })])).rejects.toEqual(refused("too_large"));
		await rows("INSERT INTO stream_mark (run_id, execution, stream, workspace_id, mark) VALUES ($1, 1, $2, $3, $4)", [
			one.run,
			body,
			place.workspaceId,
			MAX_ARTIFACT,
		]);
		const beyond = segment({ stream: body, start: MAX_ARTIFACT, end: MAX_ARTIFACT + 1, part: 0 });
		await expect(report(place, agent, [item(one, { segments: [beyond] })])).rejects.toEqual(refused("too_large"));
		await expect(report(place, agent, [item(one, { segments: [out(0, 10)] })], [Buffer.from("a clear log line")])).rejects.toEqual(
			refused("bad_request"),
		);
		await expect(report(place, agent, [item(one, { segments: [segment({ stream: "out", part: 3 })] })])).rejects.toEqual(refused("bad_request"));
		expect(await typesOf(one.run)).toEqual(["queued", "claimed"]);
	});
	test("a run keeps at most so many artifacts, of all its attempts: the others are left out by an event each, and the report is taken", async () => {
		const artifact = (): AgentEvent => ({
			type: "artifact",
			at: new Date().toISOString(),
			id: randomUUID(),
			kind: "markdown",
			task: null,
			size: 5,
			sealed: 0,
		});
		const many = Array.from({ length: MAX_ARTIFACTS }, artifact);
		await report(place, agent, [item(one, { segments: [events(many)] })]);
		expect(await rows("SELECT FROM artifact WHERE run_id = $1", [one.run])).toHaveLength(MAX_ARTIFACTS);
		const [known, past] = [many[7] as AgentEvent & { id: string }, artifact() as AgentEvent & { id: string }];
		const piece = ({ id }: { id: string }) => segment({ stream: `artifact.${id}`, part: 0, end: 5 });
		const later = { segments: [events([known, past], 100), piece(known), piece(past)], finish: finish("succeeded") };
		const answer = await report(place, agent, [item(one, later)]);
		expect(answer.executions).toMatchObject([{ state: "ended", marks: { [`artifact.${past.id}`]: 5 } }]);
		expect(await rows("SELECT FROM artifact WHERE run_id = $1", [one.run])).toHaveLength(MAX_ARTIFACTS);
		expect(await rows("SELECT artifact_id AS id FROM artifact_chunk WHERE run_id = $1", [one.run])).toEqual([{ id: known.id }]);
		expect(await rows("SELECT data->>'id' AS id, sealed FROM event WHERE run_id = $1 AND type = 'artifact_left'", [one.run])).toEqual([
			{ id: past.id, sealed: null },
		]);
	});
	test("an artifact told twice is one, and what a later execution makes again takes the place of its earlier self at its old moment", async () => {
		const id = randomUUID();
		const told = (at: string, size: number): AgentEvent => ({ type: "artifact", at, id, kind: "markdown", task: null, size, sealed: 0 });
		const [first, again] = [told("2026-11-26T10:00:00.000001Z", 5), told("2026-11-26T11:00:00.000Z", 7)];
		await report(place, agent, [item(one, { segments: [events([first, again])] })]);
		const kept = () => rows("SELECT execution, size::int, at::text FROM artifact WHERE id = $1", [id]);
		expect(await kept()).toEqual([{ execution: 1, size: 5, at: expect.stringContaining("10:00:00.000001") }]);
		await rows("UPDATE artifact SET execution = 0 WHERE id = $1", [id]);
		await report(place, agent, [item(one, { segments: [events([again], 100)] })]);
		expect(await kept()).toEqual([{ execution: 1, size: 7, at: expect.stringContaining("10:00:00.000001") }]);
	});
	test("an artifact's body is kept in pieces, by its own stream", async () => {
		const id = randomUUID();
		const event: AgentEvent = { type: "artifact", at: new Date().toISOString(), id, kind: "image", task: idOf("a"), size: 20, sealed: 0 };
		const body = (start: number, end: number) => segment({ stream: `artifact.${id}`, start, end, part: 0 });
		await report(place, agent, [item(one, { segments: [events([event]), body(0, 10), body(10, 20)] })]);
		expect(await rows("SELECT byte_from AS from, byte_to AS to, sealed FROM artifact_chunk WHERE artifact_id = $1 ORDER BY byte_from", [id])).toEqual(
			[
				{ from: 0, to: 10, sealed },
				{ from: 10, to: 20, sealed },
			],
		);
	});
});
