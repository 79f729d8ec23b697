import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nameOf } from "./folder.ts";
import { stands } from "./testing/stands.ts";
import { finished, until, World } from "./testing/world.ts";

const HELLO = `from tidegate import flow, task, log, artifact

@task
def double(n: int) -> int:
    print("doubling", n)
    return 2 * n

@flow
def flow(n: int = 21):
    log.info("hello from the flow")
    artifact.markdown("# canary-artifact", name="report")
    return double(n)
`;

test("a run is done as it was deployed, and its log, tasks, artifact and result arrive whole", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const run = await plane.trigger(await plane.deploy({ "flow.py": HELLO }), { n: 4 });
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "succeeded", code: 0, signal: null });
	expect(await plane.result(run)).toBe(8);
	expect(await plane.messages(run)).toEqual(["hello from the flow", "doubling 4"]);
	expect(run.events.filter(({ event }) => event.type === "task").at(-1)?.event).toMatchObject({ fn: "double", state: "succeeded" });
	const body = [...run.marks.keys()].find((name) => name.startsWith("artifact.")) as string;
	expect(await plane.stream(run, body)).toBe("# canary-artifact");
	const sealed = await plane.finish(run);
	expect(sealed).toMatchObject({ note: null, notShipped: 0 });
	expect(sealed.streams).toEqual(Object.fromEntries(run.marks));
	expect(run.started).not.toBeNull();
	expect(world.lines.join("\n")).toMatch(/run [0-9a-f]{8} of flow: succeeded with exit code 0 after \d+\.\d s/);
});

test("nothing that was written, given or returned leaves the premises in the clear", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const source = `from tidegate import flow, artifact
@flow
def flow(p: str = "canary-default"):
    print("canary-line", p)
    artifact.table([{"a": "canary-cell"}], name="canary-name")
    raise ValueError("canary-error")
`;
	const run = await plane.trigger(await plane.deploy({ "flow.py": source, "canary-path.txt": "canary-code" }), { p: "canary-parameter" });
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "failed", code: 1 });
	expect(world.lines.join("\n")).toMatch(/run [0-9a-f]{8} of flow: failed with exit code 1 after/);
	expect(await plane.error(run)).toMatchObject({ type: "ValueError", message: "canary-error" });
	expect(plane.requests.some(({ body }) => stands(body, run.assignment.run))).toBe(true);
	for (const { path, body } of plane.requests) expect(stands(body, "canary"), path).toBe(false);
	expect(world.lines.join("\n")).not.toContain("canary");
});

test("the run directory is private, says what to run, and is kept after the finish was acknowledged", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const run = await plane.trigger(await plane.deploy({ "flow.py": HELLO, "data/a.txt": "x" }), { n: 1 });
	await finished(run);
	const folder = join(world.home, "runs", nameOf(run.assignment));
	await until("the mark that it was reported", () => existsSync(join(folder, "reported")));
	expect(statSync(folder).mode & 0o777).toBe(0o700);
	expect(statSync(join(folder, "parameters.json")).mode & 0o777).toBe(0o600);
	expect(JSON.parse(readFileSync(join(folder, "run.json"), "utf8"))).toMatchObject({
		contract: 2,
		run: run.assignment.run,
		entry: "flow.py:flow",
		version: 1,
		token: run.assignment.token,
	});
	expect(readFileSync(join(folder, "project/data/a.txt"), "utf8")).toBe("x");
	expect(JSON.parse(readFileSync(join(folder, "exit"), "utf8"))).toEqual({ code: 0 });
});

test("what left is noted in the ledger, stretch by stretch", async () => {
	await using world = await World.make();
	const { plane } = world;
	const agent = world.agent();
	const run = await plane.trigger(await plane.deploy({ "flow.py": HELLO }));
	await finished(run);
	// Noted is what was acknowledged; whatever was not is told again, and noted then, after the next start.
	await until("the mark that it was reported", () => existsSync(join(world.home, "runs", nameOf(run.assignment), "reported")));
	expect(await agent.stop()).toBe(0);
	const entries = readFileSync(join(world.home, "ledger.ndjson"), "utf8")
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line));
	const total = entries.filter(({ kind }) => kind === "segment").reduce((sum, { start, end }) => sum + end - start, 0);
	expect(total).toBe([...run.marks.values()].reduce((sum, mark) => sum + mark, 0));
	expect(entries.at(-1)).toMatchObject({ kind: "finish", run: run.assignment.run, why: "succeeded" });
});
