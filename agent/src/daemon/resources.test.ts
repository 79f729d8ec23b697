import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { identify } from "../executors/identity.ts";
import { capacity } from "../executors/memory.ts";
import { FlowOptions } from "../protocol/manifest.ts";
import { judge, retryAfter } from "./end.ts";
import { Gpus } from "./gpus.ts";
import { ofLimit, variablesOf } from "./resources.ts";
import type { RunRecord } from "./testing/deployed.ts";
import { finished, until, World } from "./testing/world.ts";

const MIB = 1024 * 1024;
const options = (asked: Partial<FlowOptions>): FlowOptions => FlowOptions.parse(asked);

const AT = "2026-11-23T06:00:00.000Z";

test("a limit and what was above it are told in one unit, and never look alike", () => {
	expect(ofLimit(4.1 * 1024 * MIB, 4 * 1024 * MIB)).toBe("4.1 of 4 GiB");
	expect(ofLimit(4.04 * 1024 * MIB, 4 * 1024 * MIB)).toBe("4.04 of 4 GiB");
	expect(ofLimit(700 * MIB, 512 * MIB)).toBe("700 of 512 MiB");
});

test("memory is counted over all processes of the run, and what takes too much is ended by name", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const pids = join(world.folder, "pids");
	// Each alone is below the limit; the child is in a session of its own.
	const source = `import os, subprocess, sys, time
from tidegate import flow
EAT = "import time; x = bytearray(120 * 1024 * 1024); x[::4096] = b'x' * len(x[::4096]); print('full', flush=True); time.sleep(600)"
@flow
def flow(pids: str):
    children = [subprocess.Popen([sys.executable, "-c", EAT], start_new_session=True, stdout=subprocess.PIPE) for _ in range(2)]
    for child in children:
        child.stdout.readline()
    with open(pids + ".tmp", "w") as file:
        file.write(" ".join(str(child.pid) for child in children))
    os.rename(pids + ".tmp", pids)
    time.sleep(600)
`;
	const run = await plane.trigger(await plane.deploy({ "flow.py": source }, { options: options({ memory: 200 * MIB }) }), { pids });
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "failed", retryAfter: null });
	expect(run.finish?.peakMemory).toBeGreaterThan(200 * MIB);
	expect((await plane.finish(run)).note).toMatch(/^killed: memory 2\d\d(\.\d)? of 200 MiB$/);
	expect(await plane.error(run)).toMatchObject({ type: "MemoryError", message: expect.stringMatching(/^killed: memory/) });
	expect(world.lines.join("\n")).toMatch(/killed: memory 2\d\d/);
	const ended = (): boolean =>
		readFileSync(pids, "utf8")
			.split(" ")
			.every((pid) => identify(Number(pid)) === undefined);
	if (existsSync(pids)) await until("the end of its children", ended);
});

test("a flow that does not hear its timeout is ended, and has timed out", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const source = `import signal, time
from tidegate import flow
@flow
def flow():
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: exit(9))
    while True:
        time.sleep(0.05)
`;
	const run = await plane.trigger(await plane.deploy({ "flow.py": source }, { options: options({ timeout: 0.5, retries: 1, retryDelay: 7 }) }));
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "timed_out", retryAfter: 7 });
	const folder = join(world.home, "runs", `${run.assignment.run}.1`);
	expect(Date.parse(JSON.parse(readFileSync(join(folder, "run.json"), "utf8")).deadline)).toBeGreaterThan(0);
});

test("a process that was killed, or ended without a word, is tried again while attempts are left, by what its flow asks for", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent(4);
	const source = "import os, signal, sys\nfrom tidegate import flow\n@flow\ndef flow(end='os.kill(os.getpid(), signal.SIGSEGV)'):\n    exec(end)\n";
	const version = await plane.deploy({ "flow.py": source }, { options: options({ retries: 2, retryDelay: 3 }) });
	const [first, last] = [await plane.trigger(version), await plane.trigger(version, undefined, (record) => (record.assignment.attempt = 3))];
	const ends = ["os._exit(9)", "os._exit(0)", "os._exit(124)", "sys.exit(4)"];
	const [nine, zero, late, told] = await Promise.all(ends.map((end) => plane.trigger(version, { end })));
	const node = await plane.trigger(
		await plane.deploy(
			{ "flow.ts": `import { flow } from "tidegate";\nexport const main = flow({}, async function main() { process.exit(4); });\n` },
			{ entry: "flow.ts:main", python: null, node: "24.21", options: options({ retries: 1 }) },
		),
	);
	await Promise.all([first, last, nine, zero, late, told, node].map((each) => finished(each as RunRecord)));
	expect(nine?.finish).toMatchObject({ outcome: "failed", code: 9, retryAfter: 3 });
	expect(zero?.finish).toMatchObject({ outcome: "failed", code: 0, retryAfter: 3 });
	expect(late?.finish).toMatchObject({ outcome: "timed_out", retryAfter: 3 });
	expect(node.finish).toMatchObject({ outcome: "failed", code: 4, retryAfter: 0 });
	// A program's own end, which its author wrote.
	expect(told?.finish).toMatchObject({ outcome: "failed", code: 1, retryAfter: null });
	expect(first.finish).toMatchObject({ outcome: "failed", signal: "SIGSEGV", retryAfter: 3 });
	expect(last.finish).toMatchObject({ outcome: "failed", retryAfter: null });
});

