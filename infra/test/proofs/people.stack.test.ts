// What people and programs do inside a run, by command line and client, through the whole of Tidegate: answers, events, children, pauses, resuming, secrets.
// The flows write the records of decisions/0007 themselves: what is proven here is agent, gateway, lifecycle and CLI, whatever SDK stands before them.
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunHandle } from "../../../agent/src/client/index.ts";
import { type Stack, startStack } from "../stack.ts";
import { deploy } from "./projects.ts";
import { detail, ended, expectForPeople, linesOf, sql, waitFor } from "./runs.ts";

let stack: Stack;

const RECORDS = `import json, os, sys, time
from tidegate import SecretError, flow, secret, task

FOLDER = os.environ.get("TIDEGATE_RUN_DIR", ".")

def tell(**record):
    with open(os.path.join(FOLDER, "events.%d.ndjson" % os.getpid()), "a") as file:
        file.write(json.dumps({"t": time.time(), **record}) + "\\n")

def inbox():
    names = sorted(name for name in os.listdir(FOLDER + "/inbox") if name.endswith(".json"))
    return [json.load(open(FOLDER + "/inbox/" + name)) for name in names]

def answers():
    return {each["key"]: each for each in inbox() if each["type"] == "answer"}

def info():
    return json.load(open(FOLDER + "/run.json"))

def mark(file):
    with open(file, "a") as target:
        target.write("%d\\n" % info()["execution"])

def suspend(*on, mode="all"):
    tell(type="suspend", on=list(on), mode=mode)
    os._exit(75)

ERROR = {"type": "OSError", "module": "builtins", "message": "flaky", "traceback": "OSError: flaky", "frames": []}
`;

const FLOWS = `${RECORDS}
@flow
def sleeper(file: str, seconds: float = 2):
    mark(file)
    if "sleep#0" in answers():
        return answers()["sleep#0"]["state"]
    tell(type="wait", key="sleep#0", kind="time", until=time.time() + seconds)
    suspend("sleep#0")

@flow
def quick():
    return "quick"

@flow
def asks():
    if "approval#0" in answers():
        told = answers()["approval#0"]
        return [told["state"], told["value"], bool(told["by"])]
    tell(type="wait", key="approval#0", kind="approval", prompt={"text": "Ship canary-question?", "form": {"type": "object", "properties": {"share": {"type": "number"}}, "required": ["share"], "additionalProperties": False}})
    suspend("approval#0")

@flow
def hears():
    if "paid#0" in answers():
        return answers()["paid#0"]["value"]
    tell(type="wait", key="paid#0", kind="event", event="paid\\0canary-order")
    suspend("paid#0")

@flow
def flaky():
    if info()["attempt"] == 1:
        tell(type="error", error=ERROR)
        tell(type="retry", after=0.5, error=ERROR)
        os._exit(1)
    return info()["attempt"]

@flow
def double(n: int):
    if n < 0:
        raise ValueError("canary-child")
    return 2 * n

@flow
def parent(first: str, second: str):
    done = answers()
    if len(done) == 2:
        return [[done[key]["state"], done[key]["value"], (done[key].get("error") or {}).get("type")] for key in ("double#0", "double#1")]
    for index, child in enumerate((first, second)):
        if "double#%d" % index not in done:
            tell(type="wait", key="double#%d" % index, kind="child", child={"id": child, "flow": "double", "parameters": {"n": 21 if index == 0 else -1}})
    suspend("double#0", "double#1")

@flow
def pauses(go: str):
    if info()["execution"] > 1:
        return "went on"
    while not any(each["type"] == "pause" and each["paused"] for each in inbox()):
        if os.path.exists(go):
            return "was never paused"
        time.sleep(0.05)
    suspend()

@task
def train(): pass

@flow
def breaks(file: str):
    train()
    mark(file)
    if info().get("resumes"):
        return [info()["resumes"], info()["marks"]]
    raise ValueError("not yet")

@flow
def tells():
    value = secret("TOKEN")
    print("got", value)
    raise ValueError("no entry with " + value)
`;

