import { expect, test } from "vitest";
import { newKey, WorkspaceKey } from "../protocol/seal.ts";
import { openRun } from "./detail.ts";

type Read = Parameters<typeof openRun>[1];

const at = (second: number): string => new Date(Date.parse("2026-11-26T06:00:00Z") + second * 1000).toISOString();
const run = { id: "01980000-0000-7000-8000-00000000000a", flow: "tides", number: 1, state: "running", parameters: null };
const task = {
	task: "ab",
	fn: "fetch",
	index: null,
	map: null,
	state: "succeeded",
	attempt: 1,
	from: run.id,
	cached: false,
	startedAt: null,
	sealed: null,
};
const done = { task: "ab", execution: 1, attempt: 2, state: "succeeded", startedAt: at(1), finishedAt: at(3) };
const read = (over: object): Read => ({ run, tasks: [task], executions: [], earlier: [done], kin: { store: null }, ...over }) as unknown as Read;

test("what an earlier process of the same run did is shown as that did it, what another run did as remembered", async () => {
	const key = await WorkspaceKey.open(newKey(), "01980000-0000-7000-8000-000000000001");
	const [own] = (await openRun(key, read({}))).tasks;
	expect(own).toMatchObject({ from: null, attempt: 2, startedAt: at(1), finishedAt: at(3) });
	const other = { ...task, from: "01980000-0000-7000-8000-00000000000b" };
	expect((await openRun(key, read({ tasks: [other] }))).tasks[0]).toMatchObject({ from: other.from, attempt: 1 });
});

test("a success that no agent has sealed is not believed", async () => {
	const key = await WorkspaceKey.open(newKey(), "01980000-0000-7000-8000-000000000001");
	await expect(openRun(key, read({ run: { ...run, state: "succeeded" } }))).rejects.toThrow("no agent has sealed that it did");
});
