import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import type { Exit, Held } from "./executor.ts";
import { bootId, identify, isAlive, kill, type ProcessIdentity } from "./identity.ts";
import { marked } from "./kin.ts";
import { nothingMeasured } from "./memory.ts";
import { processes } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate process "));
const PATH = "/usr/bin:/bin";
const foreign: ChildProcess[] = [];
afterAll(() => {
	for (const { pid } of foreign) if (pid) kill(-pid, "SIGKILL");
	rmSync(folder, { recursive: true });
});

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
	const held = await begin("echo on; exec sleep 30");
	// Before that its parent alone would hear a signal.
	await expect.poll(() => readFileSync(join(held.folder, "out.log"), "utf8"), { timeout: 10_000, interval: 5 }).toBe("on\n");
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

test("signals that come while the parent writes down the end do not keep it from being told", async () => {
	for (let round = 0; round < 20; round++) {
		const held = await begin(`trap '' TERM; : >deaf; sleep 0.02; exit 3`);
		await expect.poll(() => existsSync(join(held.folder, "deaf")), { timeout: 10_000, interval: 1 }).toBe(true);
		while (isAlive(held.process)) {
			kill(-held.process.pid, "SIGTERM");
			await sleep(0);
		}
		expect(processes.exit(held.folder)).toEqual({ code: 3 });
	}
});

test("another process that has the pid of one that ended is not it", async () => {
	const held = await begin("exit 0");
	await exitOf(held);
	const impostor: Held = { ...held, process: { ...held.process, pid: process.pid } };
	expect(processes.isAlive(impostor)).toBe(false);
});

test("the parent's own few megabytes pass for no flow's peak", async () => {
	const alone = spawn("/bin/sleep", ["60"], { detached: true });
	foreign.push(alone);
	const held = { run: "alone", execution: 1, folder, process: identify(alone.pid as number) as ProcessIdentity };
	const before = processes.measure(held, nothingMeasured, null);
	expect(before).toMatchObject({ peak: null, kin: [{ pid: alone.pid }] });
	const both = await begin("sleep 60 & wait");
	await expect.poll(() => processes.measure(both, nothingMeasured, null).peak).toBeGreaterThan(0);
	await processes.end(both, 1_000);
});

test("processor time of the command is told after its end", async () => {
	const held = await begin("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done");
	await exitOf(held);
	expect(processes.cpuSeconds(held.folder)).toBeGreaterThan(0.05);
});

/** What somebody else runs here, as a group of its own. @returns the pid of its leader, and of the process that its script printed the pid of. */
async function another(script: string): Promise<{ leader: number; told: ProcessIdentity }> {
	const child = spawn("/bin/sh", ["-c", script], { detached: true, cwd: "/", env: { PATH, NODE_ENV: "test" }, stdio: ["ignore", "pipe", "ignore"] });
	foreign.push(child);
	const pid = await new Promise<number>((resolve) => child.stdout.once("data", (line) => resolve(Number(line))));
	return { leader: child.pid as number, told: identify(pid) as ProcessIdentity };
}

test.each([
	["whose leader lives", "sleep 60 & echo $!; wait"],
	["whose leader is gone", "sleep 60 >/dev/null & echo $!"],
])("a foreign group %s, that was given the number of one that ended, is left alone", async (_, script) => {
	const { leader, told } = await another(script);
	// As a restarted agent finds it in its notes: begun before, with the same pid.
	const held: Held = { run: "before", execution: 1, folder: join(folder, "before"), process: { pid: leader, started: "1", boot: bootId() } };
	await processes.sweep(held);
	await processes.end(held, 100);
	expect(isAlive(told)).toBe(true);
});

/** As in a container: a first process of its own, on the same host. @returns what it printed. */
function inside(program: string): string | undefined {
	const [unshare = "", ...namespace] = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];
	const { status, stdout } = spawnSync(unshare, [...namespace, process.execPath, "--input-type=module", "-e", program], { encoding: "utf8" });
	return status === 0 ? stdout.trim() : undefined;
}

// Some hosts let nobody make a namespace.
test.skipIf(inside("") === undefined)("another start of the same container is another boot, though its host and its pids are the same", () => {
	const ask = `import { bootId } from ${JSON.stringify(join(import.meta.dirname, "identity.ts"))}; console.log(bootId());`;
	expect(new Set([bootId(), inside(ask), inside(ask)]).size).toBe(3);
	expect(bootId().length).toBeLessThanOrEqual(64);
});

test.each([
	["as long as its parent lives", "cd /; env -i setsid sleep 300 >/dev/null 2>&1 & echo $!; wait"],
	["without a parent, by where it writes", "(cd /; env -i setsid sleep 300 & echo $!); sleep 300"],
	["without a parent, by where it stands", "(env -i setsid sleep 300 >/dev/null 2>&1 & echo $!); sleep 300"],
])("a child with an environment and a session of its own is found and ended, %s", async (_, script) => {
	const held = await begin(script);
	const told = (): number => Number(readFileSync(join(held.folder, "out.log"), "utf8"));
	await expect.poll(told, { timeout: 10_000, interval: 5 }).toBeGreaterThan(1);
	const child = identify(told()) as ProcessIdentity;
	// Its number is told before it has become what it will be.
	await expect.poll(async () => (await marked(held.run, 1)).map(({ pid }) => pid)).not.toContain(child.pid);
	await processes.end(held, 1000);
	expect(isAlive(child)).toBe(false);
});

test("a child with an environment and a session of its own is ended after a normal end too", async () => {
	const held = await begin("env -i setsid sleep 300 & echo $!");
	await exitOf(held);
	const child = identify(Number(readFileSync(join(held.folder, "out.log"), "utf8"))) as ProcessIdentity;
	await processes.sweep(held);
	await expect.poll(() => isAlive(child), { timeout: 10_000 }).toBe(false);
});

test("a process that only stands in the run directory, and has another parent, is left alone", async () => {
	const held = await begin("sleep 300");
	const visitor = spawn("sleep", ["60"], { cwd: held.folder, env: { PATH, NODE_ENV: "test" }, stdio: "ignore", detached: true });
	foreign.push(visitor);
	await processes.end(held, 1000);
	expect(identify(visitor.pid as number)).toBeDefined();
});
