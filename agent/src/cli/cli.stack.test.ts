import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../infra/ports.ts";
import { type Stack, startStack } from "../../../infra/test/stack.ts";

let stack: Stack;
let folder: string;

beforeAll(async () => {
	stack = await startStack({ pages: false, slots: 4 });
	folder = mkdtempSync(join(tmpdir(), "tidegate cli "));
});
afterAll(async () => {
	await stack?.stop();
	rmSync(folder, { recursive: true, force: true });
});

/** Writes a project and gives its folder. */
function project(name: string, files: Record<string, string>): string {
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(folder, name, path)), { recursive: true });
		writeFileSync(join(folder, name, path), text);
	}
	return join(folder, name);
}

const hello = (greeting: string): string => `from tidegate import flow, task

@task
def greet(name: str) -> str:
    print("${greeting}", name)
    return "${greeting} " + name

@flow
def hello(name: str = "world", times: int = 1):
    """Greets."""
    return [greet(name) for _ in range(times)]
`;

describe("a setting", () => {
	it("is got by its name, refused where it is broken JSON, and what it asks for is looked for", async () => {
		expect(await stack.cli(["variable", "set", "RULES", '{"a": '])).toMatchObject({
			code: 2,
			stderr: expect.stringContaining("RULES: it begins as JSON, and is none:"),
		});
		expect((await stack.cli(["variable", "set", "RULES", '{"a": [1]}'])).code).toBe(0);
		expect(await stack.cli(["variable", "get", "RULES"])).toMatchObject({ code: 0, stdout: '{"a":[1]}\n' });
		expect(await stack.cli(["variable", "get", "RULES", "--pool", "gpu"])).toMatchObject({
			code: 1,
			stderr: expect.stringContaining("there is no variable RULES for the agents of pool gpu, but one for every agent of the workspace."),
		});
		expect(await stack.cli(["connection", "set", "DB", "postgresql://me:{NOBODY_SET}@h/d"])).toMatchObject({
			code: 0,
			stderr: expect.stringContaining("! this workspace keeps no secret NOBODY_SET"),
		});
		const home = stack.agents[0]?.home as string;
		for (const [source, given, said] of [
			["--file", "nowhere.txt", /^! it cannot be had now: file .*nowhere\.txt cannot be read: ENOENT/],
			["--env", "NOT_SET_ANYWHERE", /^! NOT_SET_ANYWHERE is not set here/],
			["--command", "nosuchprogram -x", /^! it cannot be had now: command nosuchprogram failed/],
		] as const) {
			expect(await stack.cli(["agent", "secret", "set", "GONE", source, given, "--home", home])).toMatchObject({
				code: 0,
				stderr: expect.stringMatching(said),
			});
		}
		expect((await stack.cli(["agent", "secret", "remove", "GONE", "--home", home])).code).toBe(0);
	});
});

