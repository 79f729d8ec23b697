import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ErrorContent } from "../protocol/content.ts";
import type { Manifest } from "../protocol/manifest.ts";
import { stands } from "./testing/stands.ts";
import { finished, until, World } from "./testing/world.ts";

const NODE: Partial<Manifest> = { entry: "flow.ts:flow1", python: null, node: "24.21" };

const HELLO = `import { artifact, currentRun, flow, log, task } from "tidegate";
import { readFileSync } from "node:fs";
import { shared } from "./lib/shared.ts";
const double = task(async function double(n: number): Promise<number> {
	console.log("doubling", n);
	return shared(n);
});
export const flow1 = flow({ parameters: { type: "object", properties: { n: { type: "integer", default: 21 } } } }, async function flow1({ n }) {
	log.info("hello from the flow", currentRun().version);
	artifact.markdown("# report", "report");
	for (let epoch = 0; epoch < 100; epoch++) artifact.metrics({ loss: 1 / (epoch + 1) });
	return { value: await double(n as number), text: readFileSync("data.txt", "utf8"), at: new Date(0) };
});
`;
const SHARED = "export const shared = (n: number): number => 2 * n;\n";

test("a flow in TypeScript is done as it was deployed, by the agent's own SDK", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	// A copy of the SDK that the project brings is not what runs.
	const own = { "node_modules/tidegate/package.json": "{}", "node_modules/tidegate/index.js": "throw new Error('not this')" };
	const files = { "flow.ts": HELLO, "lib/shared.ts": SHARED, "data.txt": "x", ...own };
	const run = await plane.trigger(await plane.deploy(files, NODE), { n: 4 });
	await finished(run);
	expect(await plane.messages(run)).toEqual(["hello from the flow 1", "doubling 4"]);
	expect(run.finish).toMatchObject({ outcome: "succeeded", code: 0 });
	expect(await plane.result(run)).toEqual({ value: 8, text: "x", at: "1970-01-01T00:00:00.000Z" });
	expect(run.events.filter(({ event }) => event.type === "task").at(-1)?.event).toMatchObject({ fn: "double", state: "succeeded" });
	// What pages sort by.
	const made = run.events.flatMap(({ event }) => (event.type === "artifact" ? [`${event.at} ${event.id}`] : []));
	expect([made.length, made]).toEqual([101, [...made].sort()]);
	const body = [...run.marks.keys()].find((name) => name.startsWith("artifact.")) as string;
	expect(await plane.stream(run, body)).toBe("# report");
	for (const { path, body: sent } of plane.requests)
		for (const word of ["doubling", "# report", "1970-01-01", "shared"]) expect(stands(sent, word), path).toBe(false);
});

test("what it throws is told with the project's own lines, and parameters that do not fit before its first", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const source = `import { flow, task } from "tidegate";
const half = task(async function half(n: number) {
	throw new RangeError("odd", { cause: new Error("because") });
});
export const flow1 = flow({ parameters: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] } }, async function flow1({ n }) {
	return await half(Number(n));
});
`;
	const version = await plane.deploy({ "flow.ts": source }, NODE);
	const [threw, unfit] = [await plane.trigger(version, { n: 1 }), await plane.trigger(version, { n: "x" })];
	await Promise.all([finished(threw), finished(unfit)]);
	expect(threw.finish).toMatchObject({ outcome: "failed", code: 1 });
	const error = (await plane.error(threw)) as ErrorContent;
	expect(error).toMatchObject({ type: "RangeError", message: "odd" });
	expect(error.frames.map(({ file, line, own }) => [file, line, own])).toEqual([
		["flow.ts", 6, true],
		["flow.ts", 3, true],
	]);
	expect(error.traceback).toMatch(/^RangeError: odd\n\s+at half \(flow\.ts:3:8\)\n\s+at flow1 \(flow\.ts:6:15\)\n\s+\[cause\]: Error: because/);
	expect(error.traceback).not.toContain(".mjs");
	expect(unfit.finish).toMatchObject({ outcome: "failed", code: 2 });
	expect((await plane.error(unfit))?.message).toContain('parameter "n"');
});

