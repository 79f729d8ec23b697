// bootstrap.mjs as a user's own Node runs it, in a small checkout whose one package needs no network.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { childEnv, root, systemPath } from "../config.mjs";
import { identify, isAlive } from "../identity.mjs";
import { readLock } from "../lockfile.mjs";
import { until } from "../processes.ts";

// The user's own Node, not the one of the lock file that runs this test.
const node = execFileSync("node", ["-p", "process.execPath"], { env: childEnv({ PATH: systemPath() }), encoding: "utf8" }).trim();
const made = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "tidegate boot ")), "a checkout");
let home: string;
const children: ChildProcess[] = [];

function write(at: string, text: string, mode = 0o644): void {
	fs.mkdirSync(path.dirname(path.join(home, at)), { recursive: true });
	fs.writeFileSync(path.join(home, at), text, { mode });
}

beforeAll(() => {
	home = made;
	for (const file of [
		"config.mjs",
		"progress.mjs",
		"alone.mjs",
		"identity.mjs",
		"lockfile.mjs",
		"start/bootstrap.mjs",
		"start/help.mjs",
		"start/install.mjs",
	]) {
		write(`infra/${file}`, fs.readFileSync(path.join(root, "infra", file), "utf8"));
	}
	write("infra/test/main.ts", "console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 7;\n");
	write("infra/start/main.ts", 'process.on("SIGINT", () => process.exit(5)); console.log("up", process.pid); setInterval(() => {}, 1000);\n');
	// Stands for the npm package "node": what a lock file may name without a network.
	write("packages/node/package.json", '{ "name": "node", "version": "1.0.0", "bin": { "node": "node.sh" } }');
	write("packages/node/node.sh", `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, 0o755);
	const { scripts } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
	const dependencies = { node: "file:packages/node" };
	write("package.json", JSON.stringify({ name: "small", version: "1.0.0", type: "module", scripts, dependencies }));
	execFileSync("npm", ["install", "--package-lock-only", "--no-audit", "--no-fund"], { cwd: home, env: environment(), stdio: "pipe" });
});
afterAll(() => fs.rmSync(path.dirname(made), { recursive: true }));
beforeEach(() => {
	home = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "tidegate boot ")), "a checkout");
	fs.cpSync(made, home, { recursive: true });
});
afterEach(() => {
	for (const child of children.splice(0)) child.kill("SIGKILL");
	fs.rmSync(path.dirname(home), { recursive: true });
});

function environment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
	return childEnv({ PATH: systemPath(), npm_config_cache: path.join(path.dirname(home), "npm"), npm_config_offline: "true", ...extra });
}

function bootstrap(args: string[], extra: Record<string, string> = {}): Promise<{ code: number | null; said: string }> {
	const child = spawn(node, ["infra/start/bootstrap.mjs", ...args], {
		cwd: home,
		env: environment(extra),
		stdio: ["ignore", "pipe", "pipe"],
	});
	children.push(child);
	let said = "";
	child.stdout.on("data", (chunk) => {
		said += chunk;
	});
	child.stderr.on("data", (chunk) => {
		said += chunk;
	});
	return new Promise((resolve) => child.once("close", (code) => resolve({ code, said })));
}

test("it installs once for each lock file, and passes arguments and exit code", async () => {
	const first = await bootstrap(["test", "a filter", "--x"]);
	expect(first.said).toMatch(/✓ install .* npm ci\n\["a filter","--x"\]/);
	expect(first.code).toBe(7);
	expect(await bootstrap(["test"])).toEqual({ code: 7, said: "[]\n" });
	const lock = JSON.parse(fs.readFileSync(path.join(home, "package-lock.json"), "utf8"));
	write("package-lock.json", `${JSON.stringify(lock, null, "\t")}\n`);
	expect((await bootstrap(["test"])).said).toMatch(/✓ install/);
});

test("help is told at once, before anything is installed", async () => {
	const { code, said } = await bootstrap(["start", "--help"]);
	expect(code).toBe(0);
	expect(said).toMatch(/^npm start -- \[options\]/);
	expect(fs.existsSync(path.join(home, "node_modules"))).toBe(false);
});

test("two at once install once", async () => {
	const both = await Promise.all([bootstrap(["test"]), bootstrap(["test"])]);
	expect(both.map(({ code }) => code)).toEqual([7, 7]);
	expect(both.filter(({ said }) => /npm ci\n/.test(said))).toHaveLength(1);
	expect(both.filter(({ said }) => said.includes("by the other start"))).toHaveLength(1);
});

test("an install that was killed does not hold up the next", async () => {
	write(".tidegate/install.lock", JSON.stringify({ holders: [{ pid: process.pid, started: "1@earlier-boot" }] }));
	expect((await bootstrap(["test"])).code).toBe(7);
});

test("packages are not replaced under a running npm start", async () => {
	await bootstrap(["test"]);
	const lock = fs.readFileSync(path.join(home, "package-lock.json"), "utf8");
	write("package-lock.json", `${lock}\n`);
	write(".tidegate/start.lock", JSON.stringify({ holders: [identify(process.pid)], url: "http://localhost:7411" }));
	expect(await bootstrap(["test"])).toEqual({ code: 1, said: expect.stringContaining("Tidegate runs from them (http://localhost:7411)") });
	expect(fs.existsSync(path.join(home, "node_modules", ".bin", "node"))).toBe(true);
});

test("an install whose starter was killed is waited for, and then made whole", async () => {
	// npm calls this; it stands for a long install, which goes on when its starter is gone.
	write("packages/node/package.json", '{ "name": "node", "version": "1.0.0", "bin": { "node": "node.sh" }, "scripts": { "install": "sleep 2" } }');
	const first = bootstrap(["test"]);
	const lock = path.join(home, ".tidegate", "install.lock");
	expect(await until(() => (readLock(lock)?.holders.length ?? 0) === 2, 10_000)).toBe(true);
	const npm = readLock(lock)?.holders[1];
	children.at(-1)?.kill("SIGKILL");
	await first.catch(() => undefined);
	expect(isAlive(npm)).toBe(true);
	expect((await bootstrap(["test"])).code).toBe(7);
	expect(isAlive(npm)).toBe(false);
});

test("a failing npm ci is told with npm's reason, and the next start tries again", async () => {
	const lock = fs.readFileSync(path.join(home, "package-lock.json"), "utf8");
	write("package-lock.json", lock.replaceAll("packages/node", "packages/gone"));
	const { code, said } = await bootstrap(["test"]);
	expect(code).toBe(1);
	expect(said).toMatch(/error: npm ci failed \(exit \d+\):\nnpm error/);
	expect(said).not.toMatch(/\n\s+at /);
	write("package-lock.json", lock);
	expect((await bootstrap(["test"])).code).toBe(7);
});

test("a signal reaches main, and its exit code comes back", async () => {
	await bootstrap(["test"]);
	const running = bootstrap(["start"]);
	const child = children.at(-1);
	await new Promise((resolve) => child?.stdout?.once("data", resolve));
	child?.kill("SIGINT");
	expect((await running).code).toBe(5);
});

test.each([
	["python3 missing", undefined, /python3 was not found.*Install Python 3\.9/],
	["python3 too old", "#!/bin/sh\necho 3008\n", /python3 is 3\.8, and flows need 3\.9/],
	["python3 that does not run", "#!/bin/sh\nexit 127\n", /python3 was not found/],
])("%s is told before anything is installed", async (_, script, message) => {
	fs.mkdirSync(path.join(home, "bin"));
	if (script) write("bin/python3", script, 0o755);
	const { code, said } = await bootstrap(["start"], { PATH: path.join(home, "bin") });
	expect(code).toBe(1);
	expect(said).toMatch(message);
	expect(fs.existsSync(path.join(home, "node_modules"))).toBe(false);
});

test("what is no command is answered with the usage", async () => {
	expect(await bootstrap(["stop"])).toEqual({ code: 1, said: expect.stringContaining("usage: ") });
});

test("who ends npm alone, as a supervisor does, ends what it started", async () => {
	await bootstrap(["test"]);
	const npm = spawn("npm", ["start", "--silent"], { cwd: home, env: environment(), stdio: ["ignore", "pipe", "pipe"] });
	children.push(npm);
	const lines: Buffer[] = [];
	npm.stdout.on("data", (chunk: Buffer) => lines.push(chunk));
	expect(await until(() => Buffer.concat(lines).includes("up "), 30_000)).toBe(true);
	const [, pid] = /up (\d+)/.exec(Buffer.concat(lines).toString()) ?? [];
	npm.kill("SIGTERM");
	await new Promise((resolve) => npm.once("close", resolve));
	expect(identify(Number(pid))).toBeUndefined();
});