describe("from an empty folder to a result", () => {
	it("deploys, runs, is edited, deployed again, and shows its new line", async () => {
		const cwd = project("hello", { "flow.py": hello("Hello") });
		const first = await stack.cli(["deploy"], { cwd });
		expect(first).toMatchObject({ code: 0, stderr: "" });
		expect(first.stdout).toMatch(/^hello v1 is live: 1 file, \d+ B, [\d.]+ (B|KiB) sent, /);

		const run = await stack.cli(["run", "hello", "-p", "name=tide", "--watch"], { cwd });
		expect(run).toMatchObject({ code: 0, stderr: "" });
		// In this order where they arrive together, as they mostly do; nothing is held back for it.
		for (const said of [/\nstarted greet\n/, /\n.*greet Hello tide\n/, /\nsucceeded greet .*\n/]) expect(run.stdout).toMatch(said);
		expect(run.stdout).toMatch(/succeeded after .*\n\["Hello tide"\]\n$/);

		const again = await stack.cli(["deploy"], { cwd });
		expect(again.stdout).toMatch(/^hello v1 is unchanged: 1 file, \d+ B, nothing sent, /);

		project("hello", { "flow.py": hello("Ahoy") });
		expect((await stack.cli(["deploy"], { cwd })).stdout).toMatch(/^hello v2 is live/);
		expect((await stack.cli(["run", "hello", "--watch"], { cwd })).stdout).toContain("Ahoy world");
		expect((await stack.cli(["run", "hello", "--version", "1", "--watch"], { cwd })).stdout).toContain("Hello world");
	});

	it("gives programs JSON and nothing else", async () => {
		const cwd = project("hello", { "flow.py": hello("Ahoy") });
		const [deployed] = JSON.parse((await stack.cli(["deploy", "--json"], { cwd })).stdout);
		expect(deployed).toMatchObject({ flow: "hello", unchanged: true, files: 1, uploaded: 0 });
		const run = JSON.parse((await stack.cli(["run", "hello", "--json", "--label", "team=birds"], { cwd })).stdout);
		expect(run).toMatchObject({ flow: "hello", number: 2, state: "queued", url: `${stack.url}/runs/${run.id}` });
		const log = await stack.cli(["logs", "-f", "--json", run.id.slice(-8)], { cwd });
		const lines = log.stdout
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(lines).toContainEqual(expect.objectContaining({ text: "Ahoy world", level: "info", task: "greet#0", stream: "stdout" }));
		expect((await stack.cli(["logs", "--json", run.id])).stdout).toBe(log.stdout);
		const shown = await stack.cli(["show", run.id.slice(-8)]);
		expect(shown.stdout).toMatch(
			/^succeeded {2}hello v2 .*\nqueued .*, agent .*, took .*\nTASK\tSTATE\tATTEMPT\tTOOK\tWHAT\ngreet#0\tsucceeded\t1\t\d+ ms\t/,
		);
		const detail = JSON.parse((await stack.cli(["show", "--json", run.id])).stdout);
		expect(detail).toMatchObject({ id: run.id, state: "succeeded", parameters: {}, tasks: [{ key: "greet#0", state: "succeeded" }], error: null });
		const labelled = JSON.parse((await stack.cli(["runs", "--json", "--label", "team=birds"])).stdout);
		expect(labelled.map(({ id }: { id: string }) => id)).toEqual([run.id]);
		expect(JSON.parse((await stack.cli(["flows", "--json"])).stdout)[0]).toMatchObject({ name: "hello", live: { number: 2 } });
		expect(JSON.parse((await stack.cli(["versions", "hello", "--json"])).stdout)).toHaveLength(2);
	});

	it("tags flows and lists those that have a tag", async () => {
		expect(await stack.cli(["flows", "tag", "hello", "add", "nightly", "birds"])).toMatchObject({ code: 0, stdout: "birds\nnightly\n" });
		expect((await stack.cli(["flows", "tag", "hello", "remove", "birds", "--json"])).stdout.trim()).toBe('{"flow":"hello","tags":["nightly"]}');
		const tagged = JSON.parse((await stack.cli(["flows", "--tag", "nightly", "--json"])).stdout);
		expect(tagged).toMatchObject([{ name: "hello", tags: ["nightly"] }]);
		expect(await stack.cli(["flows", "--tag", "birds"])).toMatchObject({ code: 0, stdout: "", stderr: "no flow has this tag.\n" });
		expect(await stack.cli(["flows", "tag", "hello", "add", "a,b"])).toMatchObject({ code: 2, stderr: expect.stringContaining("letters, digits") });
	});

	it("deploys every flow of a folder, and of a single file only that", async () => {
		const cwd = project("several", {
			"a.py": hello("A").replaceAll("hello", "alpha"),
			"b.py": hello("B").replaceAll("hello", "beta"),
			"data/x.csv": "1",
		});
		const all = JSON.parse((await stack.cli(["deploy", "--json"], { cwd })).stdout);
		expect(all.map(({ flow, files }: { flow: string; files: number }) => [flow, files]).sort()).toEqual([
			["alpha", 3],
			["beta", 3],
		]);
		expect(JSON.parse((await stack.cli(["deploy", "--json", "a.py"], { cwd })).stdout)).toMatchObject([{ flow: "alpha", number: 2, files: 1 }]);
	});
});

