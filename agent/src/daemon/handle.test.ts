import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { processes } from "../executors/process.ts";
import { FlowOptions } from "../protocol/manifest.ts";
import { Assignment } from "../protocol/wire.ts";
import { RunFolder } from "./folder.ts";
import { Handle } from "./handle.ts";

const runs = mkdtempSync(join(tmpdir(), "tidegate-handle-"));
afterAll(() => rmSync(runs, { recursive: true }));

const run = "01a215a6-f42e-715f-a5e4-112fb361ae7e";
const assignment = Assignment.parse({
	...{ run, execution: 1, attempt: 1, token: "0".repeat(32), flow: "storm", version: run, number: 1, address: "0".repeat(64), parameters: null },
	...{
		logicalDate: "2026-11-26T00:00:00.000Z",
		url: "http://localhost/runs/x",
		answered: 0,
		resumes: null,
		refresh: false,
		parent: null,
		step: null,
	},
	...{ hook: null, store: null },
});

test("what the flow asks for is written down before its process starts: an agent killed in that moment still knows its retries", async () => {
	const folder = RunFolder.plan(runs, assignment, { parameters: null, from: null, error: null });
	folder.make();
	folder.notes.options = FlowOptions.parse({ retries: 3 });
	const order = { run, execution: 1, folder: folder.path, cwd: join(runs, "nowhere"), command: ["true"], environment: {} } as const;
	await expect(new Handle(folder, processes).start({ ...order, environment: { NODE_ENV: "test" } })).rejects.toThrow(/ENOENT/);
	expect(RunFolder.read(folder.path)?.notes).toMatchObject({ options: { retries: 3 }, process: null });
});