test("a kill that was the kernel's for want of memory is told as that", () => {
	const killed = { signal: "SIGKILL" } as const;
	const plain = { at: AT, cancelled: false, failure: null, breach: null, kernel: null, witnessed: true };
	expect(judge(killed, plain).note).toContain("by hand");
	expect(judge(killed, { ...plain, kernel: "killed: the machine ran out of memory" })).toMatchObject({
		outcome: "failed",
		note: "killed: the machine ran out of memory",
	});
	expect(retryAfter({ ...judge(killed, plain) }, 5, null, 1, false)).toBe(5);
});

test("GPUs are given to one execution at a time, in the order of asking, and a flow that asks for more than there are is refused", async () => {
	vi.stubEnv("TIDEGATE_GPUS", "2");
	onTestFinished(() => void vi.unstubAllEnvs());
	await using world = await World.make();
	const { plane } = world;
	world.agent(3);
	const go = join(world.folder, "go");
	const source = `import os, time
from tidegate import flow
@flow
def flow(go: str, wait: bool = False):
    print("has", os.environ["CUDA_VISIBLE_DEVICES"])
    while wait and not os.path.exists(go):
        time.sleep(0.02)
    return os.environ["CUDA_VISIBLE_DEVICES"]
`;
	const one = await plane.deploy({ "flow.py": source }, { options: options({ gpus: 1 }) });
	const two = await plane.deploy({ "flow.py": source }, { options: options({ gpus: 2 }) });
	const three = await plane.deploy({ "flow.py": source }, { options: options({ gpus: 3 }) });
	const first = await plane.trigger(one, { go, wait: true });
	await until("its GPU", async () => (await plane.messages(first)).includes("has 0"));
	const second = await plane.trigger(two, { go });
	const refused = await plane.trigger(three, { go });
	await finished(refused);
	expect(refused.finish).toMatchObject({ outcome: "refused" });
	expect((await plane.finish(refused)).note).toMatch(/asks for 3 GPUs, and this agent's machine has 2/);
	await until("that it waits", async () => (await plane.messages(second, true)).some((line) => line.includes("waits until 2 GPUs are free")));
	expect(second.started).toBeNull();
	writeFileSync(go, "");
	await finished(second);
	expect(await plane.result(first)).toBe("0");
	expect(await plane.result(second)).toBe("0,1");
});

test("GPUs that were waited for go to the next when the one that waited leaves", async () => {
	const gpus = new Gpus(["0", "1"]);
	const signal = new AbortController();
	const never = new AbortController().signal;
	expect(await gpus.take(1, never, () => undefined)).toEqual(["0"]);
	const large = gpus.take(2, signal.signal, () => undefined);
	const small = gpus.take(1, never, () => undefined);
	signal.abort(new Error("cancelled"));
	await expect(large).rejects.toThrow("cancelled");
	expect(await small).toEqual(["1"]);
});

test("more memory or processors than the machine has are refused, and libraries are told how many they may use", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const source = "import os\nfrom tidegate import flow\n@flow\ndef flow():\n    return os.environ.get('OMP_NUM_THREADS')\n";
	const huge = await plane.trigger(await plane.deploy({ "flow.py": source }, { options: options({ memory: 4 * capacity().memory }) }));
	const small = await plane.trigger(await plane.deploy({ "flow.py": source }, { options: options({ cpu: 1 }) }));
	await Promise.all([finished(huge), finished(small)]);
	expect(huge.finish?.outcome).toBe("refused");
	expect((await plane.finish(huge)).note).toMatch(/asks for [\d.]+ \w+ of memory, and this agent's machine has/);
	expect(await plane.result(small)).toBe("1");
	const around = { OMP_NUM_THREADS: "8", NODE_ENV: "test" } as const;
	expect(variablesOf(options({ cpu: 2.5 }), [], around)).toMatchObject({ OPENBLAS_NUM_THREADS: "2" });
	expect(variablesOf(options({ cpu: 2.5 }), [], around)).not.toHaveProperty("OMP_NUM_THREADS");
});