beforeAll(async () => {
	stack = await startStack({ pages: false, slots: 1 });
	await deploy(stack, "inside", { "flow.py": FLOWS });
});
afterAll(() => stack?.stop());

const file = (name: string): string => path.join(stack.dir, name);
const stateOf = async (run: RunHandle): Promise<string> => (await detail(stack, run.id)).run.state;
const waiting = (run: RunHandle): Promise<void> => waitFor("the run waits", async () => (await stateOf(run)) === "waiting");

test("a run that sleeps holds no slot: on the only one another run is done meanwhile, and the sleeper wakes by itself", async () => {
	const run = await stack.client.trigger("sleeper", { file: file("sleeps"), seconds: 4 });
	await waiting(run);
	expect((await ended(await stack.client.trigger("quick"))).result).toBe("quick");
	expect(await ended(run)).toMatchObject({ state: "succeeded", result: "due" });
	expect(linesOf(file("sleeps"))).toEqual(["1", "2"]);
	const { attempts, executions } = await detail(stack, run.id);
	expect(attempts).toMatchObject([{ number: 1, outcome: "succeeded" }]);
	expect(executions.map(({ outcome }) => outcome).sort()).toEqual(["succeeded", "suspended"]);
});

test("an approval is listed, checked against its form, and answered from the command line", async () => {
	const run = await stack.client.trigger("asks");
	await waiting(run);
	const listed = JSON.parse((await stack.cli(["approvals", "--json"])).stdout);
	expect(listed).toMatchObject([{ run: run.id, flow: "asks", key: "approval#0", text: "Ship canary-question?" }]);
	const wrong = await stack.cli(["answer", run.id, "--yes"]);
	expect(wrong).toMatchObject({ code: 2 });
	expectForPeople(wrong.stderr);
	expect(await stack.cli(["answer", run.id.slice(-12), "--field", "share=0.2"])).toMatchObject({ code: 0, stderr: "" });
	expect(await ended(run)).toMatchObject({ state: "succeeded", result: ["answered", { share: 0.2 }, true] });
	// Who comes later is told who was first, and when.
	const late = expect.stringMatching(/asks nothing now: \S.* answered its last question, at 20\S+Z\.$/m);
	expect(await stack.cli(["answer", run.id, "--yes"])).toMatchObject({ code: 1, stderr: late });
	const named = expect.stringMatching(/ answered this already, at 20\S+Z: the first answer counts\./);
	expect(await stack.cli(["answer", run.id, "approval#0", "--no"])).toMatchObject({ code: 1, stderr: named });
});

test("a run that was answered while the one agent that remembers it takes no work says whom it waits for", async () => {
	const other = await stack.addAgent();
	const run = await stack.client.trigger("asks");
	await waiting(run);
	const { executions } = await stack.client.api.runs.get.query({ id: run.id });
	const agent = executions[0]?.agent?.name as string;
	expect(await stack.cli(["agent", "drain", agent])).toMatchObject({ code: 0, stderr: "" });
	await run.answer("approval#0", { share: 1 });
	await waitFor("it waits for a store", async () => (await stack.client.api.runs.get.query({ id: run.id })).kin.store?.reachable === false);
	const { stdout } = await stack.cli(["show", run.id]);
	expect(stdout).toMatch(
		new RegExp(`waits for an agent that takes work and reaches what it did before, in store [0-9a-f]{8} of ${agent}\\n.* --scratch `),
	);
	expect(JSON.parse((await stack.cli(["show", run.id, "--json"])).stdout)).toMatchObject({ state: "queued", store: { reachable: false, by: agent } });
	expect(await stack.cli(["agent", "resume", agent])).toMatchObject({ code: 0, stderr: "" });
	expect(await run.result()).toEqual(["answered", { share: 1 }, true]);
	await other.stop();
});

