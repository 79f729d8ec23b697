import { expect, test } from "vitest";
import type { Task } from "../view.ts";
import { delta, equal, pairs, workOf } from "./compare.ts";

const task = (fn: string, from: number | null, to: number | null): Task =>
	({
		fn,
		startedAt: from === null ? null : new Date(from).toISOString(),
		finishedAt: to === null ? null : new Date(to).toISOString(),
	}) as Task;

test("a map counts for as long as it went on, not for the sum of its tasks", () => {
	const work = workOf([
		task("train", 0, 4_000),
		task("train", 1_000, 5_000),
		task("load", 0, 500),
		task("never", null, null),
		task("open", 10, null),
	]);
	expect([...work]).toEqual([
		["train", { count: 2, took: 5_000, open: false }],
		["load", { count: 1, took: 500, open: false }],
		["open", { count: 1, took: 0, open: true }],
	]);
});

test("what only one run has stands beside nothing", () => {
	expect(
		pairs(
			new Map([
				["old", 1],
				["both", 2],
			]),
			new Map([
				["both", 3],
				["new", 4],
			]),
		),
	).toEqual([
		{ name: "both", before: 2, after: 3 },
		{ name: "new", before: undefined, after: 4 },
		{ name: "old", before: 1, after: undefined },
	]);
});

test.each([
	[0.9, 0.95, "+0.05 (+5.6\u202f%)"],
	[100, 50, "−50 (−50\u202f%)"],
	[0, 2, "+2"],
	[-2, -1, "+1 (+50\u202f%)"],
	[3, 3, "the same"],
	[null, 3, undefined],
	[1, undefined, undefined],
])("from %s to %s is %s", (before, after, told) => {
	expect(delta(before, after)).toBe(told);
});

test("values are equal as JSON, whatever the order of names", () => {
	expect(equal({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true);
	expect(equal({ a: undefined }, {})).toBe(false);
	expect(equal([1, 2], [2, 1])).toBe(false);
	expect(equal({}, [])).toBe(false);
	expect(equal("1", 1)).toBe(false);
});
