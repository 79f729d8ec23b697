import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Checkpoints } from "./memory.ts";
import { perform } from "./perform.ts";
import { RunDirectory } from "./records.ts";
import { Run } from "./scope.ts";
import { prepareStore, Store } from "./store.ts";
import { task } from "./task.ts";
import { Terminal } from "./terminal.ts";

test("from an earlier task on a mark by hand stays as it is, and says so; from the marked task itself, that runs", () => {
	const path = mkdtempSync(join(tmpdir(), "tidegate-memory-"));
	onTestFinished(() => rmSync(path, { recursive: true }));
	prepareStore(path);
	const store = new Store(path);
	const marks = [{ key: "train#0", state: "succeeded" as const, value: 4 }];
	const recalled = (run: string, from: string) => {
		const info = { run, flow: "f", resumes: { run: "earlier", from, changed: "rerun" as const }, marks };
		const said: string[] = [];
		const call = { ...{ key: "train#0", fn: () => 1, policy: undefined, args: [] }, run: new Run(new Terminal("f"), info) };
		const recall = () => new Checkpoints(store, info, (_, text) => said.push(text)).recall({ ...call, scope: call.run.root }).found?.value;
		// A later process of the same run has it from its log, and is silent.
		return [recall(), recall(), said];
	};
	expect(recalled("one", "load#0")).toEqual([4, 4, ["was marked by hand on run earlier, and is not run"]]);
	expect(recalled("two", "train#0")).toEqual([undefined, undefined, []]);
});

test("from a task that was another run on, all that began after that was asked for is done again, though its answer came later", async () => {
	const path = mkdtempSync(join(tmpdir(), "tidegate-memory-"));
	onTestFinished(() => rmSync(path, { recursive: true }));
	prepareStore(path);
	const store = new Store(path);
	const note = (): void => {};
	const before = new Checkpoints(store, { run: "earlier", flow: "f" }, note);
	for (const [key, value] of [
		["loaded", 1],
		["train#0:earlier", "id"],
		["meanwhile", 2],
		["train#0", 3],
	] as const) {
		before.once(key, () => value);
		await new Promise((done) => setTimeout(done, 2));
	}
	const after = new Checkpoints(store, { run: "later", flow: "f", resumes: { run: "earlier", from: "train#0", changed: "rerun" } }, note);
	expect(["loaded", "meanwhile", "train#0"].map((key) => after.moment(key)?.value)).toEqual([1, undefined, undefined]);
});

test("what failed is asked anew by another attempt of the flow, and in the same way by each of its processes", () => {
	const path = mkdtempSync(join(tmpdir(), "tidegate-memory-"));
	onTestFinished(() => rmSync(path, { recursive: true }));
	prepareStore(path);
	const store = new Store(path);
	const told = (attempt: number, key: string, failed: boolean) =>
		new Checkpoints(store, { run: "one", flow: "f", attempt }, () => {}).askedAs(`${key}#0`, (before) => failed && before === `${key}#0`);
	expect([told(1, "a", true), told(2, "a", true), told(2, "a", true), told(3, "a", true)]).toEqual(["a#0", ...Array(3).fill("a#0 (attempt 2)")]);
	// What failed only after this attempt had met it is this attempt's own failure.
	expect([told(2, "b", false), told(2, "b", true), told(3, "b", true)]).toEqual(["b#0", "b#0", "b#0 (attempt 3)"]);
});

test("items that are remembered are told as done, and not as begun again", async () => {
	const path = mkdtempSync(join(tmpdir(), "tidegate-memory-"));
	onTestFinished(() => rmSync(path, { recursive: true }));
	prepareStore(path);
	const double = task(async function double(n: number) {
		return n * 2;
	});
	const told = async (run: string, items: number[], resumes?: { run: string; from: null; changed: "rerun" }) => {
		const folder = mkdtempSync(join(path, "run-"));
		const info = { run, flow: "f", ...(resumes ? { resumes } : {}) };
		const doing = new Run(new RunDirectory(folder), info);
		doing.memory = new Checkpoints(new Store(path), info, () => undefined);
		expect(await perform(doing, "f", () => double.map(items), undefined)).toEqual(items.map((n) => n * 2));
		doing.memory.sync();
		const events = readdirSync(folder).find((name) => name.startsWith("events.")) as string;
		const records = readFileSync(join(folder, events), "utf8").trim().split("\n");
		return records.map((text) => JSON.parse(text) as { key: string; state: string }).map(({ key, state }) => `${key} ${state}`);
	};
	const begun = (key: string) => ["pending", "running", "succeeded"].map((state) => `${key} ${state}`);
	expect((await told("earlier", [1, 2])).sort()).toEqual([...begun("double#0[0]"), ...begun("double#0[1]")].sort());
	const later = await told("later", [1, 2, 3], { run: "earlier", from: null, changed: "rerun" });
	expect(later.sort()).toEqual(["double#0[0] succeeded", "double#0[1] succeeded", ...begun("double#0[2]")].sort());
});

test("what failed before a wait is thrown again behind it, until the flow is tried again; a failure that ends the process is not kept", async () => {
	const path = mkdtempSync(join(tmpdir(), "tidegate-memory-"));
	onTestFinished(() => rmSync(path, { recursive: true }));
	prepareStore(path);
	class Own extends Error {}
	const done: string[] = [];
	const fails = task({ retries: 1 }, async function fails(kind: string) {
		done.push(kind);
		if (kind === "own") throw new Own("mine");
		if (kind === "text") throw "text";
		throw Object.assign(new TypeError("gone", { cause: new Error("below") }), { code: "ENOENT" });
	});
	const go = async (attempt: number, waits: boolean) => {
		const folder = mkdtempSync(join(path, "run-"));
		const info = { run: "one", flow: "f", attempt };
		const doing = new Run(new RunDirectory(folder), info);
		doing.memory = new Checkpoints(new Store(path), info, () => undefined);
		const said: unknown[] = [];
		done.length = 0;
		const body = async (): Promise<void> => {
			for (const kind of ["type", "text", "own"]) await fails(kind).catch((thrown: unknown) => said.push(thrown));
		};
		await perform(doing, "f", body, undefined);
		if (waits) doing.memory.suspends();
		return {
			said,
			done: [...done],
			events: readFileSync(join(folder, readdirSync(folder).find((name) => name.startsWith("events")) as string), "utf8"),
		};
	};
	const twice = ["type", "type", "text", "text", "own", "own"];
	expect((await go(1, false)).done).toEqual(twice);
	expect((await go(1, true)).done).toEqual(twice);
	const { said, done: again, events } = await go(1, true);
	// One of a class of the user's own is not known again by it, and is done again.
	expect(again).toEqual(["own", "own"]);
	expect(said).toEqual([expect.objectContaining({ message: "gone", code: "ENOENT", cause: new Error("below") }), "text", expect.any(Own)]);
	expect(said[0]).toBeInstanceOf(TypeError);
	expect(events).toMatch(/"key":"fails#0".*"attempt":2.*"state":"failed"/);
	expect((await go(2, true)).done).toEqual(twice);
});
