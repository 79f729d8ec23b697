// What a finished task returned is kept: whoever dies around the run, its effect is there once, and a run that goes on from a failed one does not do it again.
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunHandle } from "../../../agent/src/client/index.ts";
import { endAll } from "../../command.ts";
import { type Stack, startStack } from "../stack.ts";
import { deploy } from "./projects.ts";
import { detail, ended, linesOf, waitFor } from "./runs.ts";

let stack: Stack;
const file = (name: string): string => path.join(stack.dir, name);

/** Each step leaves a line; before the last it waits for a file. The code of `last` is another in each version. */
const source = (word: string): string => `import os, time
from tidegate import flow, task

@task
def step(n: int, file: str) -> int:
    with open(file, "a") as target:
        target.write(f"step {n}\\n")
    return n * n

@task
def last(total: int, file: str) -> str:
    with open(file, "a") as target:
        target.write("last\\n")
    return f"${word} {total}"

@flow
def careful(file: str, go: str):
    total = sum([step(n, file) for n in range(5)])
    with open(file + ".draft", "w") as target:
        target.write(str(os.getpid()))
    os.rename(file + ".draft", file + ".pid")
    while not os.path.exists(go):
        time.sleep(0.02)
    return last(total, file)
`;
const STEPS = [0, 1, 2, 3, 4].map((n) => `step ${n}`);

beforeAll(async () => {
	stack = await startStack({ pages: false, slots: 2 });
	await deploy(stack, "careful", { "flow.py": source("first") });
});
afterAll(async () => {
	endAll("SIGKILL");
	await stack?.stop();
});

async function halfway(name: string) {
	const run = await stack.client.trigger("careful", { file: file(name), go: file(`${name}.go`) });
	await waitFor("five steps are done", () => fs.existsSync(file(`${name}.pid`)) && linesOf(file(name)).length === 5);
	const pid = Number(fs.readFileSync(file(`${name}.pid`), "utf8"));
	// 0 would be the test's own group.
	expect(pid).toBeGreaterThan(1);
	return { run, pid };
}

test("kill -9 of agent and control plane in the middle: the run goes on, each task is done once", async () => {
	const { run } = await halfway("killed");
	await stack.agents[0]?.kill();
	await stack.controlPlane.kill();
	fs.writeFileSync(file("killed.go"), "");
	await waitFor("the flow ends without them", () => linesOf(file("killed")).includes("last"));
	await stack.controlPlane.start();
	await stack.agents[0]?.start();
	expect(await ended(run)).toMatchObject({ state: "succeeded", result: "first 30" });
	expect(linesOf(file("killed"))).toEqual([...STEPS, "last"]);
});

test("kill -9 of the flow: a new run goes on from it, with the code that is live by then, and does no finished task again", async () => {
	const { run, pid } = await halfway("resumed");
	process.kill(pid, "SIGKILL");
	expect(await ended(run)).toMatchObject({ state: "failed" });
	await deploy(stack, "careful", { "flow.py": source("second") });
	fs.writeFileSync(file("resumed.go"), "");
	const said = await stack.cli(["run", "--resume", run.id.slice(-12), "--json"]);
	expect(said, said.stderr).toMatchObject({ code: 0 });
	const next = await stack.client.run(JSON.parse(said.stdout).id);
	expect(await ended(next)).toMatchObject({ state: "succeeded", result: "second 30" });
	expect(linesOf(file("resumed"))).toEqual([...STEPS, "last"]);
	const { tasks } = await detail(stack, next.id);
	expect(tasks.filter(({ fn }) => fn === "step").map(({ state, from }) => [state, from])).toEqual(STEPS.map(() => ["succeeded", run.id]));

	// The same again from a task on: it and what comes after it is done once more.
	const again = await stack.cli(["run", "--resume", next.id, "--from", "step#3", "--json"]);
	expect(again, again.stderr).toMatchObject({ code: 0 });
	expect((await ended(await stack.client.run(JSON.parse(again.stdout).id))).state).toBe("succeeded");
	expect(linesOf(file("resumed"))).toEqual([...STEPS, "last", "step 3", "step 4", "last"]);
});

const BOUNDED = `import os, signal, time
from tidegate import current_run, flow

@flow(memory="150 MiB")
def eats():
    held = bytearray(220 * 1024 * 1024)
    held[::4096] = b"x" * len(held[::4096])
    time.sleep(60)

@flow(timeout=1)
def endless():
    while True:
        time.sleep(0.05)

@flow(retries=1, retry_delay=0.2)
def dies():
    if current_run().attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return current_run().attempt

@flow(retries=2, retry_delay=0.2)
def flaky():
    if current_run().attempt < 3:
        raise OSError("try again")
    return current_run().attempt
`;

test("what a flow asks for holds: memory is limited by name, a timeout is told as one, a process that was killed and a flow that failed are tried again", async () => {
	await deploy(stack, "bounded", { "flow.py": BOUNDED });
	const [eats, endless, dies, flaky] = await Promise.all(["eats", "endless", "dies", "flaky"].map((name) => stack.client.trigger(name)));
	const eaten = await ended(eats as RunHandle);
	expect(eaten.state).toBe("failed");
	expect(eaten.notes).toEqual([expect.stringMatching(/^killed: memory [1-4]\d\d(\.\d)? of 150 MiB$/)]);
	expect(eaten.error?.message).toMatch(/^killed: memory/);
	const { executions } = await detail(stack, (eats as RunHandle).id);
	expect(executions[0]?.peakMemory).toBeGreaterThan(150 * 1024 * 1024);
	expect((await ended(endless as RunHandle)).state).toBe("failed");
	expect((await detail(stack, (endless as RunHandle).id)).attempts).toMatchObject([{ number: 1, outcome: "timed_out" }]);
	expect(await ended(dies as RunHandle)).toMatchObject({ state: "succeeded", result: 2 });
	expect(await ended(flaky as RunHandle)).toMatchObject({ state: "succeeded", result: 3 });
});

test("how large the store is stands in the agent's status", async () => {
	const status = JSON.parse((await stack.cli(["agent", "status", "--home", stack.agents[0]?.home as string, "--json"])).stdout);
	expect(status.store.id).toMatch(/^[0-9a-f]{16}$/);
	expect(status.store.bytes).toBeGreaterThan(100);
});