test("the typed client lists, refuses what does not fit, answers, pauses, resumes and goes on as the command line does", async () => {
	const { client } = stack;
	const run = await client.trigger("asks");
	await waiting(run);
	expect((await client.approvals()).map(({ run: id, key, text }) => [id, key, text])).toEqual([[run.id, "approval#0", "Ship canary-question?"]]);
	await expect(run.answer("approval#0", { share: "much" })).rejects.toThrow(/share/);
	await expect(run.answer("approval#7", true)).rejects.toThrow(/does not ask approval#7 now: it asks approval#0/);
	await run.answer("approval#0", { share: 1 });
	expect(await run.result()).toEqual(["answered", { share: 1 }, true]);
	await expect(run.answer("approval#0", { share: 1 })).rejects.toMatchObject({
		message: expect.stringContaining("answered this already, at 20"),
		data: { reason: "answered_already" },
	});
	await expect(run.answer("approval#7", true)).rejects.toThrow(/nor anything else/);

	const paused = await client.trigger("pauses", { go: file("never") });
	await waitFor("it is running", async () => (await stateOf(paused)) === "running");
	await paused.pause();
	await waitFor("it is held", async () => (await stateOf(paused)) === "held");
	await paused.resume();
	expect(await paused.result()).toBe("went on");

	const failed = await client.trigger("breaks", { file: file("client") });
	await expect(failed.result()).rejects.toThrow("not yet");
	const next = await failed.relaunch({ from: "train#0" });
	expect(((await next.result()) as unknown[])[0]).toEqual({ run: failed.id, from: "train#0", changed: "rerun" });
	expect(await client.sendEvent("nobody", "waits")).toBe(0);
});

test("an event reaches the run that waits for it, and the control plane knows neither its name nor its key", async () => {
	const run = await stack.client.trigger("hears");
	await waiting(run);
	expect((await stack.cli(["event", "send", "paid", "another"])).stdout).toContain("no run waits for event paid with key another");
	expect((await stack.cli(["event", "send", "paid", "another", "--value", "{sum"])).stderr).toContain("(tidegate event send --help explains it)");
	const sent = await stack.cli(["event", "send", "paid", "canary-order", "--value", '{"sum": 40}', "--json"]);
	expect(JSON.parse(sent.stdout)).toMatchObject({ waited: 1 });
	expect(await ended(run)).toMatchObject({ state: "succeeded", result: { sum: 40 } });
});

test("a flow that asks for its next attempt gets it, and succeeds", async () => {
	const run = await stack.client.trigger("flaky");
	expect(await ended(run)).toMatchObject({ state: "succeeded", result: 2 });
	expect((await detail(stack, run.id)).attempts.map(({ outcome }) => outcome).sort()).toEqual(["failed", "succeeded"]);
});

test("children are made once though the agent is killed, and their results and failures reach the parent, which holds no slot", async () => {
	const [first, second] = ["1", "2"].map((digit) => uuid7(digit));
	const run = await stack.client.trigger("parent", { first, second });
	await waitFor("a child is known", async () => (await sql(stack, "select 1 from run where parent_id = $1", [run.id])).length > 0);
	await stack.agents[0]?.kill();
	await stack.agents[0]?.start();
	expect(await ended(run)).toMatchObject({
		state: "succeeded",
		result: [
			["answered", 42, null],
			["failed", null, "ValueError"],
		],
	});
	expect((await sql(stack, "select id from run where parent_id = $1 order by id", [run.id])).map(({ id }) => id)).toEqual([first, second]);
});

test("a pause ends the process at its next task, and a resume lets the run go on", async () => {
	const run = await stack.client.trigger("pauses", { go: file("never") });
	await waitFor("the run is running", async () => (await stateOf(run)) === "running");
	expect((await stack.cli(["pause", run.id])).code).toBe(0);
	await waitFor("the run is held", async () => (await stateOf(run)) === "held");
	expect((await stack.cli(["resume", run.id])).code).toBe(0);
	expect(await ended(run)).toMatchObject({ state: "succeeded", result: "went on" });
});

test("a failed run is gone on with by a new one, with its parameters, from a task, with what was marked by hand", async () => {
	const failed = await stack.client.trigger("breaks", { file: file("breaks") });
	expect((await ended(failed)).state).toBe("failed");
	const task = "load#0";
	const marked = await stack.cli(["mark", failed.id, task, "--succeeded", '{"rows": 3}']);
	// Only a task that the run has told can be marked.
	expect(marked.code === 0 || /task/.test(marked.stderr), marked.stderr).toBe(true);
	const said = await stack.cli(["run", "--resume", failed.id.slice(-12), "--from", "train#0", "--keep-changed", "--json"]);
	expect(said, said.stderr).toMatchObject({ code: 0 });
	const run = await stack.client.run(JSON.parse(said.stdout).id);
	const { state, result } = await ended(run);
	expect(state).toBe("succeeded");
	expect((result as unknown[])[0]).toEqual({ run: failed.id, from: "train#0", changed: "keep" });
	expect((await detail(stack, run.id)).run.resumes).toBe(failed.id);
	expect(await stack.cli(["run", "breaks", "--resume", failed.id])).toMatchObject({ code: 2 });
	// A task that no run of the line told is nothing to begin from. What the first one told, the second need not.
	for (const [from, meant] of [
		["train", "train#0"],
		["tarin#0", "train#0"],
	] as const) {
		const refused = await stack.cli(["run", "--resume", failed.id, "--from", from]);
		expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(`run ${failed.id} told no task ${from}. Did you mean ${meant}?`) });
	}
	expect(await stack.cli(["mark", failed.id, "train", "--skipped"])).toMatchObject({
		code: 2,
		stderr: expect.stringContaining("Did you mean train#0?"),
	});
});