describe("a run that fails", () => {
	it("ends the command with 1 and the traceback", async () => {
		const cwd = project("fails", { "flow.py": "from tidegate import flow\n\n@flow\ndef fails():\n    return 1 / 0\n" });
		await stack.cli(["deploy"], { cwd });
		const run = await stack.cli(["run", "fails", "--watch"], { cwd });
		expect(run.code).toBe(1);
		expect(run.stdout).toMatch(/Traceback \(most recent call last\):[\s\S]*return 1 \/ 0[\s\S]*ZeroDivisionError: division by zero\n/);
		const [{ id }] = JSON.parse((await stack.cli(["runs", "--flow", "fails", "--json"])).stdout);
		expect(await stack.cli(["show", id])).toMatchObject({
			code: 0,
			stdout: expect.stringMatching(/^failed {2}fails v1 [\s\S]*return 1 \/ 0[\s\S]*ZeroDivisionError/),
		});
	});

	it("that is cancelled ends whoever waits for it, and is not cancelled twice", async () => {
		const cwd = project("sleeps", { "flow.py": "import time\nfrom tidegate import flow\n\n@flow\ndef sleeps():\n    time.sleep(60)\n" });
		await stack.cli(["deploy"], { cwd });
		const { id } = JSON.parse((await stack.cli(["run", "sleeps", "--json"])).stdout);
		const watched = stack.cli(["logs", "-f", id]);
		const result = stack.client.run(id).then((run) => run.result());
		result.catch(() => {});
		expect((await stack.cli(["cancel", id.slice(-10)])).stdout).toContain("is being cancelled");
		expect((await watched).code).toBe(0);
		await expect(result).rejects.toMatchObject({ name: "RunFailed", state: "cancelled" });
		expect((await stack.cli(["cancel", id])).stdout).toContain("has ended: cancelled");
	});
});

