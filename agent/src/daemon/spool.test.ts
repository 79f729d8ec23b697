import { randomUUID } from "node:crypto";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newKey, WorkspaceKey } from "../protocol/seal.ts";
import type { Assignment, Segment } from "../protocol/wire.ts";
import { RunFolder } from "./folder.ts";
import { Spool } from "./spool.ts";

const statesIn = (segments: Segment[]): string[] =>
	segments.flatMap(({ events }) => events.flatMap((event) => (event.type === "task" ? [event.state] : [])));

test("an event that is written while the log is read is told with the lines before it, not ahead of them", async () => {
	const runs = mkdtempSync(join(tmpdir(), "tidegate-spool-"));
	try {
		const [run, workspace] = [randomUUID(), randomUUID()];
		const assignment: Assignment = {
			...{ run, execution: 1, attempt: 1, token: "0".repeat(32), flow: "flow", version: randomUUID(), number: 1, address: "a".repeat(64) },
			...{ parameters: null, logicalDate: "2026-11-23T06:00:00.000Z", url: "" },
			...{ answered: 0, resumes: null, refresh: false, parent: null, step: null, hook: null, store: null, settings: 0 },
		};
		const folder = RunFolder.plan(runs, assignment, { parameters: null, from: null, error: null });
		folder.make();
		const spool = new Spool(await WorkspaceKey.open(newKey(), workspace), { workspace, flow: "flow", number: 1, run }, folder);
		const process = (text: string, state: "running" | "succeeded"): void => {
			appendFileSync(folder.at("log.1.ndjson"), `${JSON.stringify({ t: 1, l: "info", m: text, s: "log" })}\n`);
			const task = { type: "task", t: 1, key: "a#0", fn: "a", index: null, map: null, state, attempt: 1, parents: [] };
			appendFileSync(folder.at("events.1.ndjson"), `${JSON.stringify(task)}\n`);
		};
		process("one", "running");
		const collecting = spool.collect([], 2 ** 20, false);
		// Its log is being sealed now, before its events are read.
		process("two", "succeeded");
		const first = (await collecting).segments;
		expect(statesIn(first)).toEqual(["running"]);
		spool.acknowledge(first, Object.fromEntries(first.map(({ stream, end }) => [stream, end])));
		expect(statesIn((await spool.collect([], 2 ** 20, false)).segments)).toEqual(["succeeded"]);
	} finally {
		rmSync(runs, { recursive: true });
	}
});
