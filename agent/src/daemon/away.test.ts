import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isAlive } from "../executors/identity.ts";
import { FlowOptions } from "../protocol/manifest.ts";
import { nameOf, RunFolder } from "./folder.ts";
import { agentStatus } from "./status.ts";
import { stopAgent } from "./stop.ts";
import type { RunRecord } from "./testing/deployed.ts";
import { finished, until, World } from "./testing/world.ts";

/** Prints a line every 10 ms until a file appears, then ends with it. */
const COUNTER = `import os, time
from tidegate import flow
@flow
def flow(stop: str):
    n = 0
    while not os.path.exists(stop):
        print("line", n)
        n += 1
        time.sleep(0.01)
    return n
`;

function spawnAgent(home: string) {
	const child = spawn(process.execPath, [fileURLToPath(new URL("testing/process.ts", import.meta.url)), home, "2"], { stdio: "ignore" });
	const gone = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
		child.once("exit", (code, signal) => resolve({ code, signal })),
	);
	return { child, gone };
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `line ${n}`);

test("after kill -9 of the agent the process goes on, and a new agent tells every line once, in order, and the exit code", async () => {
	await using world = await World.make();
	const { plane } = world;
	const stop = join(world.folder, "stop");
	const first = spawnAgent(world.home);
	const run = await plane.trigger(await plane.deploy({ "flow.py": COUNTER }), { stop });
	await until("some lines", async () => (await plane.messages(run)).length > 20);
	first.child.kill("SIGKILL");
	await first.gone;
	const folder = RunFolder.read(join(world.home, "runs", nameOf(run.assignment))) as RunFolder;
	expect(isAlive(folder.notes.process as never)).toBe(true);
	expect(agentStatus(world.home)).toMatchObject({ process: null, running: 1, held: [{ state: "running", flow: "flow" }] });
	const before = (await plane.messages(run)).length;
	await until("lines that nobody tells", () => linesOf(folder) > before + 20);
	const second = spawnAgent(world.home);
	await until("more lines", async () => (await plane.messages(run)).length > before + 20);
	writeFileSync(stop, "");
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "succeeded", code: 0 });
	expect(await plane.messages(run)).toEqual(numbered((await plane.result(run)) as number));
	second.child.kill("SIGTERM");
	expect(await second.gone).toEqual({ code: 0, signal: null });
});

function linesOf(folder: RunFolder): number {
	const logs = readdirSync(folder.path).filter((name) => /^log\.\d+\.ndjson$/.test(name));
	return logs.reduce((sum, name) => sum + readFileSync(folder.at(name), "utf8").split("\n").length - 1, 0);
}

test("a run that ends while no agent is there is told by the next one", async () => {
	await using world = await World.make();
	const { plane } = world;
	const stop = join(world.folder, "stop");
	const first = world.agent();
	const run = await plane.trigger(await plane.deploy({ "flow.py": COUNTER }), { stop });
	await until("some lines", async () => (await plane.messages(run)).length > 5);
	expect(await first.stop()).toBe(0);
	const fate = "start it again within 30 s (its pool's lease), or another agent takes it over as a new attempt";
	expect(world.lines.at(-1)).toBe(`stopped; 1 run goes on without it: ${fate}`);
	expect(await stopAgent(world.home, { endRuns: false })).toEqual({ agent: false, name: "test", running: 1, ended: 0, leaseSeconds: 30 });
	writeFileSync(stop, "");
	const exit = join(world.home, "runs", nameOf(run.assignment), "exit");
	await until("its exit", () => existsSync(exit));
	expect(run.finish).toBeNull();
	// It ended long before anybody looked: that time is not the run's.
	const at = new Date(Math.floor(Date.now() / 1000) * 1000 - 3600_000);
	utimesSync(exit, at, at);
	world.agent();
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "succeeded", code: 0, at: at.toISOString() });
	expect(await plane.messages(run)).toEqual(numbered((await plane.result(run)) as number));
});

test("the next agent says of a run that ended here that another attempt has it, where its end is not taken", async () => {
	await using world = await World.make();
	const { plane } = world;
	const stop = join(world.folder, "stop");
	const first = world.agent();
	const run = await plane.trigger(await plane.deploy({ "flow.py": COUNTER }), { stop });
	await until("some lines", async () => (await plane.messages(run)).length > 5);
	expect(await first.stop()).toBe(0);
	run.fenced = true;
	writeFileSync(stop, "");
	const folder = join(world.home, "runs", nameOf(run.assignment));
	await until("its exit", () => existsSync(join(folder, "exit")));
	world.agent();
	await until("the mark", () => existsSync(join(folder, "fenced")));
	const said = world.lines.join("\n");
	expect(said).toMatch(/succeeded with exit code 0/);
	expect(said).toMatch(/run [0-9a-f]{8} of flow: the control plane did not take what it came to here: another attempt has the run/);
	expect(run.finish).toBeNull();
});

