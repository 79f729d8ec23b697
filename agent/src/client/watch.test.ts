// What a control plane that was taken over leaves out or makes up is found out by whoever holds the key.
import { beforeAll, expect, test } from "vitest";
import { base64, utf8 } from "../protocol/bytes.ts";
import { sealFinish, sealSegment, sealTask, taskId } from "../protocol/open.ts";
import type { RunPlace } from "../protocol/places.ts";
import { newKey, WorkspaceKey } from "../protocol/seal.ts";
import { Opener } from "./watch.ts";

const workspace = "01980000-0000-7000-8000-000000000001";
const place: RunPlace = { workspace, flow: "train", number: 1, run: "01980000-0000-7000-8000-000000000002" };
const at = "2026-11-23T12:00:00.000Z";
let key: WorkspaceKey;

beforeAll(async () => {
	key = await WorkspaceKey.open(newKey(), workspace);
});

async function segment(start: number, text: string, end = start + utf8(text).length) {
	const sealed = base64(await sealSegment(key, place, 1, "out", start, utf8(text)));
	return { segment: { execution: 1, stream: "out", start, end, at, lines: 1, sealed } };
}
async function finished(outcome: string, told = outcome) {
	const sealed = base64(await sealFinish(key, place, 1, { outcome, streams: { out: 8 }, note: null, notShipped: 0 }));
	return { event: { at, execution: 1, type: "finished", data: { outcome: told, code: 0, signal: null }, sealed } };
}
const ended = (state: string) => ({ event: { at, execution: null, type: "ended", data: { state }, sealed: null } });

test("a log that is whole is told whole, and a success that its agent sealed is believed", async () => {
	const opener = new Opener(key, place);
	await opener.open(await segment(0, "one\n"));
	await opener.open(await segment(4, "two\n"));
	expect(await opener.open(await finished("succeeded"))).toMatchObject([{ type: "finished" }]);
	expect(await opener.open(ended("succeeded"))).toMatchObject([{ type: "ended", state: "succeeded" }]);
});

test("a stretch that was left out in the middle shows, also where its predecessor claims its bytes", async () => {
	const opener = new Opener(key, place);
	await opener.open(await segment(0, "one\n", 6));
	expect(await opener.open(await segment(6, "o\n"))).toMatchObject([{ lines: [{ m: "2 bytes of out are missing here" }, { m: "o" }] }]);
});

test("a stretch that was left out at the end shows by the sealed finish", async () => {
	const opener = new Opener(key, place);
	await opener.open(await segment(0, "one\n"));
	expect(await opener.open(await finished("succeeded"))).toMatchObject([{ lines: [{ m: "4 bytes of out are missing at its end" }] }, {}]);
});

test("a start that came without its key has it from what was told of the task with it or before", async () => {
	const opener = new Opener(key, place);
	const task = await taskId(key, place.run, "g#1");
	const content = { key: "g#1", name: null, inputs: null, preview: null, size: null, error: null, python: null, note: null };
	const told = async (state: string, sealed: string | null) =>
		await opener.open({ event: { at, execution: 1, type: "task", data: { task, fn: "g", index: null, state, attempt: 1 }, sealed } });
	const [start] = await told("running", null);
	expect(start && opener.named(start)).not.toHaveProperty("key");
	await told("succeeded", base64(await sealTask(key, place, task, content)));
	expect(start && opener.named(start)).toMatchObject({ state: "running", fn: "g", key: "g#1", content: null });
});

test("a failed run that is told as a success is refused, with its finish and without", async () => {
	await expect(new Opener(key, place).open(await finished("failed", "succeeded"))).rejects.toThrow(
		/says that the run succeeded, its agent sealed that it failed/,
	);
	await expect(new Opener(key, place).open(ended("succeeded"))).rejects.toThrow(/no agent has sealed that it did/);
	const opener = new Opener(key, place);
	await opener.open(await finished("failed"));
	await expect(opener.open(ended("succeeded"))).rejects.toThrow(/no agent has sealed/);
});