describe("what is wrong is said, with the exit code that belongs to it", () => {
	it.each([
		["an unknown flow", ["run", "helo"], 1, /helo.*Did you mean hello\?/],
		["an unknown parameter", ["run", "hello", "-p", "nam=x"], 2, /parameter "nam": unknown; did you mean "name"\? \(known: name, times\)/],
		["a parameter of the wrong type", ["run", "hello", "-p", "times=many"], 2, /parameter "times": expected an integer, got "many" \(a string\)/],
		["an unknown version", ["run", "hello", "--version", "99"], 1, /99/],
		["an unknown run", ["logs", "ffffffffffff"], 1, /no run ends in ffffffffffff/],
		["a run that is none", ["logs", "what?"], 2, /is no run id/],
		["an unknown option", ["runs", "--flwo", "x"], 2, /Did you mean --flow/],
		["an unknown command", ["depoly"], 2, /Did you mean deploy/],
		["a path that does not exist", ["deploy", "nowhere"], 2, /nowhere does not exist/],
	])("%s", async (_what, args, code, message) => {
		const said = await stack.cli(args, { cwd: folder });
		expect(said.stderr).toMatch(message);
		expect(said.stderr).not.toContain("    at ");
		expect(said).toMatchObject({ code, stdout: "" });
	});

	it("parameters over 1 MiB", async () => {
		await expect(stack.client.trigger("hello", { name: "x".repeat(2 ** 20) })).rejects.toThrow(
			/the parameters take \d+ bytes, at most 1048576 are taken/,
		);
	});

	it("a project that does not import: its own traceback", async () => {
		const cwd = project("broken", { "flow.py": "from tidegate import flow\n\n@flow\ndef broken(:\n    pass\n" });
		const said = await stack.cli(["deploy"], { cwd });
		expect(said.code).toBe(2);
		expect(said.stderr).toMatch(/the project does not import\.\n\n[\s\S]*flow\.py", line 4[\s\S]*SyntaxError/);
	});

	it("a symlink that leaves the project, before anything is sent", async () => {
		const cwd = project("leaves", { "flow.py": hello("x").replaceAll("hello", "leaves") });
		symlinkSync("/etc/passwd", join(cwd, "evil"));
		expect(await stack.cli(["deploy"], { cwd })).toMatchObject({
			code: 2,
			stderr: expect.stringContaining("evil is a symlink that leaves the project"),
		});
		expect((await stack.cli(["flows"])).stdout).not.toContain("leaves");
	});

	it("a wrong workspace key, by both ids, and the stored one stays", async () => {
		const other = `tgk_${"A".repeat(43)}`;
		const said = await stack.cli(["key", "import", other]);
		expect(said.code).toBe(1);
		expect(said.stderr).toMatch(new RegExp(`wrong workspace key: this one has id [0-9a-f]{16}, the workspace's key has id ${stack.workspace.kid}`));
		expect((await stack.cli(["key", "show"])).stdout.trim()).toBe(stack.workspace.workspaceKey);
		const cwd = project("hello", { "flow.py": hello("Other") });
		expect(await stack.cli(["deploy"], { cwd, env: { TIDEGATE_WORKSPACE_KEY: other } })).toMatchObject({
			code: 1,
			stderr: expect.stringContaining("wrong workspace key"),
		});
	});

	it("an API key that nobody gave out, and a control plane that is not there", async () => {
		expect(await stack.cli(["runs"], { env: { TIDEGATE_URL: stack.url, TIDEGATE_API_KEY: "tg_nonsense" } })).toMatchObject({
			code: 3,
			stderr: expect.stringContaining("does not accept the API key"),
		});
		const url = `http://127.0.0.1:${await freePort()}`;
		const away = await stack.cli(["runs"], { env: { TIDEGATE_URL: url } });
		expect(away).toMatchObject({
			code: 3,
			stderr: `error: cannot reach ${url}: nothing listens there.\nIs it running? npm start in the checkout starts it.\n`,
		});
	});
});

describe("the fleet", () => {
	const listed = async (): Promise<{ name: string; state: string; id: string }[]> =>
		JSON.parse((await stack.cli(["agent", "list", "--json"])).stdout);

	it("lists agents, counts those online of each pool, and turns one away by its name", async () => {
		const agent = await stack.addAgent({ start: false });
		const name = "agent-2";
		expect((await listed()).map((each) => [each.name, each.state])).toEqual([
			["agent-1", "online"],
			[name, "away"],
		]);
		expect((await stack.cli(["agent", "list"])).stdout).toMatch(/^AGENT\tPOOL\tHOST\tVERSION\tSTATE\tSEEN\tSLOTS\tRUNNING\nagent-1\tdefault\t/);
		expect((await stack.cli(["pool", "list"])).stdout).toMatch(/\ndefault\t1 of 2\t/);
		expect(await stack.cli(["agent", "revoke", "agent-3"])).toMatchObject({
			code: 1,
			stderr: expect.stringMatching(/no agent agent-3.*Did you mean/),
		});
		expect((await stack.cli(["agent", "revoke", name])).stdout).toMatch(/agent-2 of pool default is revoked: it gets no more runs/);
		expect(await stack.cli(["agent", "start", "--home", agent.home])).toMatchObject({ code: 3, stderr: expect.stringContaining("revoked") });
		const { id } = (await listed()).find((each) => each.name === name) ?? { id: "" };
		expect(JSON.parse((await stack.cli(["agent", "revoke", "--json", id])).stdout)).toMatchObject({ id, state: "revoked" });
		expect((await stack.cli(["pool", "list"])).stdout).toMatch(/\ndefault\t1 of 1\t/);
	});

	it("limits and pauses a pool, drains an agent and takes it back, and renames it", async () => {
		const pool = async (): Promise<Record<string, unknown>> =>
			JSON.parse((await stack.cli(["pool", "list", "--json"])).stdout).find(({ name }: { name: string }) => name === "default");
		expect((await stack.cli(["pool", "limit", "default", "1"])).stdout).toBe("at most 1 run of pool default at once\n");
		expect(JSON.parse((await stack.cli(["pool", "pause", "default", "--json"])).stdout)).toMatchObject({ name: "default", paused: true });
		expect(await pool()).toMatchObject({ limit: 1, paused: true });
		expect((await stack.cli(["pool", "list"])).stdout).toMatch(/^POOL\tAGENTS\tRUNNING\tQUEUED\tLEASE\tSTATE\n.*\t0 of 1\t.*\tpaused\n/);
		expect((await stack.cli(["pool", "resume", "default"])).code).toBe(0);
		expect((await stack.cli(["pool", "limit", "default", "none"])).code).toBe(0);
		expect(await pool()).toMatchObject({ limit: null, paused: false });
		expect(await stack.cli(["pool", "limit", "default", "0"])).toMatchObject({ code: 2, stderr: expect.stringContaining("pause the pool") });
		expect(await stack.cli(["pool", "pause", "defualt"])).toMatchObject({ code: 1, stderr: expect.stringContaining("There are: default") });

		expect((await stack.cli(["agent", "drain", "agent-1", "--wait"])).stdout).toMatch(/agent-1 of pool default is draining.*\nnothing runs there\n/);
		expect((await stack.cli(["agent", "list"])).stdout).toMatch(/\nagent-1\t.*\tdraining\t/);
		expect((await stack.cli(["agent", "resume", "agent-1"])).stdout).toBe("agent agent-1 takes runs of pool default again\n");
		expect(await stack.cli(["agent", "rename", "agent-1", "agent-2"])).toMatchObject({ code: 1, stderr: expect.stringContaining("already") });
		expect((await stack.cli(["agent", "rename", "agent-1", "wh-07"])).stdout).toBe("agent agent-1 is called wh-07 now\n");
		expect((await stack.cli(["agent", "rename", "wh-07", "agent-1"])).code).toBe(0);
	});
});

describe("an API key", () => {
	it("is shown once, works until it is revoked, and ends when it should", async () => {
		const made = await stack.cli(["api-key", "create", "nightly", "--expires", "30d"]);
		expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^tg_[A-Za-z0-9_-]{43}\n$/) });
		const key = made.stdout.trim();
		const env = { TIDEGATE_URL: stack.url, TIDEGATE_API_KEY: key };
		expect((await stack.cli(["flows"], { env })).code).toBe(0);
		const list = await stack.cli(["api-key", "list", "--json"]);
		expect(list.stdout).not.toContain(key);
		const found = JSON.parse(list.stdout).find(({ name }: { name: string }) => name === "nightly");
		const days = (Date.parse(found.expiresAt) - Date.now()) / 86_400_000;
		expect([days > 29.9, days < 30.1]).toEqual([true, true]);
		expect((await stack.cli(["api-key", "revoke", found.prefix])).stdout).toMatch(/^API key nightly .* is revoked/);
		expect((await stack.cli(["flows"], { env })).code).toBe(3);
		expect((await stack.cli(["api-key", "list"])).stdout).toMatch(new RegExp(`\n${found.prefix}\tnightly\trevoked\t`));
		expect(await stack.cli(["api-key", "revoke", "tg_nobody"])).toMatchObject({ code: 1, stderr: expect.stringContaining("no such API key") });
		expect(await stack.cli(["api-key", "create", "x", "--expires", "soon"])).toMatchObject({
			code: 2,
			stderr: expect.stringContaining("12h, 30d or 8w"),
		});
	});

	it("may deploy and run unless it is made narrower, and is refused the rest with its scope named", async () => {
		const key = async (...args: string[]) => {
			const TIDEGATE_API_KEY = (await stack.cli(["api-key", "create", "scoped", ...args])).stdout.trim();
			return { TIDEGATE_URL: stack.url, TIDEGATE_API_KEY };
		};
		const [deploy, read] = [await key(), await key("--scope", "read")];
		expect(JSON.parse((await stack.cli(["whoami", "--json"], { env: deploy })).stdout)).toMatchObject({ role: "deploy" });
		expect((await stack.cli(["runs"], { env: read })).code).toBe(0);
		expect(await stack.cli(["pool", "create", "mine"], { env: read })).toMatchObject({
			code: 3,
			stderr: expect.stringContaining('the scope "read"'),
		});
		expect(await stack.cli(["api-key", "create", "wider"], { env: deploy })).toMatchObject({
			code: 3,
			stderr: expect.stringContaining("wider scope"),
		});
		expect(await stack.cli(["api-key", "create", "x", "--scope", "all"])).toMatchObject({
			code: 2,
			stderr: expect.stringContaining("admin, deploy, run, read"),
		});
	});
});

describe("on CI", () => {
	it("three variables are all that is needed", async () => {
		const env = {
			TIDEGATE_HOME: join(folder, "nothing-here"),
			TIDEGATE_URL: stack.url,
			TIDEGATE_API_KEY: stack.workspace.apiKey,
			TIDEGATE_WORKSPACE_KEY: stack.workspace.workspaceKey,
		};
		const cwd = project("ci", { "flow.py": hello("CI").replaceAll("hello", "ci") });
		expect(await stack.cli(["deploy"], { cwd, env })).toMatchObject({ code: 0, stderr: "" });
		expect((await stack.cli(["run", "ci", "--watch"], { cwd, env })).stdout).toContain("CI world");
		expect((await stack.cli(["whoami"], { env })).stdout).toContain(`workspace key  ${stack.workspace.kid}`);
	});
});
