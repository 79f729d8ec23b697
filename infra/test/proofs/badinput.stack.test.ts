// What people get wrong: one clear sentence, the right exit code, and nothing half done.
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newKey, printKey } from "../../../agent/src/protocol/seal.ts";
import { createApiKey, seed } from "../../../prisma/seed.ts";
import { freePort } from "../../ports.ts";
import { type Said, type Stack, startStack } from "../stack.ts";
import { deployFlow, flowFile, writeProject } from "./projects.ts";
import { expectCleanLogs, expectForPeople, sql, waitFor } from "./runs.ts";

let stack: Stack;
let before: Record<string, number>;

/** How much there is of what a command could leave half done. */
const counts = async () =>
	(
		await sql(
			stack,
			"select (select count(*)::int from version) as versions, (select count(*)::int from flow) as flows, (select count(*)::int from chunk) as chunks, (select count(*)::int from run) as runs, (select count(*)::int from agent) as agents",
		)
	)[0] as Record<string, number>;

beforeAll(async () => {
	stack = await startStack({ agents: 0, pages: false });
	await deployFlow(stack, "train", "return n", 'n: int, rate: float = 0.1, name: str = ""');
});
afterAll(() => stack?.stop());
beforeEach(async () => {
	before = await counts();
});

/** It failed with this code and these words, and left everything as it was. */
async function expectRefused(said: Said, code: number, ...words: Array<string | RegExp>): Promise<void> {
	expect(said, said.stderr).toMatchObject({ code, stdout: "" });
	for (const each of words) expect(said.stderr).toMatch(each);
	expectForPeople(said.stderr);
	expect(await counts()).toEqual(before);
}

describe("a run that can't be", () => {
	test("unknown flow: the nearest name is offered", async () => {
		await expectRefused(await stack.cli(["run", "trian"]), 1, /trian/, /Did you mean train\?/);
	});
	test("unknown version", async () => {
		await expectRefused(await stack.cli(["run", "train", "-p", "n=1", "--version", "9"]), 1, /9/, /train/);
	});
	test("wrong type: which parameter, what was expected, what was given", async () => {
		await expectRefused(await stack.cli(["run", "train", "-p", "n=many"]), 2, /"n"/, /expected an integer/, /"many"/);
	});
	test("wrong name: the nearest one is offered, the known ones are listed", async () => {
		await expectRefused(await stack.cli(["run", "train", "-p", "n=1", "-p", "rat=0.5"]), 2, /"rat"/, /did you mean "rate"\?/, /known: n, rate, name/);
	});
	test("a parameter that is missing is named", async () => {
		await expectRefused(await stack.cli(["run", "train"]), 2, /"n"/, /not given/);
	});
	test("parameters over 1 MiB: how much, how much is taken, what to do", async () => {
		await expect(stack.client.trigger("train", { n: 1, name: "x".repeat(1024 * 1024) })).rejects.toThrow(
			/1048\d+ bytes, at most 1048576 .*pass a reference/,
		);
		// A single argument of a command line holds less: many of them make a list that is too long for the limit all the same.
		const many = Array.from({ length: 12 }, (_, n) => ["-p", `p${n}=${"x".repeat(100_000)}`]).flat();
		await deployFlow(stack, "wide", "return 1", Array.from({ length: 12 }, (_, n) => `p${n}: str = ""`).join(", "));
		before = await counts();
		await expectRefused(await stack.cli(["run", "wide", ...many]), 2, /at most 1048576/);
	});
	test("sealed parameters over the limit, from a client that does not check: refused by the server", async () => {
		const asked = stack.client.api.runs.trigger.mutate({
			id: "019ab000-0000-7000-8000-000000000000",
			flow: "train",
			number: 1,
			parameters: "A".repeat(2_000_000),
		});
		await expect(asked).rejects.toThrow();
		expect(await counts()).toEqual(before);
	});
	test("unknown pool", async () => {
		await expectRefused(await stack.cli(["run", "train", "-p", "n=1", "--pool", "defualt"]), 1, /defualt/);
	});
	test("unknown run", async () => {
		await expectRefused(await stack.cli(["logs", "019ab000-0000-7000-8000-000000000000"]), 1, /019ab000/);
	});
});

