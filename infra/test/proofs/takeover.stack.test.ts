// Who does a run, when agents, answers and triggers are lost or doubled: one of them, and once.
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeFrame } from "../../../agent/src/protocol/frame.ts";
import { uuidv7 } from "../../../agent/src/protocol/ids.ts";
import { type Stack, type StackAgent, startStack } from "../stack.ts";
import { type Gate, startGate } from "./gate.ts";
import { deployFlow } from "./projects.ts";
import { detail, ended, expectCleanLogs, isRunning, linesOf, waitFor } from "./runs.ts";

let stack: Stack;
let gate: Gate;
const LEASE = 5;

beforeAll(async () => {
	stack = await startStack({ agents: 0, pages: false, slots: 4 });
	gate = await startGate(stack.controlPlane.port);
	for (const name of ["watched", "twins", "gated"]) await stack.client.api.pools.create.mutate({ name, leaseSeconds: LEASE });
	await deployFlow(
		stack,
		"heir",
		'open(marks, "a").write(f"{current_run().attempt} {os.getpid()}\\n")\nwhile current_run().attempt == 1 and not os.path.exists(go):\n    time.sleep(0.02)\nreturn f"by attempt {current_run().attempt}"',
		"marks: str, go: str",
	);
	await deployFlow(stack, "noop", 'with open(marks, "a") as file:\n    file.write(current_run().id + "\\n")\nreturn current_run().id', "marks: str");
});
afterAll(async () => {
	await gate?.stop();
	await stack?.stop();
});

const runFolder = (agent: StackAgent, run: string) => path.join(agent.home, "runs", `${run}.1`);
const at = (name: string) => path.join(stack.dir, name);

/** A run that the first agent has begun, before the second one was there. */
async function begun(
	name: string,
): Promise<{ run: Awaited<ReturnType<typeof stack.client.trigger>>; first: StackAgent; marks: string; go: string; pid: number }> {
	const first = await stack.addAgent({ pool: "watched" });
	const [marks, go] = [at(`${name}-marks`), at(`${name}-go`)];
	const run = await stack.client.trigger("heir", { marks, go }, { pool: "watched" });
	await waitFor("the run is running", async () => linesOf(marks).length === 1 && (await isRunning(stack, run.id)));
	return { run, first, marks, go, pid: Number(linesOf(marks)[0]?.split(" ")[1]) };
}

async function expectTakenOver(run: { id: string }, first: StackAgent, second: StackAgent): Promise<void> {
	const names = [first, second].map(({ home }) => path.basename(home));
	const { run: row, attempts, executions } = await detail(stack, run.id);
	expect(row).toMatchObject({ state: "succeeded", attempt: 2 });
	expect(attempts).toMatchObject([
		{ number: 1, outcome: "lost" },
		{ number: 2, outcome: "succeeded" },
	]);
	expect(executions).toMatchObject([
		{ execution: 1, attempt: 1, outcome: "lost", agent: { name: names[0] } },
		{ execution: 2, attempt: 2, outcome: "succeeded", agent: { name: names[1] } },
	]);
}

test("an agent gone for good with its processes: after the lease, not before, another does the run as attempt 2; what the first says later is a note", async () => {
	const { run, first, marks, pid } = await begun("gone");
	const parent = Number(fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1]);
	const lastWord = performance.now();
	await first.kill();
	process.kill(-parent, "SIGKILL");
	const second = await stack.addAgent({ pool: "watched" });
	const first_ = await ended(await stack.client.run(run.id));
	expect(performance.now() - lastWord).toBeGreaterThan((LEASE - 1) * 1000);
	expect(first_).toMatchObject({ state: "succeeded", result: "by attempt 2" });
	expect(linesOf(marks).map((line) => line.split(" ")[0])).toEqual(["1", "2"]);
	await expectTakenOver(run, first, second);

	await first.start();
	await waitFor("the first agent was told that it is fenced", () => fs.existsSync(path.join(runFolder(first, run.id), "fenced")));
	const again = await ended(await stack.client.run(run.id));
	expect(again).toMatchObject({ state: "succeeded", result: "by attempt 2" });
	expect(again.happenings.filter(({ type }) => type === "late")).toMatchObject([{ execution: 1, data: { outcome: "lost" } }]);
	await expectTakenOver(run, first, second);
	await first.stop();
	await second.stop();
});

test("an agent away for longer than its lease while its process goes on: its late success is fenced and kept as a note, the second's result stands", async () => {
	const { run, first, marks, go, pid } = await begun("away");
	await first.kill();
	const second = await stack.addAgent({ pool: "watched" });
	expect(await ended(await stack.client.run(run.id))).toMatchObject({ state: "succeeded", result: "by attempt 2" });
	process.kill(pid, 0);
	fs.writeFileSync(go, "");
	await waitFor("the first process ended", () => fs.existsSync(path.join(runFolder(first, run.id), "exit")));
	await first.start();
	await waitFor("the first agent was told that it is fenced", () => fs.existsSync(path.join(runFolder(first, run.id), "fenced")));
	const again = await ended(await stack.client.run(run.id));
	expect(again).toMatchObject({ state: "succeeded", result: "by attempt 2" });
	expect(again.happenings.filter(({ type }) => type === "late")).toMatchObject([{ execution: 1, data: { outcome: "succeeded", code: 0 } }]);
	expect(linesOf(marks)).toHaveLength(2);
	await expectTakenOver(run, first, second);
	await first.stop();
	await second.stop();
});

