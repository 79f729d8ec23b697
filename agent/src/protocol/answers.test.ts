import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { eventId, openAnswer, openEvent, openFrom, openMark, openWait, sealAnswer, sealEvent, sealFrom, sealMark, sealWait } from "./answers.ts";
import { MAX_ANSWER } from "./limits.ts";
import { taskId } from "./open.ts";
import { newKey, WorkspaceKey } from "./seal.ts";

const workspace = randomUUID();
const key = await WorkspaceKey.open(newKey(), workspace);
const place = { workspace, flow: "ship", number: 3, run: randomUUID() };
const task = await taskId(key, place.run, "approval#0");

test("each content opens in its own place, and in no other", async () => {
	const other = { ...place, run: randomUUID() };
	const wait = { key: "approval#0", prompt: { text: "Ship it?", form: { type: "boolean" } }, event: null };
	expect(await openWait(key, place, task, await sealWait(key, place, task, wait))).toEqual(wait);
	const answer = await sealAnswer(key, place.run, task, { value: true });
	expect(await openAnswer(key, place.run, task, answer)).toEqual({ value: true });
	await expect(openAnswer(key, other.run, task, answer)).rejects.toThrow(/another place/);
	await expect(openAnswer(key, place.run, "0".repeat(32), answer)).rejects.toThrow(/another place/);
	const from = await sealFrom(key, place, { from: "train#0" });
	expect(await openFrom(key, place, from)).toEqual({ from: "train#0" });
	await expect(openFrom(key, other, from)).rejects.toThrow(/another place/);
	const mark = await sealMark(key, place, task, { key: "train#0", value: [1] });
	expect(await openMark(key, place, task, mark)).toEqual({ key: "train#0", value: [1] });
	await expect(openMark(key, other, task, mark)).rejects.toThrow(/another place/);
});

test("an event has one id for its name and key under one workspace key, and its value opens for that event alone", async () => {
	const paid = await eventId(key, { name: "paid", key: "7" });
	expect(paid).toMatch(/^[0-9a-f]{64}$/);
	expect(await eventId(key, { name: "paid", key: "7" })).toBe(paid);
	const foreign = await WorkspaceKey.open(newKey(), workspace);
	const others = await Promise.all([
		eventId(key, { name: "paid7", key: "" }),
		eventId(key, { name: "paid", key: "8" }),
		eventId(foreign, { name: "paid", key: "7" }),
	]);
	expect(new Set([paid, ...others]).size).toBe(4);
	const sealed = await sealEvent(key, paid, { value: { amount: 3 } });
	expect(await openEvent(key, paid, sealed)).toEqual({ value: { amount: 3 } });
	await expect(openEvent(key, others[1] as string, sealed)).rejects.toThrow(/another place/);
});

test("what is too large to ride along is refused before it is sealed, with its size", async () => {
	await expect(sealAnswer(key, place.run, task, { value: "x".repeat(MAX_ANSWER) })).rejects.toThrow(`the answer takes ${MAX_ANSWER + 2} bytes`);
});
