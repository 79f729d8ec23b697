// `npm start` as a user runs it, with its data in a temporary folder: started, killed, started again. The tests
// tell one story, in order, since each start takes seconds.
import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../command.ts";
import { binDir, childEnv, root } from "../config.mjs";
import { type Identity, identify, isAlive } from "../identity.mjs";
import { readLock } from "../lockfile.mjs";
import { freePort } from "../ports.ts";
import { processesIn, until } from "../processes.ts";

let state: string;
let now: Running;
const children: Running[] = [];
type Running = { child: ChildProcess; said(): string; code: Promise<number | null> };

beforeAll(() => {
	state = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate start "));
});
afterAll(async () => {
	for (const { child, code } of children) {
		child.kill("SIGTERM");
		await code;
	}
	for (const who of parts()) await until(() => !isAlive(who), 15_000);
	fs.rmSync(state, { recursive: true, force: true, maxRetries: 5 });
});

function start(...args: string[]): Running {
	// A session of its own, as a terminal would give it, so that a signal reaches only whom the test means.
	const child = spawn(path.join(binDir, "node"), [path.join(root, "infra", "start", "main.ts"), ...args], {
		cwd: root,
		env: childEnv({ TIDEGATE_STATE: state }),
		stdio: ["ignore", "pipe", "pipe"],
		detached: true,
	});
	let text = "";
	const keep = (chunk: Buffer) => {
		text += chunk;
	};
	child.stdout.on("data", keep);
	child.stderr.on("data", keep);
	const running = { child, said: () => text, code: new Promise<number | null>((resolve) => child.once("close", resolve)) };
	children.push(running);
	return running;
}

async function up(...args: string[]): Promise<Running> {
	const running = start("--port", String(await freePort()), ...args);
	let gone = false;
	running.code.then(() => {
		gone = true;
	});
	await until(() => gone || running.said().includes("Ctrl-C ends it"), 100_000, 50);
	expect(running.said()).toContain("Ctrl-C ends it");
	return running;
}

/** Runs a command of the CLI with the home that `npm start` made; resolves to what it prints. */
async function cli(...args: string[]): Promise<string> {
	const script = path.join(root, "agent", "bin", "tidegate.mjs");
	const { code, stdout, output } = await run(path.join(binDir, "node"), [script, ...args], childEnv({ TIDEGATE_HOME: path.join(state, "cli") }));
	expect(`${code} ${code === 0 ? "" : output}`).toBe("0 ");
	return stdout;
}

function note(name: string): Identity {
	return JSON.parse(fs.readFileSync(path.join(state, "parts", `${name}.json`), "utf8"));
}

/** Every process that belongs to this start. */
function parts(): Identity[] {
	const noted = ["agent", "control-plane"].flatMap((name) => (fs.existsSync(path.join(state, "parts", `${name}.json`)) ? [note(name)] : []));
	const data = path.join(state, "postgres", "data");
	return [...noted, ...(fs.existsSync(data) ? processesIn(data) : [])];
}

function postmaster(): Identity | undefined {
	return identify(Number(fs.readFileSync(path.join(state, "postgres", "data", "postmaster.pid"), "utf8").split("\n")[0]));
}

test("the first start runs the example to its result, and ends with a link and where the key lies", async () => {
	now = await up();
	expect(now.said()).toMatch(
		/✓ build[\s\S]*✓ postgres[\s\S]*✓ migrate[\s\S]*✓ control plane[\s\S]*✓ workspace[\s\S]*✓ agent[\s\S]*✓ example[\s\S]*✓ run succeeded/,
	);
	expect(now.said()).toMatch(/http:\/\/localhost:\d+\/sign-in#token=[\w-]+&key=tgk_[\w-]+/);
	expect(now.said()).toContain(path.join(state, "cli"));
});

test("secrets are readable by their owner only", () => {
	for (const file of ["secret", "postgres/password", "cli/config.json", "cli/device.json", "agent/identity.json", "logs/control-plane.log"]) {
		expect(`${file} ${(fs.statSync(path.join(state, file)).mode & 0o077).toString(8)}`).toBe(`${file} 0`);
	}
});

test("a second start at the same time leaves the first alone and gives another sign-in link; with options it is refused", async () => {
	const link = /\/sign-in#token=tgl_\S+/;
	const second = start();
	expect(await second.code).toBe(0);
	expect(second.said()).toContain("already runs");
	expect(second.said()).toMatch(link);
	expect(second.said().match(link)?.[0]).not.toBe(now.said().match(link)?.[0]);
	const third = start("--fresh");
	expect(await third.code).toBe(1);
	expect(third.said()).toMatch(/already runs .* serves http:\/\/localhost:\d+/);
	expect(now.child.exitCode).toBeNull();
});

test("Ctrl-C ends all parts in order and leaves none", async () => {
	const before = parts();
	expect(before.length).toBeGreaterThan(2);
	now.child.kill("SIGINT");
	expect(await now.code).toBe(0);
	expect(now.said()).toMatch(/agent ended[\s\S]*control plane ended[\s\S]*postgres ended/);
	expect(before.filter(isAlive)).toEqual([]);
	expect(fs.existsSync(path.join(state, "start.lock"))).toBe(false);
});

test("a port that is taken is refused when asked for", async () => {
	const thief = net.createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => thief.once("listening", resolve));
	const { port } = thief.address() as net.AddressInfo;
	const running = start("--port", String(port));
	expect(await running.code).toBe(1);
	expect(running.said()).toContain(`Port ${port} is taken`);
	thief.close();
});

