// `npm start` as a user runs it, with its data in a temporary folder: started, killed, started again.
import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { binDir, childEnv, root } from "../config.mjs";
import { type Identity, identify, isAlive } from "../identity.mjs";
import { freePort } from "../ports.ts";
import { processesIn, until } from "../processes.ts";

let state: string;
const children: Running[] = [];
type Running = { child: ChildProcess; said(): string; code: Promise<number | null> };

beforeEach(() => {
	state = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate start "));
});
afterEach(async () => {
	for (const { child, code } of children.splice(0)) {
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

test("the first start runs the example to its result and ends with a link; Ctrl-C ends all parts in order; the second start keeps the run", async () => {
	const first = await up();
	expect(first.said()).toMatch(
		/✓ build[\s\S]*✓ postgres[\s\S]*✓ migrate[\s\S]*✓ control plane[\s\S]*✓ workspace[\s\S]*✓ agent[\s\S]*✓ example[\s\S]*✓ run succeeded/,
	);
	expect(first.said()).toMatch(/http:\/\/localhost:\d+\/sign-in#token=[\w-]+&key=tgk_[\w-]+/);
	expect(first.said()).toContain(path.join(state, "cli"));
	const before = parts();
	expect(before.length).toBeGreaterThan(2);
	first.child.kill("SIGINT");
	expect(await first.code).toBe(0);
	expect(first.said()).toMatch(/agent ended[\s\S]*control plane ended[\s\S]*postgres ended/);
	expect(before.filter(isAlive)).toEqual([]);
	expect(fs.existsSync(path.join(state, "start.lock"))).toBe(false);

	const second = await up("--no-example");
	expect(second.said()).toContain("nothing changed");
	const cli = spawn(path.join(binDir, "node"), [path.join(root, "agent", "bin", "tidegate.mjs"), "runs", "--json"], {
		env: childEnv({ TIDEGATE_HOME: path.join(state, "cli") }),
	});
	let listed = "";
	cli.stdout.on("data", (chunk) => {
		listed += chunk;
	});
	await new Promise((resolve) => cli.once("close", resolve));
	expect(listed).toContain('"succeeded"');
});

test("secrets are readable by their owner only", async () => {
	await up("--no-example");
	for (const file of ["secret", "postgres/password", "cli/config.json", "cli/device.json", "agent/identity.json", "logs/control-plane.log"]) {
		expect(`${file} ${(fs.statSync(path.join(state, file)).mode & 0o077).toString(8)}`).toBe(`${file} 0`);
	}
});

test("a second start at the same time is refused with the address of the first", async () => {
	const first = await up("--no-example");
	const url = first.said().match(/http:\/\/localhost:\d+/)?.[0];
	const second = start();
	expect(await second.code).toBe(1);
	expect(second.said()).toContain(`serves ${url}`);
});

test("kill -9 of the starter takes its parts along, and the next start works", async () => {
	const first = await up("--no-example");
	const before = parts();
	first.child.kill("SIGKILL");
	await first.code;
	expect(await until(() => !before.some(isAlive), 20_000)).toBe(true);
	await up("--no-example");
});

test("kill -9 of each part, and it runs again by itself", async () => {
	const running = await up("--no-example");
	const well = (name: string) => running.said().includes(`${name} runs again`);
	for (const [name, who] of [
		["The agent", note("agent")],
		["The control plane", note("control-plane")],
		["Postgres", postmaster()],
	] as const) {
		expect(isAlive(who)).toBe(true);
		process.kill(who?.pid ?? 0, "SIGKILL");
		expect(await until(() => well(name), 30_000)).toBe(true);
		expect(running.said()).toContain(`${name} died`);
	}
	running.child.kill("SIGINT");
	expect(await running.code).toBe(0);
	expect(parts().filter(isAlive)).toEqual([]);
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

test("--fresh says what it deletes, and begins anew", async () => {
	const first = await up("--no-example");
	first.child.kill("SIGINT");
	await first.code;
	const before = fs.readFileSync(path.join(state, "cli", "config.json"), "utf8");
	const second = await up("--no-example", "--fresh");
	expect(second.said()).toMatch(/--fresh deletes .*: .*postgres/);
	expect(fs.readFileSync(path.join(state, "cli", "config.json"), "utf8")).not.toBe(before);
});