test.each([
	["the answer to a poll is lost on its way", false],
	["the control plane is killed before its answer to a poll arrives", true],
])("%s: the same poll is answered with the same assignment, and the run is executed once", async (_what, dies) => {
	type Poll = { poll: string; assignments: Array<{ run: string; execution: number; token: string }> };
	const answers: Poll[] = [];
	let restarted: Promise<void> | undefined;
	const restart = async () => {
		await stack.controlPlane.kill();
		await stack.controlPlane.start();
	};
	gate.meddle = ({ path: asked, status, asked: body, answer }) => {
		if (!asked.endsWith("/gateway/poll") || status !== 200) return undefined;
		const { assignments } = decodeFrame(answer).header as Poll;
		if (assignments.length === 0) return undefined;
		answers.push({ poll: (decodeFrame(body).header as Poll).poll, assignments });
		if (answers.length > 1) return undefined;
		if (dies) restarted = restart();
		return "lost";
	};
	const agent = await stack.addAgent({ pool: "gated", url: gate.url });
	const marks = at(`lost-answer-${dies}`);
	const run = await stack.client.trigger("noop", { marks }, { pool: "gated" });
	expect(await ended(run)).toMatchObject({ state: "succeeded", result: run.id });
	await restarted;
	gate.meddle = undefined;
	expect(answers).toHaveLength(2);
	expect(answers[1]).toEqual(answers[0]);
	expect(linesOf(marks)).toEqual([run.id]);
	expect(await detail(stack, run.id)).toMatchObject({ attempts: [{ number: 1 }], executions: [{ execution: 1, outcome: "succeeded" }] });
	await agent.stop();
});

test("the answer to a report is lost on its way: nothing is taken twice", async () => {
	await stack.addAgent({ pool: "gated", url: gate.url });
	let lost = 0;
	gate.meddle = ({ path: asked, status }) => {
		// Every other answer, for as long as the run lasts.
		if (!asked.endsWith("/gateway/report") || status !== 200) return undefined;
		lost += 1;
		return lost % 2 === 1 ? "lost" : undefined;
	};
	await deployFlow(stack, "chatty", 'for n in range(300):\n    print(f"line {n}")\n    time.sleep(0.005)\nreturn n');
	const run = await ended(await stack.client.trigger("chatty", {}, { pool: "gated" }));
	gate.meddle = undefined;
	expect(lost).toBeGreaterThan(1);
	expect(run.state).toBe("succeeded");
	expect(run.lines).toEqual(Array.from({ length: 300 }, (_, n) => `line ${n}`));
	expect(run.happenings.filter(({ type }) => ["claimed", "started", "result", "finished", "ended"].includes(type)).map(({ type }) => type)).toEqual([
		"claimed",
		"started",
		"result",
		"finished",
		"ended",
	]);
});

test("one run is triggered several times with one id, in turn and at once: it is one run, executed once", async () => {
	const marks = at("doubled");
	const id = uuidv7();
	const { flows } = await stack.client.api.flows.list.query({});
	expect(flows.some(({ name }) => name === "plain")).toBe(false);
	await deployFlow(stack, "plain", `with open(${JSON.stringify(marks)}, "a") as file:\n    file.write(current_run().id + "\\n")`);
	const ask = () => stack.client.api.runs.trigger.mutate({ id, flow: "plain", pool: "gated" });
	const answers = await Promise.all([ask(), ask(), ask(), ask()]);
	expect(new Set(answers.map((answer) => answer.id))).toEqual(new Set([id]));
	expect((await ended(await stack.client.run(id))).state).toBe("succeeded");
	expect(await ask()).toMatchObject({ id, state: "succeeded" });
	expect((await stack.client.runs({ flow: "plain" })).runs).toHaveLength(1);
	expect(linesOf(marks)).toEqual([id]);
});

test("two agents and 200 runs: each is executed exactly once, and all succeed", async () => {
	const agents = [await stack.addAgent({ pool: "twins" }), await stack.addAgent({ pool: "twins" })];
	const marks = at("twins");
	const handles = await Promise.all(Array.from({ length: 200 }, () => stack.client.trigger("noop", { marks }, { pool: "twins" })));
	const ids = handles.map(({ id }) => id).sort();
	await waitFor(
		"all ran",
		async () => linesOf(marks).length >= 200 && (await stack.client.api.pools.list.query()).pools.every(({ queued }) => queued === 0),
		90_000,
	);
	await waitFor("all succeeded", async () => (await everyRun(ids)).every(({ state }) => state === "succeeded"));
	expect(linesOf(marks).sort()).toEqual(ids);
	const rows = await Promise.all(ids.slice(0, 50).map((id) => detail(stack, id)));
	expect(rows.every(({ executions }) => executions.length === 1)).toBe(true);
	for (const { home } of agents) expect(fs.readdirSync(path.join(home, "runs")).length).toBeGreaterThan(0);
});

async function everyRun(ids: string[]): Promise<Array<{ id: string; state: string }>> {
	const found: Array<{ id: string; state: string }> = [];
	for (let cursor: string | undefined; ; ) {
		const { runs, next } = await stack.client.runs({ flow: "noop", limit: 100, cursor });
		found.push(...runs.filter(({ id }) => ids.includes(id)));
		if (!next) return found;
		cursor = next;
	}
}

test("the logs of control plane and agents hold no token and no key", () => {
	expectCleanLogs(stack);
});
