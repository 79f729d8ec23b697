// Agent and control plane inside a run: first by the run directory's contract alone (what any SDK may write there, written by hand), then by the SDK.
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../stack.ts";
import { deploy, deployFlow } from "./projects.ts";
import { detail, ended, linesOf, sql, waitFor } from "./runs.ts";
import { makeWheel } from "./wheel.ts";

const CONTRACT = `
import json
here = os.path.dirname(os.getcwd())
def say(*records):
    with open(os.path.join(here, "events.%d0.ndjson" % os.getpid()), "ab") as file:
        file.write("".join(json.dumps({"t": time.time(), **record}) + "\\n" for record in records).encode())
def answers():
    inbox = os.path.join(here, "inbox")
    read = [json.load(open(os.path.join(inbox, name))) for name in sorted(os.listdir(inbox)) if name.endswith(".json")]
    return {message["key"]: message for message in read if message["type"] == "answer"}
def suspend(*waits, mode="all"):
    say(*[{"type": "wait", **wait} for wait in waits], {"type": "suspend", "on": [wait["key"] for wait in waits], "mode": mode})
    os._exit(75)
def new_id():
    at, some = int(time.time() * 1000).to_bytes(6, "big"), os.urandom(10)
    text = (at + bytes([0x70 | (some[0] & 15), some[1], 0x80 | (some[2] & 63)]) + some[3:]).hex()
    return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])
`.trim();

let stack: Stack;
beforeAll(async () => {
	stack = await startStack({ agents: 1, pages: false, slots: 4 });
});
afterAll(() => stack?.stop());