describe("a project that can't be deployed", () => {
	const deployed = (name: string, files: Record<string, string>) => stack.cli(["deploy", writeProject(path.join(stack.dir, "bad", name), files)]);

	test("doesn't import: its own traceback, exit 2", async () => {
		// The parser reads most projects without an import; a default that it can't read makes it import.
		const said = await deployed("unimportable", {
			"flow.py": flowFile("broken", "return 1", "n: int = DEFAULT").replace(
				"@flow",
				"import nowhere_to_be_found\nDEFAULT = nowhere_to_be_found.N\n@flow",
			),
		});
		expect(said).toMatchObject({ code: 2, stdout: "" });
		expect(said.stderr).toContain("Traceback (most recent call last):");
		expect(said.stderr).toMatch(/flow\.py", line \d+/);
		expect(said.stderr).toContain("ModuleNotFoundError: No module named 'nowhere_to_be_found'");
		expect(said.stderr).not.toMatch(/node_modules|\.mjs|^\s+at /m);
		expect(await counts()).toEqual(before);
	});
	test("has a requirement that no installer takes, or two flows of one function: file and line", async () => {
		const one = flowFile("unrelated", "return 1");
		const wrong = await deployed("requirement", { "flow.py": one, "requirements.txt": "# tables\npanda s>=1\n" });
		await expectRefused(wrong, 2, /^error: requirements\.txt, line 2: "panda s>=1" is no requirement.* write a package's name/);
		const twice = await deployed("twice", { "flow.py": `${one}\n${one}` });
		await expectRefused(twice, 2, /^error: flow\.py, lines \d+ and \d+: two flows are the function "unrelated".* Give one function another name/);
	});
	test("is no Python: file, line and what Python says", async () => {
		const said = await deployed("unparsable", { "flow.py": "from tidegate import flow\n@flow\ndef half(:\n" });
		expect(said).toMatchObject({ code: 2, stdout: "" });
		expect(said.stderr).toMatch(/flow\.py/);
		expect(said.stderr).toMatch(/line 3/);
		expect(said.stderr).toMatch(/SyntaxError|invalid syntax/);
		expect(await counts()).toEqual(before);
	});
	test("has no flow", async () => {
		await expectRefused(await deployed("flowless", { "notes.py": "x = 1\n" }), 2, /flow/);
	});
	test("has more than 200 MiB: how much, and which files", async () => {
		const folder = writeProject(path.join(stack.dir, "bad", "huge"), { "flow.py": flowFile("huge", "return 1") });
		fs.closeSync(fs.openSync(path.join(folder, "weights.bin"), "w"));
		fs.truncateSync(path.join(folder, "weights.bin"), 201 * 1024 * 1024);
		const said = await stack.cli(["deploy", folder]);
		expect(said).toMatchObject({ code: 2, stdout: "" });
		expect(said.stderr).toMatch(/at most 200 MiB/);
		expect(said.stderr).toContain("weights.bin");
		expectForPeople(said.stderr, 5);
		expect(await counts()).toEqual(before);
		fs.rmSync(folder, { recursive: true });
	});
	test("has a link that leaves it: which, and to where", async () => {
		const folder = writeProject(path.join(stack.dir, "bad", "linked"), { "flow.py": flowFile("linked", "return 1") });
		fs.symlinkSync("/etc/hostname", path.join(folder, "host"));
		await expectRefused(await stack.cli(["deploy", folder]), 2, /host is a symlink that leaves the project/, /\/etc\/hostname/);
	});
	test("has a broken tidegate.yaml: line and column", async () => {
		await expectRefused(
			await deployed("misindented", { "flow.py": flowFile("f", "return 1"), "tidegate.yaml": 'name: f\nexclude: ["a", "b"\nflows: x\n' }),
			2,
			/tidegate\.yaml/,
			/(line )?[23][,:]\s*(column )?\d+/,
		);
		await expectRefused(
			await deployed("unknown-key", { "flow.py": flowFile("f", "return 1"), "tidegate.yaml": "requirments: []\n" }),
			2,
			/tidegate\.yaml/,
			/1[,:]\s*(column )?1/,
			/requirments/,
			/requirements/,
		);
	});
	test("is not there", async () => {
		await expectRefused(await stack.cli(["deploy", path.join(stack.dir, "nowhere")]), 2, /nowhere/);
	});
});

describe("an agent that may not", () => {
	const enrol = (token: string, name: string) =>
		stack.cli(["agent", "enrol", "--home", path.join(stack.dir, `refused-${name}`), "--url", stack.url, "--name", name, token]);
	const token = async () => (await stack.client.api.agents.createToken.mutate({ pool: "default" })).token;

	test("enrols with an expired token", async () => {
		const expired = await token();
		await sql(stack, "update enrolment_token set expires_at = tg_now() - interval '1 second'");
		await expectRefused(await enrol(expired, "late"), 1, /expired/, /new one/);
	});
	test("enrols with a token that was used", async () => {
		const once = await token();
		expect(await enrol(once, "first")).toMatchObject({ code: 0 });
		before = await counts();
		await expectRefused(await enrol(once, "second"), 1, /token/, /used before/, /new one/);
	});
	test("enrols with what is no token", async () => {
		await expectRefused(await enrol(`tge_${randomBytes(24).toString("base64url")}`, "invented"), 1, /token/);
	});
	test("was revoked: it ends by itself and says so", async () => {
		const agent = await stack.addAgent();
		const { agents } = await stack.client.api.agents.list.query();
		await stack.client.api.agents.revoke.mutate({ id: agents.find(({ name }) => name === path.basename(agent.home))?.id ?? "" });
		expect(await agent.part?.exited).toBe("exit code 3");
		expect(fs.readFileSync(agent.log, "utf8")).toMatch(/revoked: .*tidegate agent enrol TOKEN --force/);
		await expect(agent.start()).rejects.toThrow(/revoked/);
	});
	test("starts in a folder that was never enrolled", async () => {
		await expectRefused(await stack.cli(["agent", "start", "--home", path.join(stack.dir, "never")]), 1, /no enrolled agent/, /tidegate agent enrol/);
	});
});

describe("a caller who may not", () => {
	const bare = (env: Record<string, string>) =>
		stack.cli(["run", "train", "-p", "n=1"], { env: { TIDEGATE_HOME: path.join(stack.dir, "no-home"), TIDEGATE_URL: stack.url, ...env } });

	test("has no settings at all", async () => {
		await expectRefused(
			await stack.cli(["flows"], { env: { TIDEGATE_HOME: path.join(stack.dir, "no-home") } }),
			3,
			/TIDEGATE_URL and TIDEGATE_API_KEY/,
		);
	});
	test("has another workspace key: which one it is and which it should be", async () => {
		const other = printKey(newKey());
		const said = await bare({ TIDEGATE_API_KEY: stack.workspace.apiKey, TIDEGATE_WORKSPACE_KEY: other });
		await expectRefused(said, 1, /wrong workspace key/, new RegExp(stack.workspace.kid));
		expect(said.stderr).not.toContain(other.slice(4));
		// With the settings of its own home, too: deploying would make what nobody could open.
		const folder = writeProject(path.join(stack.dir, "sealed-by-stranger"), { "flow.py": flowFile("stranger", "return 1") });
		await expectRefused(await stack.cli(["deploy", folder], { env: { TIDEGATE_WORKSPACE_KEY: other } }), 1, /key/);
	});
	test("has something that is no workspace key", async () => {
		await expectRefused(await bare({ TIDEGATE_API_KEY: stack.workspace.apiKey, TIDEGATE_WORKSPACE_KEY: "tgk_short" }), 1, /tgk_/);
	});
	test("has a key that was revoked", async () => {
		const { id, key } = await stack.client.api.keys.create.mutate({ name: "short-lived" });
		expect((await stack.cli(["flows"], { env: { TIDEGATE_URL: stack.url, TIDEGATE_API_KEY: key } })).code).toBe(0);
		await stack.client.api.keys.revoke.mutate({ id });
		const said = await stack.cli(["flows"], { env: { TIDEGATE_URL: stack.url, TIDEGATE_API_KEY: key } });
		await expectRefused(said, 3, /does not accept the API key/);
		expect(said.stderr).not.toContain(key);
	});
	test("has an invented key, or what is none", async () => {
		await expectRefused(
			await stack.cli(["flows"], { env: { TIDEGATE_URL: stack.url, TIDEGATE_API_KEY: `tg_${randomBytes(24).toString("base64url")}` } }),
			3,
			/does not accept the API key/,
		);
		await expectRefused(await stack.cli(["flows"], { env: { TIDEGATE_URL: stack.url, TIDEGATE_API_KEY: "garbage\tand more" } }), 3, /API key/);
	});
	test("has the key of another workspace: it sees that one, and nothing of this", async () => {
		const other = await seed(stack.databaseUrl, {
			organization: "Other",
			workspace: "other",
			pool: "default",
			owner: { email: "other@example.com", name: "Other" },
		});
		const apiKey = await createApiKey(stack.databaseUrl, { workspaceId: other.workspaceId, name: "other" });
		const env = {
			TIDEGATE_API_KEY: apiKey,
			TIDEGATE_HOME: path.join(stack.dir, "other-home"),
			TIDEGATE_URL: stack.url,
			TIDEGATE_WORKSPACE_KEY: stack.workspace.workspaceKey,
		};
		const said = await stack.cli(["run", "train", "-p", "n=1"], { env });
		await expectRefused(said, 1, /train/);
		expect(JSON.parse((await stack.cli(["flows", "--json"], { env })).stdout)).toEqual([]);
	});
	test("asks a server that is not there: exit 3, and what to do", async () => {
		await expectRefused(
			await stack.cli(["flows"], { env: { TIDEGATE_URL: `http://localhost:${await freePort()}` } }),
			3,
			/cannot reach http:\/\/localhost/,
			/nothing listens there/,
		);
	});
	test("asks a server that is none of ours", async () => {
		// Postgres answers on its port, and not in HTTP.
		await expectRefused(await stack.cli(["flows"], { env: { TIDEGATE_URL: `http://localhost:${new URL(stack.databaseUrl).port}` } }), 3, /localhost/);
	});
});

test("the logs of control plane and agents hold no token and no key", async () => {
	await waitFor("the log was written", () => fs.statSync(stack.controlPlane.log).size > 0);
	expectCleanLogs(stack);
});