test("a secret that was set on the agent's machine reaches the flow, and nothing of it leaves", async () => {
	const home = stack.agents[0]?.home as string;
	const value = "correct-horse-canary";
	fs.writeFileSync(file("token"), `${value}\n`);
	expect(await stack.cli(["agent", "secret", "set", "TOKEN", "--file", file("token"), "--home", home])).toMatchObject({ code: 0, stderr: "" });
	const listed = await stack.cli(["agent", "secret", "list", "--home", home, "--json"]);
	expect(JSON.parse(listed.stdout)).toEqual([{ name: "TOKEN", from: `file ${file("token")}`, flows: null }]);
	const run = await ended(await stack.client.trigger("tells"));
	expect(run.error).toMatchObject({ type: "ValueError", message: "no entry with ••••" });
	expect(run.lines).toEqual(["got ••••"]);
	expect(JSON.stringify(run.happenings)).not.toContain("horse");
	expect((await stack.cli(["agent", "secret", "remove", "TOKEN", "--home", home])).code).toBe(0);
	const without = await ended(await stack.client.trigger("tells"));
	expect(without.error?.message).toMatch(/no secret 'TOKEN'.*tidegate agent secret set TOKEN/);
});

test("many runs are cancelled by filter, with their number asked first", async () => {
	const runs = [];
	for (let n = 0; n < 3; n++) runs.push(await stack.client.trigger("sleeper", { file: file("many"), seconds: 600 }));
	for (const run of runs) await waiting(run);
	const asked = await stack.cli(["cancel", "--flow", "sleeper", "--state", "waiting"]);
	expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining("this would cancel 3 runs") });
	expect(JSON.parse((await stack.cli(["cancel", "--flow", "sleeper", "--state", "waiting", "--yes", "--json"])).stdout)).toEqual({ cancelled: 3 });
	for (const run of runs) expect((await ended(run)).state).toBe("cancelled");
});

test("what was asked, answered and told stands nowhere in the database", async () => {
	const tables = await sql(stack, "select tablename from pg_tables where schemaname = 'public'");
	for (const { tablename } of tables) {
		const found = await sql(
			stack,
			`select count(*)::int as n from "${tablename}" t where t::text like '%canary%' or t::text like '%' || encode('canary', 'hex') || '%'`,
		);
		expect(found, String(tablename)).toEqual([{ n: 0 }]);
	}
});

/** A UUIDv7 of now, with a last digit to tell it by. */
function uuid7(digit: string): string {
	const time = Date.now().toString(16).padStart(12, "0");
	return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-00000000000${digit}`;
}
