import { expect, test } from "vitest";
import { MAX_LOG } from "../protocol/limits.ts";
import type { RunRecord } from "./testing/deployed.ts";
import { finished, until, World } from "./testing/world.ts";

async function runBody(world: World, body: string): Promise<RunRecord> {
	const indented = body
		.split("\n")
		.map((line) => `    ${line}`)
		.join("\n");
	const source = `import os, sys\nfrom tidegate import flow, task\n@task\ndef step(n):\n    return n\n@flow\ndef flow():\n${indented}\n`;
	world.agent();
	const run = await world.plane.trigger(await world.plane.deploy({ "flow.py": source }));
	await finished(run);
	return run;
}

test("a process that ends by os._exit fails with its code, and the finish says that it told no error", async () => {
	await using world = await World.make();
	const run = await runBody(world, "os._exit(7)");
	expect(run.finish).toMatchObject({ outcome: "failed", code: 7, signal: null });
	expect((await world.plane.finish(run)).note).toMatch(/exit code 7 and told no error/);
});

test("a process that ends with 0 before its flow returned has failed, while sys.exit(0) ends a flow as it ends a program", async () => {
	await using world = await World.make();
	const run = await runBody(world, "print('half')\nos._exit(0)");
	expect(run.finish).toMatchObject({ outcome: "failed", code: 0, retryAfter: null });
	expect((await world.plane.finish(run)).note).toMatch(/exit code 0 before the flow returned/);
	expect(world.lines.at(-1)).toMatch(/failed with exit code 0/);
	const source = "import sys\nfrom tidegate import flow\n@flow\ndef flow():\n    sys.exit(0)\n";
	const well = await world.plane.trigger(await world.plane.deploy({ "flow.py": source }));
	await finished(well);
	expect(well.finish).toMatchObject({ outcome: "succeeded", code: 0 });
	const node = await world.plane.trigger(
		await world.plane.deploy(
			{ "flow.ts": `import { flow } from "tidegate";\nexport const main = flow({}, async function main() { process.exit(0); });\n` },
			{ entry: "flow.ts:main", python: null, node: "24.21" },
		),
	);
	await finished(node);
	expect(node.finish).toMatchObject({ outcome: "failed", code: 0 });
});

test("a process that ends by a segmentation fault fails with the signal's name", async () => {
	await using world = await World.make();
	const run = await runBody(world, "import ctypes; ctypes.string_at(0)");
	expect(run.finish).toMatchObject({ outcome: "failed", code: null, signal: "SIGSEGV" });
	expect((await world.plane.finish(run)).note).toMatch(/SIGSEGV/);
});

test("bytes that are no text arrive byte for byte, and a last line without its end arrives too", async () => {
	await using world = await World.make();
	const run = await runBody(world, `os.write(1, bytes(range(256)) * 40 + "half of a 🌊".encode()[:-1])`);
	expect(run.finish).toMatchObject({ outcome: "succeeded" });
	const out = run.pieces.filter(({ stream }) => stream === "out");
	expect(out.at(-1)?.end).toBe(256 * 40 + 13);
});

test("a record that no database can hold is left out, and what follows it in the stream arrives", async () => {
	await using world = await World.make();
	const body = `import json, time
task = {"type": "task", "key": "x#0", "fn": "x", "state": "running", "t": time.time()}
records = [{**task, "index": 3_000_000_000}, {**task, "t": -62_150_000_000}, {**task, "t": 8e12}, {**task, "attempt": 3_000_000_000}]
with open(os.path.join(os.environ["TIDEGATE_RUN_DIR"], "events.999.ndjson"), "w") as file:
    file.writelines(json.dumps(record) + "\\n" for record in records)
return step(1)`;
	const run = await runBody(world, body);
	expect(run.finish).toMatchObject({ outcome: "succeeded" });
	expect(await world.plane.result(run)).toBe(1);
	// Its own attempt is wrong, not the task: it is told as the first.
	const told = run.events.flatMap(({ event }) => (event.type === "task" && event.fn === "x" ? [[event.index, event.attempt]] : []));
	expect(told).toEqual([[null, 1]]);
});

test("a run that makes more artifacts than are kept says so, once in its log and in its finish", async () => {
	await using world = await World.make();
	const body = `import json, time, uuid
files = {"type": "artifact", "t": time.time(), "kind": "markdown", "name": "a", "task": None, "file": "artifacts/none.md", "mime": "text/markdown", "size": 0}
with open(os.path.join(os.environ["TIDEGATE_RUN_DIR"], "events.999.ndjson"), "w") as file:
    file.writelines(json.dumps({**files, "id": str(uuid.uuid4())}) + "\\n" for _ in range(1_010))`;
	const run = await runBody(world, body);
	expect(run.finish).toMatchObject({ outcome: "succeeded" });
	expect(run.events.filter(({ event }) => event.type === "artifact")).toHaveLength(1000);
	const words = "this run made more than 1,000 artifacts: those after that are not kept";
	expect((await world.plane.messages(run, true)).filter((line) => line === words)).toHaveLength(1);
	expect((await world.plane.finish(run)).note).toBe(words);
});

