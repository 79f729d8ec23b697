import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { childEnv, root } from "../config.mjs";
import { isAlive } from "../identity.mjs";
import { endNoted, type Part, startPart } from "../part.ts";
import { until } from "../processes.ts";
import { supervise } from "./supervise.ts";

let dir: string;
const parts: Part[] = [];

beforeEach(() => {
	dir = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate-parts-"));
});
afterEach(async () => {
	for (const part of parts.splice(0)) await part.stop(500);
	fs.rmSync(dir, { recursive: true });
});

/** A part that runs `script` (TypeScript of this test). */
async function start(script: string): Promise<Part> {
	const file = path.join(dir, "part.mjs");
	fs.writeFileSync(file, script);
	const part = startPart({
		name: "part",
		script: path.relative(root, file),
		env: childEnv(),
		log: path.join(dir, "logs", "part.log"),
		note: path.join(dir, "part.json"),
	});
	parts.push(part);
	return part;
}
const idle = 'console.log("up"); setInterval(() => {}, 1000);';

test("a part that is killed is started again, and stays ended once stopped", async () => {
	const supervised = supervise(
		"The part",
		await start(idle),
		() => start(idle),
		(advice) => expect.unreachable(advice),
	);
	const first = supervised.current().who;
	process.kill(first.pid, "SIGKILL");
	expect(await until(() => supervised.current().who.pid !== first.pid, 10_000)).toBe(true);
	const second = supervised.current().who;
	expect(isAlive(second)).toBe(true);
	await supervised.stop();
	expect(isAlive(second)).toBe(false);
});

test("a part that will not stay up is given up with the place of its log", async () => {
	let advice = "";
	const dies = "process.exit(3);";
	const delays = [10, 10, 10];
	supervise(
		"The part",
		await start(dies),
		() => start(dies),
		(said) => {
			advice = said;
		},
		delays,
	);
	expect(await until(() => advice !== "", 10_000)).toBe(true);
	expect(advice).toBe(`The part died 3 times in a row. Its log says why: ${path.join(dir, "logs", "part.log")}`);
});

test("a part is found by its note and ended by the next start; a stranger with its pid is not", async () => {
	const part = await start(idle);
	const note = path.join(dir, "part.json");
	fs.writeFileSync(path.join(dir, "stranger.json"), JSON.stringify({ pid: part.who.pid, started: "1@another" }));
	expect(await endNoted(path.join(dir, "stranger.json"))).toBe(false);
	expect(isAlive(part.who)).toBe(true);
	expect(await endNoted(note)).toBe(true);
	expect(isAlive(part.who)).toBe(false);
	expect(fs.existsSync(note)).toBe(false);
});

test("a part ends when its starter is killed", async () => {
	fs.writeFileSync(path.join(dir, "idle.mjs"), idle);
	const starter = await start(`
		const { startPart } = await import(${JSON.stringify(path.join(root, "infra", "part.ts"))});
		const { childEnv } = await import(${JSON.stringify(path.join(root, "infra", "config.mjs"))});
		startPart({ name: "inner", script: ${JSON.stringify(path.relative(root, path.join(dir, "idle.mjs")))}, env: childEnv(),
			log: ${JSON.stringify(path.join(dir, "inner.log"))}, note: ${JSON.stringify(path.join(dir, "inner.json"))} });
		setInterval(() => {}, 1000);`);
	const inner = () => JSON.parse(fs.readFileSync(path.join(dir, "inner.json"), "utf8"));
	expect(
		await until(() => fs.existsSync(path.join(dir, "inner.log")) && fs.readFileSync(path.join(dir, "inner.log"), "utf8").includes("up"), 10_000),
	).toBe(true);
	const who = inner();
	expect(isAlive(who)).toBe(true);
	process.kill(starter.who.pid, "SIGKILL");
	expect(await until(() => !isAlive(who), 10_000)).toBe(true);
});
