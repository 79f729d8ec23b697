import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { binDir, childEnv } from "../config.mjs";
import { identify } from "../identity.mjs";
import { until } from "../processes.ts";

let state: string;
const children: ChildProcess[] = [];

beforeEach(() => {
	state = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate lock "));
});
afterEach(async () => {
	for (const child of children.splice(0)) child.kill("SIGKILL");
	fs.rmSync(state, { recursive: true });
});

/** A process that takes the lock, says how it went, and holds on. */
function taker(then = "lock.serves('http://localhost:7411');"): Promise<{ said: string; child: ChildProcess }> {
	const script = `
		const { takeLock } = await import(${JSON.stringify(path.join(import.meta.dirname, "lock.ts"))});
		try { const lock = await takeLock((pid) => console.log('waits for ' + pid)); ${then} console.log("taken"); setInterval(() => {}, 1000); }
		catch (error) { console.log(error.message); }`;
	const child = spawn(path.join(binDir, "node"), ["--input-type=module", "-e", script], {
		env: childEnv({ TIDEGATE_STATE: state }),
		stdio: ["ignore", "pipe", "inherit"],
	});
	children.push(child);
	return new Promise((resolve) => child.stdout?.once("data", (said) => resolve({ said: String(said).trim(), child })));
}

test("a second start is refused and told where the first serves", async () => {
	expect((await taker()).said).toBe("taken");
	expect((await taker()).said).toMatch(/already runs from this checkout \(process \d+\) and serves http:\/\/localhost:7411/);
});

test("a start that is ending is waited for, in words, and then followed", async () => {
	const { child: first } = await taker("lock.serves('http://localhost:7411'); lock.ends();");
	const { said, child: second } = await taker();
	expect(said).toBe(`waits for ${first.pid}`);
	const taken = new Promise((resolve) => second.stdout?.once("data", (more) => resolve(String(more).trim())));
	first.kill("SIGKILL");
	expect(await taken).toBe("taken");
});

test("a lock whose holder was killed is taken over", async () => {
	const { child } = await taker();
	child.kill("SIGKILL");
	await until(() => !identify(child.pid ?? 0), 5000);
	expect((await taker()).said).toBe("taken");
});

test("a lock whose pid belongs to a younger process is taken over", async () => {
	fs.writeFileSync(
		path.join(state, "start.lock"),
		JSON.stringify({ holders: [{ pid: process.pid, started: "1@earlier-boot" }], url: "http://localhost:1" }),
	);
	expect((await taker()).said).toBe("taken");
});

test("of many that find a stale lock at once, one gets it", async () => {
	fs.writeFileSync(path.join(state, "start.lock"), JSON.stringify({ holders: [{ pid: 2, started: "gone" }] }));
	const said = await Promise.all([1, 2, 3, 4, 5, 6].map(() => taker()));
	expect(said.filter((one) => one.said === "taken")).toHaveLength(1);
});

test("a released lock is free, and nothing is left", async () => {
	expect((await taker("lock.serves('x'); lock.release();")).said).toBe("taken");
	expect(fs.readdirSync(state)).toEqual([]);
});