test("a line of 10 MB arrives whole, in stretches that the wire takes", async () => {
	await using world = await World.make();
	const run = await runBody(world, `os.write(1, b"x" * 10_000_000 + b"\\n")`);
	expect(run.finish).toMatchObject({ outcome: "succeeded" });
	expect((await world.plane.stream(run, "out")).length).toBe(10_000_001);
});

test("a result as large as may be told arrives, though its record is longer than a stretch", async () => {
	await using world = await World.make();
	const run = await runBody(world, `return os.urandom(130_000).hex()`);
	expect(run.finish).toMatchObject({ outcome: "succeeded" });
	expect(await world.plane.result(run)).toHaveLength(260_000);
});

test("of a log past its limit the first part is shipped and the rest counted, while tasks and result still arrive", async () => {
	await using world = await World.make();
	const run = await runBody(world, `block = (b"y" * 99 + b"\\n") * 10_000\nfor _ in range(80):\n    os.write(1, block)\nreturn step(1)`);
	expect(run.finish).toMatchObject({ outcome: "succeeded" });
	expect(await world.plane.result(run)).toBe(1);
	const shipped = run.marks.get("out") as number;
	expect(shipped).toBeGreaterThan(MAX_LOG / 2);
	expect(shipped).toBeLessThanOrEqual(MAX_LOG);
	expect((await world.plane.finish(run)).notShipped).toBe(80_000_000 - shipped);
	expect((await world.plane.messages(run, true)).join()).toMatch(/more than 64 MiB/);
}, 60_000);

const REMOVES = 'import shutil, time; shutil.rmtree(os.environ["TIDEGATE_RUN_DIR"], ignore_errors=True)';

test.each([
	["goes on", `${REMOVES}\ntime.sleep(600)`],
	["ends well", REMOVES],
])("a flow that removes its own run directory and %s has failed, for that reason, and is no lost one", async (_, body) => {
	await using world = await World.make();
	const run = await runBody(world, body);
	expect(run.finish).toMatchObject({ outcome: "failed" });
	expect((await world.plane.finish(run)).note).toMatch(/the run directory was removed by the flow while it ran/);
});

test("a run whose report is refused for good has failed, in the control plane's words, and others go on", async () => {
	await using world = await World.make();
	const { plane } = world;
	plane.taboo = /^artifact\./;
	const body = `from tidegate import artifact; import time
artifact.table([{"a": 1}])
time.sleep(600)`;
	const run = await runBody(world, body);
	expect(run.finish).toMatchObject({ outcome: "failed" });
	const { note, streams } = await plane.finish(run);
	expect(note).toBe(`the control plane refuses what this run reports: run ${run.assignment.run} told too much.`);
	// What had arrived before stands, to its end.
	expect(streams).toEqual(Object.fromEntries(run.marks));
	const next = await plane.trigger(await plane.deploy({ "flow.py": "from tidegate import flow\n@flow\ndef flow():\n    return 1\n" }));
	await finished(next);
	expect(next.finish).toMatchObject({ outcome: "succeeded" });
});

test("a run at whose reports the control plane fails holds up no other, and is told to its end once it can be", async () => {
	await using world = await World.make();
	const { plane } = world;
	plane.taboo = /^artifact\./;
	plane.refusal = [500, "unavailable"];
	world.agent();
	const source = (body: string) => ({ "flow.py": `from tidegate import artifact, flow\n@flow\ndef flow():\n    ${body}\n` });
	const bad = await plane.trigger(await plane.deploy(source('artifact.table([{"a": 1}])\n    return 1')));
	await until("it was sent", () => plane.requests.filter(({ path }) => path === "report").length > 1);
	for (let n = 0; n < 3; n += 1) {
		const good = await plane.trigger(await plane.deploy(source(`return ${n}`)));
		await finished(good);
		expect(good.finish).toMatchObject({ outcome: "succeeded" });
	}
	expect(bad.finish).toBeNull();
	plane.taboo = undefined;
	await finished(bad);
	expect(bad.finish).toMatchObject({ outcome: "succeeded" });
});

test("a run that had ended well before its report was refused for good has failed", async () => {
	await using world = await World.make();
	world.plane.taboo = /^artifact\./;
	const run = await runBody(world, `from tidegate import artifact\nartifact.table([{"a": 1}])\nreturn 1`);
	expect(run.finish).toMatchObject({ outcome: "failed" });
	expect((await world.plane.finish(run)).note).toMatch(/refuses what this run reports/);
});

test("a project that cannot be imported fails with its own traceback and exit code 2", async () => {
	await using world = await World.make();
	world.agent();
	const run = await world.plane.trigger(await world.plane.deploy({ "flow.py": "import nothing_like_this\n" }));
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "failed", code: 2 });
	expect(await world.plane.error(run)).toMatchObject({ type: "ModuleNotFoundError" });
});
