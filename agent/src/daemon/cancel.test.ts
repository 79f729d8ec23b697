import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { identify } from "../executors/identity.ts";
import { marked } from "../executors/kin.ts";
import { nameOf, RunFolder } from "./folder.ts";
import { stopAgent } from "./stop.ts";
import { finished, until, World } from "./testing/world.ts";

/** Starts a child in a session of its own, which does not hear SIGTERM, and waits. Both pids go to a file. */
const ESCAPES = `import os, subprocess, sys, time
from tidegate import flow
CHILD = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('child', flush=True); time.sleep(600)"
@flow
def flow(pids: str, wait: bool = True):
    child = subprocess.Popen([sys.executable, "-c", CHILD], start_new_session=True, stdout=subprocess.PIPE)
    child.stdout.readline()
    with open(pids + ".tmp", "w") as file:
        file.write(f"{os.getpid()} {child.pid}")
    os.rename(pids + ".tmp", pids)
    try:
        while wait:
            time.sleep(0.05)
    finally:
        print("cleaned up")
`;

const pidsIn = (file: string): number[] => readFileSync(file, "utf8").split(" ").map(Number);

test("a cancel lets the flow clean up, and ends a child that left the group and hears no SIGTERM", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const pids = join(world.folder, "pids");
	const run = await plane.trigger(await plane.deploy({ "flow.py": ESCAPES }), { pids });
	await until("the child", () => existsSync(pids));
	plane.cancel(run);
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "cancelled", code: 143 });
	expect(await plane.messages(run)).toContain("cleaned up");
	await until("the end of both", () => pidsIn(pids).every((pid) => identify(pid) === undefined));
});

test("what a flow leaves behind is ended after its normal end", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const pids = join(world.folder, "pids");
	const run = await plane.trigger(await plane.deploy({ "flow.py": ESCAPES }), { pids, wait: false });
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "succeeded", code: 0 });
	await until("the end of the child", () => pidsIn(pids).every((pid) => identify(pid) === undefined));
});

test("a child that stays in the group and prints on is ended, and what it printed is told", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const source = `import subprocess
from tidegate import flow
@flow
def flow():
    subprocess.Popen(["/bin/sh", "-c", "while :; do echo still here; sleep 0.02; done"])
    return 1
`;
	const run = await plane.trigger(await plane.deploy({ "flow.py": source }));
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "succeeded" });
	expect((await plane.finish(run)).streams.out).toBe(run.marks.get("out"));
	await until("nothing of it is left", async () => (await marked(run.assignment.run, 1)).length === 0);
});

test("a run that is cancelled before its start never starts", async () => {
	await using world = await World.make();
	const { plane } = world;
	// The version's answers are lost for as long as it takes to cancel.
	plane.faults.set("version", Array(50).fill("drop"));
	world.agent();
	const run = await plane.trigger(await plane.deploy({ "flow.py": ESCAPES }), { pids: "/nowhere" });
	await until("it is taken", () => run.taken);
	plane.cancel(run);
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "cancelled", code: null });
	expect(run.started).toBeNull();
	expect(existsSync(join(world.home, "runs", nameOf(run.assignment), "exit"))).toBe(false);
});

test("a run that was fenced is ended, told of no more, and its directory kept", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const pids = join(world.folder, "pids");
	const run = await plane.trigger(await plane.deploy({ "flow.py": ESCAPES }), { pids });
	await until("the child", () => existsSync(pids));
	run.fenced = true;
	plane.wake();
	await until("the end of both", () => pidsIn(pids).every((pid) => identify(pid) === undefined));
	const folder = join(world.home, "runs", nameOf(run.assignment));
	await until("the mark", () => existsSync(join(folder, "fenced")));
	expect(run.finish).toBeNull();
	expect(RunFolder.open(join(world.home, "runs"))).toEqual([]);
});

test("stop --end-runs ends the runs of an agent, and its next start tells that they were cancelled", async () => {
	await using world = await World.make();
	const { plane } = world;
	const agent = world.agent();
	const pids = join(world.folder, "pids");
	const run = await plane.trigger(await plane.deploy({ "flow.py": ESCAPES }), { pids });
	await until("the child", () => existsSync(pids));
	await agent.stop();
	expect(await stopAgent(world.home, { endRuns: true, graceMs: 2000 })).toMatchObject({ agent: false, running: 0, ended: 1 });
	expect(pidsIn(pids).map(identify)).toEqual([undefined, undefined]);
	world.agent();
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "cancelled" });
});
