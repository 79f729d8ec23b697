// What a flow requires, installed on the agent's host: once, shared, and without a network where the packages lie at hand.
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../stack.ts";
import { deploy, flowFile, writeProject } from "./projects.ts";
import { ended, expectCleanLogs, sql } from "./runs.ts";
import { makeWheel } from "./wheel.ts";

let stack: Stack;
let wheels: string;

const flow = (name: string, mark: string) => `# ${mark}\n${flowFile(name, "import tinypackage\nreturn [tinypackage.VERSION, sys.prefix]")}`;
const deployed = (name: string, requirements: string, mark = "one") =>
	deploy(stack, name, { "flow.py": flow(name, mark), "requirements.txt": requirements });

beforeAll(async () => {
	stack = await startStack({ agents: 0, pages: false });
	wheels = path.join(stack.dir, "wheels");
	await makeWheel(wheels, "tinypackage", "1.0");
	// PIP_CONFIG_FILE: whatever this host's pip is told elsewhere does not count.
	await stack.addAgent({ slots: 5, env: { PIP_NO_INDEX: "1", PIP_FIND_LINKS: wheels, PIP_CONFIG_FILE: "/dev/null" } });
});
afterAll(() => stack?.stop());

const environments = () => {
	const folder = path.join(stack.agents[0]?.home ?? "", "environments");
	return (
		fs
			.readdirSync(folder, { withFileTypes: true })
			// resolved/ remembers what requirements came to.
			.filter((entry) => entry.isDirectory() && entry.name !== "resolved")
			.map(({ name }) => name)
	);
};
const runs = async (name: string, count: number) =>
	Promise.all((await Promise.all(Array.from({ length: count }, () => stack.client.trigger(name)))).map((handle) => ended(handle)));

test("five runs at once build their environment once, and each run's log says what goes on", async () => {
	await deployed("packaged", "tinypackage\n");
	const done = await runs("packaged", 5);
	for (const { state, result } of done) {
		expect(state).toBe("succeeded");
		expect((result as string[])[0]).toBe("1.0");
	}
	expect(new Set(done.map(({ result }) => (result as string[])[1])).size).toBe(1);
	expect(environments()).toHaveLength(1);
	const waiting = done.filter(({ told }) => told.includes("waiting for another run that builds the same environment"));
	expect(waiting).toHaveLength(4);
	expect(done.filter((run) => !waiting.includes(run)).map(({ told }) => told[0])).toEqual([expect.stringMatching(/^resolving requirements.txt/)]);
	expect(done.some(({ told }) => told.some((line) => line.startsWith("environment ready after")))).toBe(true);
});

test("without a server, a file is run in the environment that an agent would build, and asks for what it needs", async () => {
	const env = { PIP_NO_INDEX: "1", PIP_FIND_LINKS: wheels, PIP_CONFIG_FILE: "/dev/null" };
	const folder = path.join(stack.dir, "projects", "alone");
	const two = `\n@flow\ndef other(n: int):\n    return n\n`;
	writeProject(folder, { "flow.py": `${flow("alone", "one")}${two}`, "requirements.txt": "tinypackage\n" });
	const local = (what: string, ...args: string[]) => stack.cli(["run", path.join(folder, what), "--local", ...args], { env });
	const done = await local("flow.py:alone");
	expect(done, done.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\["1\.0",".*\/environments\/[^/]+"\]\n$/) });
	expect(done.stderr).toContain("environment ready after");
	expect(await local("flow.py:other", "-p", "n=5")).toMatchObject({ code: 0, stdout: "5\n" });
	expect(await local("flow.py:other", "-p", "n=x")).toMatchObject({ code: 2, stderr: expect.stringContaining('parameter "n": expected an integer') });
	expect(await local("flow.py")).toMatchObject({ code: 2, stderr: expect.stringContaining("has 2 flows: say which") });
	expect(await local("flow.py:other", "--pool", "gpu")).toMatchObject({ code: 2, stderr: expect.stringContaining("--pool asks the control plane") });
});

test("the next version with the same packages uses it as it is, and so does another flow", async () => {
	await deployed("packaged", "tinypackage\n", "two");
	await deployed("neighbour", "# the same\ntinypackage\n");
	const [before] = environments();
	const again = await runs("packaged", 1);
	expect(again[0]).toMatchObject({ state: "succeeded" });
	const [other] = await runs("neighbour", 1);
	expect(other?.result).toEqual(again[0]?.result);
	expect(environments()).toEqual([before]);
});

test("an unpinned requirement stays what it was at the version's first build, also when a newer package appears; a version that asks for it takes that", async () => {
	const [locked] = await sql(stack, "select v.lock from version v join flow f on f.id = v.flow_id where f.name = 'packaged' and v.number = 1");
	expect(locked?.lock).toBeInstanceOf(Buffer);
	await makeWheel(wheels, "tinypackage", "2.0");
	const old = await ended(await stack.client.trigger("packaged", {}, { version: 1 }));
	expect((old.result as string[])[0]).toBe("1.0");
	await deployed("packaged", "tinypackage>1\n", "three");
	const [fresh] = await runs("packaged", 1);
	expect(fresh?.result).toMatchObject({ 0: "2.0" });
	expect(environments()).toHaveLength(2);
});

test("a requirement that can't be installed: the run fails with pip's own words, and nothing half built is kept", async () => {
	const before = environments();
	await deployed("impossible", "tinypackage\nno-such-package-anywhere==9.9\n");
	const [run] = await runs("impossible", 1);
	expect(run?.state).toBe("failed");
	expect(run?.error?.message).toMatch(/environment could not be built/);
	expect(run?.error?.traceback).toMatch(/no-such-package-anywhere/);
	expect(environments()).toEqual(before);
	const said = await stack.cli(["run", "impossible", "--watch"]);
	expect(said.code).toBe(1);
	expect(said.stdout).toMatch(/no-such-package-anywhere/);
	// pip's words once, as the log's lines, and how long it took.
	const lines = said.stdout
		.split("\n")
		.filter((line) =>
			/No matching distribution found for no-such-package|not found in the package registry|no-such-package.*unsatisfiable/.test(line),
		);
	expect(lines).toHaveLength(1);
	expect(said.stdout).toMatch(/\nfailed after [\d.]+ m?s: RequirementsError: the environment could not be built: .*\n$/);
	// The agent's own log names neither packages nor paths of the project.
	const log = fs.readFileSync(stack.agents[0]?.log ?? "", "utf8");
	expect(log).toContain("the environment could not be built");
	expect(log).not.toContain("no-such-package");
	expectCleanLogs(stack);
});
