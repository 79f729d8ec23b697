import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packageFolder } from "../config.ts";
import { readProject } from "./project.ts";

let root: string;
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "tidegate node "));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Record<string, string>): void {
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(dirname(join(root, name)), { recursive: true });
		writeFileSync(join(root, name), text);
	}
}
const described = async (path = root) => (await readProject(path, join(root, ".tidegate"))).described;

const FLOW = `import { flow, runFlow, task } from "tidegate";
import { z } from "zod";
export const load = task(async function load(): Promise<number> { return 1; });
/**
 * Counts birds.
 * Every night.
 */
export const birds = flow(
	{ name: "bird-count", retries: 2, retryDelay: 60, timeout: { hours: 1 }, memory: "1 GiB", onFailure: () => undefined, parameters: z.object({ year: z.int(), kind: z.enum(["all", "rare"]).default("all"), day: z.iso.date().optional() }) },
	async function birds() { return await load(); },
);
await runFlow(birds, { year: 2026 });
`;

test("flows in TypeScript are found with their schema, comment, tasks and options, beside those in Python", async () => {
	mkdirSync(join(root, "node_modules"));
	symlinkSync(join(dirname(packageFolder), "node_modules/zod"), join(root, "node_modules/zod"));
	const lock = { lockfileVersion: 3, packages: { "": { dependencies: { zod: "4" } }, "node_modules/zod": { version: "4.6.7" } } };
	write({
		"package.json": JSON.stringify({ type: "module", dependencies: { zod: "4" } }),
		"package-lock.json": JSON.stringify(lock),
		"flows/birds.ts": FLOW,
		"flows/birds.test.ts": 'import { flow } from "tidegate"; flow(); throw new Error("no test is deployed");',
		"other.py": "from tidegate import flow\n@flow\ndef in_python(): ...\n",
	});
	const { flows, python, node } = await described();
	expect(flows.map(({ name, entry }) => [name, entry])).toEqual([
		["in_python", "other.py:in_python"],
		["bird-count", "flows/birds.ts:birds"],
	]);
	expect(flows[1]).toMatchObject({ doc: "Counts birds.\nEvery night.", tasks: ["load"] });
	expect(flows[1]?.parameters).toEqual({
		type: "object",
		properties: {
			year: { type: "integer" },
			kind: { type: "string", enum: ["all", "rare"], default: "all" },
			day: { type: "string", format: "date" },
		},
		required: ["year"],
		additionalProperties: false,
	});
	expect(flows[1]?.options).toMatchObject({ retries: 2, retryDelay: 60, timeout: 3600, memory: 1024 ** 3, hooks: ["failure"] });
	expect([python, node]).toEqual([expect.stringMatching(/^3\.\d+$/), process.versions.node.split(".").slice(0, 2).join(".")]);
});

const PLAIN = 'import { flow } from "tidegate";\nexport const one = flow(async function one() {});\n';

test.each([
	["a flow that is not exported", { "flow.ts": PLAIN.replace("export ", "") }, "flow one is not exported: write export const one = flow(…)"],
	[
		"a flow that is a generator",
		{ "flow.ts": PLAIN.replace("async function", "async function*") },
		/^flow\.ts does not import\.\n\nTypeError: flow one is a generator, and would end without doing anything: a flow returns.*\n\s+at .*flow\.ts:\d+/,
	],
	[
		"a task that is a generator",
		{ "flow.ts": `import { task } from "tidegate";\ntask(function* load() {});\n${PLAIN}` },
		/^flow\.ts does not import\.\n\nTypeError: task load is a generator, whose body would not run before the task has ended/,
	],
	["a file that does not import", { "flow.ts": `import "./gone.ts";\n${PLAIN}` }, /^flow\.ts does not import\.\n\n.*gone\.ts/s],
	["a file that ends the process", { "flow.ts": `${PLAIN}\nprocess.exit(0);` }, "could not be read: it ended the process while it was imported"],
	[
		"a wrong option",
		{ "flow.ts": PLAIN.replace("flow(async", "flow({ retry: 1 } as never, async") },
		/has no option "retry"; did you mean "retries"\?/,
	],
	[
		"packages without a lock",
		{ "flow.ts": PLAIN, "package.json": '{"dependencies":{"zod":"4","tidegate":"1"}}' },
		/package\.json asks for zod, and there is no package-lock\.json/,
	],
])("%s is told before anything is sent", async (_, files, message) => {
	write(files as Record<string, string>);
	await expect(described()).rejects.toThrow(message);
});

test("a file that is deployed alone brings no packages", async () => {
	write({ "flow.ts": `import { z } from "zod";\n${PLAIN}`, "plain.ts": PLAIN });
	await expect(described(join(root, "flow.ts"))).rejects.toThrow("flow.ts imports zod, and a file that is deployed alone brings no packages");
	for (const line of [
		'import "zod";',
		'import * as z from "zod"',
		'import{z}from"zod"',
		'import {\n\tz,\n} from "zod";',
		'export { z as y } from "zod";',
	]) {
		write({ "flow.ts": `${line}\n${PLAIN}` });
		await expect(described(join(root, "flow.ts")), line).rejects.toThrow("flow.ts imports zod");
	}
	write({
		"said.ts": `import { flow } from 'tidegate';\nexport const one = flow(async function one() {\n\tconsole.log("numpy, import y from 'zod'");\n\treturn 'zod';\n});\n`,
	});
	expect((await described(join(root, "said.ts"))).flows.map(({ entry }) => entry)).toEqual(["said.ts:one"]);
	expect((await described(join(root, "plain.ts"))).flows.map(({ entry }) => entry)).toEqual(["plain.ts:one"]);
	expect((await described(join(root, "plain.ts"))).python).toBeNull();
});