test("the second start builds nothing, runs nothing and keeps the run", async () => {
	now = await up();
	expect(now.said()).toContain("nothing changed");
	expect(now.said()).not.toContain("✓ example");
	expect(await cli("runs", "--json")).toContain('"succeeded"');
});

test("after kill -9 of a part it runs again by itself", async () => {
	for (const [name, who] of [
		["The agent", note("agent")],
		["The control plane", note("control-plane")],
		["Postgres", postmaster()],
	] as const) {
		expect(isAlive(who)).toBe(true);
		process.kill(who?.pid ?? 0, "SIGKILL");
		expect(await until(() => now.said().includes(`${name} runs again`), 30_000)).toBe(true);
		expect(now.said()).toContain(`${name} died`);
	}
});

test("kill -9 of the starter takes its parts along; --fresh then says what it deletes, and begins anew", async () => {
	const before = parts();
	expect(before.length).toBeGreaterThan(2);
	now.child.kill("SIGKILL");
	await now.code;
	expect(await until(() => !before.some(isAlive), 20_000)).toBe(true);
	const config = fs.readFileSync(path.join(state, "cli", "config.json"), "utf8");
	now = await up("--no-example", "--fresh");
	expect(now.said()).toMatch(/--fresh deletes .*: .*postgres/);
	expect(fs.readFileSync(path.join(state, "cli", "config.json"), "utf8")).not.toBe(config);
});

test("a lost workspace key is found again in the agent's home", async () => {
	now.child.kill("SIGINT");
	await now.code;
	fs.rmSync(path.join(state, "cli", "keys"), { recursive: true });
	const link = (running: Running) => running.said().match(/&key=(tgk_[\w-]+)/)?.[1];
	const before = link(now);
	now = await up("--no-example");
	expect(link(now)).toBe(before);
	expect(before).toBeTruthy();
});

test("Ctrl-C says how many runs go on, and a second Ctrl-C ends those too", async () => {
	const flow = path.join(state, "sleepy.py");
	fs.writeFileSync(flow, "import time\nfrom tidegate import flow\n\n@flow\ndef sleepy():\n    print('asleep', flush=True)\n    time.sleep(600)\n");
	await cli("deploy", flow);
	await cli("run", "sleepy");
	expect(await until(async () => (await cli("runs", "--json")).includes('"running"'), 20_000, 100)).toBe(true);
	const inside = () => processesIn(runFolder());
	const runFolder = () => {
		const runs = path.join(state, "agent", "runs");
		return path.join(runs, fs.readdirSync(runs)[0] ?? "", "project");
	};
	expect(await until(() => inside().length > 0, 10_000)).toBe(true);
	const sleeping = inside();
	now.child.kill("SIGINT");
	expect(await until(() => now.said().includes("1 run goes on"), 20_000)).toBe(true);
	// So that a start of this moment waits, and asks nothing of a Postgres that has ended.
	expect(readLock(path.join(state, "start.lock"))?.ending).toBe(true);
	expect(sleeping.filter(isAlive)).toEqual(sleeping);
	now.child.kill("SIGINT");
	expect(await now.code).toBe(0);
	expect(now.said()).toContain("1 run ended");
	expect(sleeping.filter(isAlive)).toEqual([]);
});