test("a cancel lets it clean up", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const source = `import { flow, task } from "tidegate";
const forever = task(async function forever() {
	console.log("began");
	await new Promise((done) => setTimeout(done, 600_000));
});
export const flow1 = flow(async function flow1() {
	try {
		await forever();
	} finally {
		console.log("cleaned up");
	}
});
`;
	const run = await plane.trigger(await plane.deploy({ "flow.ts": source }, NODE));
	await until("it began", async () => (await plane.messages(run)).includes("began"));
	plane.cancel(run);
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "cancelled", code: 143 });
	expect(await plane.messages(run)).toContain("cleaned up");
	expect(run.events.filter(({ event }) => event.type === "task").at(-1)?.event).toMatchObject({ fn: "forever", state: "cancelled" });
});

test("the files of a large project are links, and find each other, the SDK and their own lines all the same", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const source = `import { flow } from "tidegate";
import { shared } from "./lib/shared.ts";
export const flow1 = flow(async function flow1() {
	throw new Error(String(shared(4)));
});
`;
	const files = { "flow.ts": source, "lib/shared.ts": SHARED, "data.bin": Buffer.alloc(21 * 1024 * 1024) };
	const run = await plane.trigger(await plane.deploy(files, NODE));
	await finished(run);
	const error = await plane.error(run);
	expect(error).toMatchObject({ message: "8", traceback: "Error: 8\n    at flow1 (flow.ts:4:8)" });
	expect(error?.frames).toEqual([{ file: "flow.ts", line: 4, function: "flow1", code: "throw new Error(String(shared(4)));", own: true }]);
});

/** A package as npm packs one. */
function packed(name: string, source: string): Buffer {
	const folder = mkdtempSync(join(tmpdir(), "tidegate pack "));
	try {
		mkdirSync(join(folder, "package"));
		writeFileSync(join(folder, "package/package.json"), JSON.stringify({ name, version: "1.0.0", type: "module", exports: "./index.js" }));
		writeFileSync(join(folder, "package/index.js"), source);
		spawnSync("tar", ["-czf", "packed.tgz", "package"], { cwd: folder });
		return readFileSync(join(folder, "packed.tgz"));
	} finally {
		rmSync(folder, { recursive: true });
	}
}

test("packages are installed by the lock, once, without the SDK that the project names", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const dependencies = { words: "file:words.tgz", tidegate: "^0.1.0" };
	const lock = {
		lockfileVersion: 3,
		requires: true,
		packages: {
			"": { dependencies },
			"node_modules/tidegate": { version: "0.1.0", resolved: "https://registry.invalid/tidegate.tgz", integrity: "sha512-none" },
			"node_modules/words": { version: "1.0.0", resolved: "file:words.tgz" },
		},
	};
	const files = {
		"package.json": JSON.stringify({ type: "module", dependencies }),
		"package-lock.json": JSON.stringify(lock),
		"words.tgz": packed("words", 'export const word = "packed";'),
		"flow.ts":
			'import { flow } from "tidegate";\nimport { word } from "words";\nexport const flow1 = flow(async function flow1() { return word; });\n',
	};
	const version = await plane.deploy(files, NODE);
	const first = await plane.trigger(version);
	await finished(first);
	expect(await plane.result(first)).toBe("packed");
	const second = await plane.trigger(version);
	await finished(second);
	expect(await plane.result(second)).toBe("packed");
	expect(readdirSync(join(world.home, "environments")).filter((name) => name.startsWith("build-"))).toHaveLength(1);
});

test("packages that cannot be had fail the run in npm's own words", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const dependencies = { words: "file:words.tgz" };
	const lock = { lockfileVersion: 3, packages: { "": { dependencies }, "node_modules/words": { version: "1.0.0", resolved: "file:words.tgz" } } };
	const files = { "package.json": JSON.stringify({ dependencies }), "package-lock.json": JSON.stringify(lock), "flow.ts": HELLO };
	const run = await plane.trigger(await plane.deploy(files, NODE));
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "failed" });
	const error = await plane.error(run);
	expect(error).toMatchObject({
		type: "RequirementsError",
		message: expect.stringMatching(/^the environment could not be built: npm ci ended with exit code \d+$/),
	});
	expect(error?.traceback).toContain("words.tgz");
});