test("a run that asks a person, calls a child and waits for an event ends its process for each, and goes on where it was", async () => {
	await deployFlow(stack, "ten_times", "return 10 * number", "number: int");
	await deployFlow(
		stack,
		"asks",
		`${CONTRACT}
got = answers()
if "approval#0" not in got:
    suspend({"key": "approval#0", "kind": "approval", "prompt": {"text": "Ship it?", "form": None}})
if "child#0" not in got:
    suspend({"key": "child#0", "kind": "child", "child": {"id": new_id(), "flow": "ten_times", "parameters": {"number": 7}}})
if "event#0" not in got:
    suspend({"key": "event#0", "kind": "event", "event": "paid\\0order 7"}, {"key": "sleep#0", "kind": "time", "until": time.time() + 3600}, mode="any")
return [got["approval#0"]["value"], got["child#0"]["value"], got["event#0"]["value"]]`,
	);
	const run = await stack.client.trigger("asks");
	const state = async (): Promise<string> => (await detail(stack, run.id)).run.state;
	await waitFor("the run asks", async () => (await run.approvals()).length === 1);
	await waitFor("its process has ended", async () => (await state()) === "waiting");
	expect((await detail(stack, run.id)).run).toMatchObject({ waitingFor: "approval", attempt: 1 });
	expect(await run.approvals()).toMatchObject([{ key: "approval#0", text: "Ship it?", flow: "asks" }]);
	await run.answer("approval#0", true);
	await waitFor("it waits for the event", async () => {
		const { run: row } = await detail(stack, run.id);
		return row.state === "waiting" && row.waitingFor === "event";
	});
	expect(await stack.client.sendEvent("paid", "order 8", { amount: 1 })).toBe(0);
	expect(await stack.client.sendEvent("paid", "order 7", { amount: 3 })).toBe(1);
	expect(await ended(run)).toMatchObject({ state: "succeeded", result: [true, 70, { amount: 3 }] });
	const { executions, attempts, kin } = await detail(stack, run.id);
	expect(executions.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([
		["suspended", 1],
		["suspended", 1],
		["suspended", 1],
		["succeeded", 1],
	]);
	expect(attempts).toMatchObject([{ number: 1, outcome: "succeeded" }]);
	expect(kin.children).toMatchObject([{ flow: "ten_times", state: "succeeded" }]);
	expect(kin.waits.map(({ kind, state: was }) => [kind, was]).sort()).toEqual([
		["approval", "answered"],
		["child", "answered"],
		["event", "answered"],
		["time", "closed"],
	]);
	// One store, made once by the agent: the later executions were bound to it.
	const stores = await sql(stack, "SELECT DISTINCT store FROM execution WHERE run_id = $1", [run.id]);
	expect(stores).toEqual([{ store: expect.stringMatching(/^[0-9a-f]{16}$/) }]);
});

test("a flow that fails and asks for another attempt gets it in time, and each attempt keeps its own error", async () => {
	await deployFlow(
		stack,
		"flaky",
		`${CONTRACT}
if current_run().attempt < 3:
    say({"type": "retry", "after": 0.2})
    raise RuntimeError("flaky %d" % current_run().attempt)
return current_run().attempt`,
	);
	const run = await stack.client.trigger("flaky");
	expect(await ended(run)).toMatchObject({ state: "succeeded", result: 3 });
	const { attempts, executions } = await detail(stack, run.id);
	expect(attempts.map(({ outcome }) => outcome)).toEqual(["failed", "failed", "succeeded"]);
	expect(executions.map(({ error }) => error !== null)).toEqual([true, true, false]);
});

test("a pause reaches the process, holds the run, and a resume brings it back", async () => {
	await deployFlow(
		stack,
		"pausable",
		`${CONTRACT}
if current_run().execution > 1:
    return "went on"
inbox = os.path.join(here, "inbox")
while not any(json.load(open(os.path.join(inbox, name))).get("paused") for name in os.listdir(inbox) if name.endswith(".json")):
    time.sleep(0.02)
suspend()`,
	);
	const run = await stack.client.trigger("pausable");
	const state = async (): Promise<string> => (await detail(stack, run.id)).run.state;
	await waitFor("it runs", async () => (await state()) === "running");
	await run.pause();
	await waitFor("it is held", async () => (await state()) === "held");
	await run.resume();
	expect(await ended(run)).toMatchObject({ state: "succeeded", result: "went on" });
});

const HOOKED = `
import os
from tidegate import flow, task

@task
def first(marks: str) -> int:
    with open(marks, "a") as file:
        file.write("first\\n")
    return 5

@flow
def hooked(marks: str, go: str):
    got = first(marks)
    if not os.path.exists(go):
        raise ValueError("not yet")
    return got

@hooked.on_failure
def mourn(ended):
    with open(ended.parameters["marks"], "a") as file:
        file.write(f"{ended.state}: {ended.error}\\n")
`;

test("a failed run is followed by its hook, and relaunched it goes on from its checkpoints: what was done is not done again", async () => {
	const [marks, go] = ["marks", "go"].map((name) => path.join(stack.dir, name)) as [string, string];
	await deploy(stack, "hooked", { "flow.py": HOOKED });
	const run = await stack.client.trigger("hooked", { marks, go });
	expect((await ended(run)).state).toBe("failed");
	await waitFor("the hook has run", () => linesOf(marks).length === 2);
	expect((await detail(stack, run.id)).kin.children).toMatchObject([{ hook: "failure", flow: "hooked" }]);
	const listed = (await stack.cli(["runs", "--flow", "hooked"])).stdout.split("\n").flatMap((line) => line.split("\t")[1] ?? []);
	expect(listed).toEqual(["FLOW", "hooked (on failure)", "hooked"]);
	const own = JSON.parse((await stack.cli(["runs", "--flow", "hooked", "--own", "--json"])).stdout);
	expect(own).toMatchObject([{ id: run.id, hook: null }]);
	fs.writeFileSync(go, "");
	const again = await run.relaunch();
	expect(await ended(again)).toMatchObject({ state: "succeeded", result: 5 });
	expect(linesOf(marks)).toEqual(["first", expect.stringMatching(/^failed: .*not yet/)]);
	expect((await detail(stack, again.id)).tasks).toMatchObject([{ fn: "first", state: "succeeded", from: run.id }]);
	expect((await detail(stack, run.id)).run.state).toBe("failed");
});

const APART = `
import os
from tidegate import flow, task

@task
def rows() -> list:
    return [1, 2, 3]

@task(pool="large", environment="requirements-large.txt")
def train(rows, bad):
    from tg_large import VERSION
    if os.path.exists(bad):
        raise ValueError("bad rows")
    return {"sum": sum(rows) * int(VERSION), "host": os.environ["TIDEGATE_RUN_DIR"]}

@flow
def apart(go: str = "/", bad: str = ""):
    got = train(rows(), bad)
    if not os.path.exists(go):
        raise ValueError("not yet")
    return [got["sum"], got["host"] != os.environ["TIDEGATE_RUN_DIR"]]
`;

test("a task that names a pool and an environment is a run of its own there, linked both ways, whose value comes back", async () => {
	expect(await stack.cli(["pool", "create", "large"])).toMatchObject({ code: 0 });
	await stack.addAgent({ pool: "large", slots: 1 });
	const wheels = path.join(stack.dir, "wheels");
	await makeWheel(wheels, "tg_large", "10");
	await deploy(stack, "apart", { "flow.py": APART, "requirements-large.txt": `--no-index\n--find-links ${wheels}\ntg_large==10\n` });
	const run = await stack.client.trigger("apart");
	expect(await ended(run, 120_000)).toMatchObject({ state: "succeeded", result: [60, true] });
	const { kin, tasks } = await detail(stack, run.id);
	expect(kin.children).toMatchObject([{ flow: "apart", state: "succeeded" }]);
	const child = await detail(stack, kin.children[0]?.id ?? "");
	expect(child).toMatchObject({ run: { pool: "large" }, kin: { step: "train", parent: { id: run.id } } });
	// The body's process ended while the other one ran, or had not to: either way it has no slot of the large pool, and both show the task.
	expect([tasks, child.tasks].map((all) => all.map(({ fn, state }) => `${fn} ${state}`))).toEqual([
		["rows succeeded", "child succeeded"],
		["train succeeded"],
	]);
});

test("a run whose task was another run's in another pool is relaunched: what that returned is taken, what failed is asked for there again", async () => {
	const [go, bad] = ["apart.go", "apart.bad"].map((name) => path.join(stack.dir, name)) as [string, string];
	fs.writeFileSync(bad, "");
	const first = await stack.client.trigger("apart", { go, bad });
	expect(await ended(first, 120_000)).toMatchObject({ state: "failed", error: { message: expect.stringContaining("bad rows") } });
	fs.rmSync(bad);
	const second = await first.relaunch();
	expect(await ended(second, 120_000)).toMatchObject({ state: "failed", error: { message: "not yet" } });
	const asked = await detail(stack, second.id);
	expect(asked.kin.children).toMatchObject([{ state: "succeeded" }]);
	expect(asked.tasks.map(({ fn, state, from }) => [fn, state, from])).toEqual([
		["rows", "succeeded", first.id],
		["child", "succeeded", null],
	]);
	const child = asked.kin.children[0]?.id ?? "";
	expect(await detail(stack, child)).toMatchObject({ run: { pool: "large" }, kin: { step: "train", parent: { id: second.id } } });
	fs.writeFileSync(go, "");
	const third = await second.relaunch();
	expect(await ended(third, 120_000)).toMatchObject({ state: "succeeded", result: [60, true] });
	const taken = await detail(stack, third.id);
	expect(taken.kin.children).toEqual([]);
	expect(taken.tasks.map(({ state, from }) => [state, from])).toEqual([
		["succeeded", first.id],
		["succeeded", second.id],
	]);
	// From that task on, it is another run there.
	const fourth = await third.relaunch({ from: "train#0" });
	expect(await ended(fourth, 120_000)).toMatchObject({ state: "succeeded", result: [60, true] });
	expect((await detail(stack, fourth.id)).kin.children).toMatchObject([{ state: "succeeded" }]);
	// One task of a run has no parameters of its flow's: its parent is what goes on.
	const refused = await stack.cli(["run", "--resume", child]);
	expect(refused).toMatchObject({
		code: 2,
		stderr: expect.stringContaining(`Run ${child} does the task train of run ${second.id}: relaunch that one.`),
	});
});

const STEPS = `name: stepped
parameters: {go: {type: string}}
steps:
  there: {flow: leaf, pool: large}
  here: {needs: there, run: "test -e {{ params.go }} && echo {{ steps.there.result }}"}
`;

test("a step that is another flow's run in another pool is not done again by a run that goes on", async () => {
	const go = path.join(stack.dir, "stepped.go");
	await deploy(stack, "stepped", { "flow.py": "from tidegate import flow\n@flow\ndef leaf():\n    return 'leaf'\n", "tidegate.yaml": STEPS });
	const run = await stack.client.trigger("stepped", { go });
	expect((await ended(run)).state).toBe("failed");
	expect((await detail(stack, run.id)).kin.children).toMatchObject([{ flow: "leaf", state: "succeeded" }]);
	fs.writeFileSync(go, "");
	const again = await run.relaunch();
	expect(await ended(again)).toMatchObject({ state: "succeeded", result: "leaf" });
	const { kin, tasks } = await detail(stack, again.id);
	expect([kin.children, tasks.map(({ state, from }) => [state, from])]).toEqual([
		[],
		[
			["succeeded", run.id],
			["succeeded", null],
		],
	]);
});

const RETURNS = `
from tidegate import Model, NoResult, flow, result

@flow
def fit(n: int):
    if n < 0:
        raise ValueError(n)
    if n == 0:
        with open("m.bin", "w") as file:
            file.write("weights")
        return Model("m.bin")
    return {"n": n}

@flow
def reads(run: str):
    try:
        result("fit", version=9)
    except NoResult as problem:
        print(problem)
    with open(result("fit", run=run)) as file:
        return [result("fit"), result("fit", version=1, labels={"team": "red"}), file.read()]
`;

test("a run reads what others returned: the newest that succeeded, by version and labels, and a model by the store", async () => {
	await deploy(stack, "returns", { "flow.py": RETURNS });
	const train = async (n: number, team: string) => {
		const run = await stack.client.trigger("fit", { n }, { labels: { team } });
		await ended(run);
		return run.id;
	};
	await train(7, "red");
	await train(8, "blue");
	const model = await train(0, "blue");
	await train(9, "blue");
	await train(-1, "red");
	const read = await ended(await stack.client.trigger("reads", { run: model }));
	expect(read).toMatchObject({ state: "succeeded", result: [{ n: 9 }, { n: 7 }, "weights"] });
	expect(read.lines).toContain("result of fit: No run of fit v9 has succeeded.");
});
