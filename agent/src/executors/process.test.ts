import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import type { Exit, Held } from "./executor.ts";
import { identify, marked } from "./identity.ts";
import { processes } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate process "));
const PATH = "/usr/bin:/bin";
afterAll(() => rmSync(folder, { recursive: true }));

let runs = 0;
async function begin(script: string): Promise<Held> {
	const run = `test-${process.pid}-${runs++}`;
	const own = join(folder, run);
	mkdirSync(own);
	const process_ = await processes.start({
		run,
		execution: 1,
		folder: own,
		cwd: own,
		command: ["/bin/sh", "-c", script],
		environment: { PATH, NODE_ENV: "test" },
	});
	// From here on its parent has begun, and lives through signals to the group.
	await expect.poll(() => existsSync(join(own, "begun")), { timeout: 10_000, interval: 5 }).toBe(true);
	return { run, execution: 1, folder: own, process: process_ };
}

async function exitOf(held: Held): Promise<Exit> {
	for (let waited = 0; waited < 10_000; waited += 5) {
		const exit = processes.exit(held.folder);
		if (exit) return exit;
		await sleep(5);
	}
	throw new Error("it did not end within 10 s");
}

test("the end of a process is told as its code, or as the signal that ended it", async () => {
	expect(await exitOf(await begin("exit 0"))).toEqual({ code: 0 });
	expect(await exitOf(await begin("exit 42"))).toEqual({ code: 42 });
	expect(await exitOf(await begin("kill -SEGV $$"))).toEqual({ signal: "SIGSEGV" });
	expect(await exitOf(await begin("kill -KILL $$"))).toEqual({ signal: "SIGKILL" });
	expect(await exitOf(await begin("exit 143"))).toEqual({ code: 143 });
});

test("what a process prints goes to its run directory, and the parent writes nothing there before its end", async () => {
	const held = await begin("echo out; echo err >&2; sleep 0.2");
	expect(processes.isAlive(held)).toBe(true);
	expect(existsSync(join(held.folder, "exit"))).toBe(false);
	await exitOf(held);
	expect(readFileSync(join(held.folder, "out.log"), "utf8")).toBe("out\n");
	expect(readFileSync(join(held.folder, "err.log"), "utf8")).toBe("err\n");
});

test("a second start in the same run directory starts nothing", async () => {
	const held = await begin("echo once; sleep 0.2");
	const again = await processes.start({
		run: held.run,
		execution: 1,
		folder: held.folder,
		cwd: held.folder,
		command: ["/bin/sh", "-c", "echo twice"],
		environment: { PATH, NODE_ENV: "test" },
	});
	await exitOf(held);
	for (let waited = 0; waited < 2000 && identify(again.pid); waited += 5) await sleep(5);
	expect(readFileSync(join(held.folder, "out.log"), "utf8")).toBe("once\n");
});

test("a process is found by its marker alone, and by the exact one only", async () => {
	const held = await begin("sleep 30");
	expect(await processes.find(held.run, 1)).toBeDefined();
	expect(await marked(held.run, 2)).toEqual([]);
	await processes.end(held, 1000);
	expect(await marked(held.run, 1)).toEqual([]);
	// A shell tells an end by SIGTERM like the SDK's own exit code for it.
	expect(await exitOf(held)).toEqual({ code: 143 });
});

test("a process that hears no SIGTERM is ended after its grace, and the end is told", async () => {
	const held = await begin("trap '' TERM; echo deaf; sleep 30 & wait; sleep 30");
	await expect.poll(() => readFileSync(join(held.folder, "out.log"), "utf8"), { timeout: 10_000, interval: 5 }).toBe("deaf\n");
	await processes.end(held, 100);
	expect(await marked(held.run, 1)).toEqual([]);
	expect(await exitOf(held)).toEqual({ signal: "SIGKILL" });
});

test("another process that has the pid of one that ended is not it", async () => {
	const held = await begin("exit 0");
	await exitOf(held);
	const impostor: Held = { ...held, process: { ...held.process, pid: process.pid } };
	expect(processes.isAlive(impostor)).toBe(false);
});

test("processor time of the command is told after its end", async () => {
	const held = await begin("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done");
	await exitOf(held);
	expect(processes.usage(held).cpuSeconds).toBeGreaterThan(0.05);
});