test("a control plane that is away meanwhile gets every line once when it is back", async () => {
	await using world = await World.make();
	const { plane } = world;
	const stop = join(world.folder, "stop");
	world.agent();
	const run = await plane.trigger(await plane.deploy({ "flow.py": COUNTER }), { stop });
	await until("some lines", async () => (await plane.messages(run)).length > 5);
	await plane.away();
	await until("the agent notices", () => world.lines.some((line) => line.includes("cannot be reached")));
	writeFileSync(stop, "");
	await until("its exit", () => existsSync(join(world.home, "runs", nameOf(run.assignment), "exit")));
	await plane.listen();
	await finished(run);
	expect(await plane.messages(run)).toEqual(numbered((await plane.result(run)) as number));
});

test("a report whose answer is lost is sent again and counts once", async () => {
	await using world = await World.make();
	const { plane } = world;
	const stop = join(world.folder, "stop");
	world.agent();
	plane.faults.set("report", ["drop", "drop"]);
	const run = await plane.trigger(await plane.deploy({ "flow.py": COUNTER }), { stop });
	await until("some lines", async () => (await plane.messages(run)).length > 5);
	plane.faults.set("report", ["drop", "drop", "drop"]);
	await until("the answers are lost", () => plane.faults.get("report")?.length === 0);
	plane.faults.set("report", ["drop", "drop"]);
	writeFileSync(stop, "");
	await finished(run);
	expect(await plane.messages(run)).toEqual(numbered((await plane.result(run)) as number));
	expect((await plane.finish(run)).streams).toEqual(Object.fromEntries(run.marks));
});

test("a poll whose answer is lost is asked again by its id, and each run is executed once", async () => {
	await using world = await World.make();
	const { plane } = world;
	const version = await plane.deploy({ "flow.py": "from tidegate import flow\n@flow\ndef flow(n: int):\n    return n\n" });
	plane.faults.set("poll", ["drop", "drop"]);
	const runs = [await plane.trigger(version, { n: 1 }), await plane.trigger(version, { n: 2 })];
	world.agent();
	for (const run of runs) await finished(run);
	expect(plane.faults.get("poll")).toEqual([]);
	const ids = plane.polls.slice(0, 3).map(({ poll }) => poll);
	expect(new Set(ids).size).toBe(1);
	expect(await Promise.all(runs.map((run) => plane.result(run)))).toEqual([1, 2]);
});

test("a process that is killed with its parent has failed, and is tried again, where its agent saw it alive; else it is lost, and so said", async () => {
	await using world = await World.make();
	const { plane } = world;
	const first = world.agent(3);
	const version = await plane.deploy({ "flow.py": COUNTER }, { options: FlowOptions.parse({ retries: 1, retryDelay: 3 }) });
	const runs = await Promise.all([1, 2, 3].map(() => plane.trigger(version, { stop: "/nowhere" })));
	const [started, adopted, unseen] = runs as [RunRecord, RunRecord, RunRecord];
	const kill = ({ assignment }: RunRecord) => {
		const { notes } = RunFolder.read(join(world.home, "runs", nameOf(assignment))) as RunFolder;
		process.kill(-(notes.process?.pid as number), "SIGKILL");
	};
	for (const run of runs) await until("some lines", async () => (await plane.messages(run)).length > 5);
	kill(started);
	await finished(started);
	expect(await first.stop()).toBe(0);
	kill(unseen);
	const before = (await plane.messages(adopted)).length;
	world.agent(3);
	await until("the other goes on", async () => (await plane.messages(adopted)).length > before);
	await finished(unseen);
	expect(unseen.finish).toMatchObject({ outcome: "lost", code: null, signal: null, retryAfter: null });
	expect((await plane.finish(unseen)).note).toMatch(/left no exit code: .* or the host restarted/);
	kill(adopted);
	await finished(adopted);
	for (const run of [started, adopted]) {
		expect(run.finish).toMatchObject({ outcome: "failed", code: null, signal: "SIGKILL", retryAfter: 3 });
		expect((await plane.finish(run)).note).toMatch(/killed together with its parent, by itself or by the kernel/);
	}
});

test("a run that was taken but not yet begun when the agent ended is begun by its next start, once", async () => {
	await using world = await World.make();
	const { plane } = world;
	plane.faults.set("version", Array(1000).fill("drop"));
	const first = world.agent();
	const run = await plane.trigger(await plane.deploy({ "flow.py": "from tidegate import flow\n@flow\ndef flow(n: int):\n    return n\n" }), { n: 3 });
	await until("it is taken", () => run.taken);
	expect(await first.stop()).toBe(0);
	expect(agentStatus(world.home).held).toMatchObject([{ state: "preparing", run: run.assignment.run }]);
	plane.faults.delete("version");
	world.agent();
	await finished(run);
	expect(run.finish?.outcome).toBe("succeeded");
	expect(await plane.result(run)).toBe(3);
});
