import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Checkpoints } from "./memory.ts";
import { Run } from "./scope.ts";
import { prepareStore, Store } from "./store.ts";
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
