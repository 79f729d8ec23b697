import { expect, test } from "vitest";
import { latest, linesOf } from "./collect.ts";

test("of what was told step by step, the newest value of each metric counts", () => {
	expect(
		latest([
			["training", { metrics: { loss: 0.1 }, step: 3 }],
			["training", { metrics: { loss: 0.5, rows: 344 }, step: 2 }],
			[
				"test",
				{
					metrics: {},
					step: null,
					series: {
						accuracy: [
							[0, 0.9],
							[1, 0.97],
						],
					},
				},
			],
		]),
	).toEqual([
		["training", "loss", 0.1],
		["training", "rows", 344],
		["test", "accuracy", 0.97],
	]);
});

test("what is no number leaves a gap, whatever a flow wrote", () => {
	const told = {
		metrics: { text: "1", none: null, list: [1], big: Number.POSITIVE_INFINITY, fine: 0 },
		step: null,
		series: { broken: 7, empty: [] },
	};
	expect(latest([["m", told as never]]).filter(([, , value]) => value !== null)).toEqual([["m", "fine", 0]]);
});

const run = (...values: [string, string, number | null][]) => ({ values, left: 0 });

test("each metric is a line over the runs, with gaps where a run has none, in the newest run's order", () => {
	expect(linesOf([run(["m", "old", 7], ["m", "loss", 1]), undefined, run(["m", "loss", 0.5], ["m", "rows", 3])])).toEqual([
		{ id: '["m","loss"]', name: "m: loss", values: [1, null, 0.5] },
		{ id: '["m","rows"]', name: "m: rows", values: [null, null, 3] },
		{ id: '["m","old"]', name: "m: old", values: [7, null, null] },
	]);
});

test("a metric is named with its artifact, and one without any number is no line", () => {
	expect(linesOf([run(["train", "loss", 1], ["test", "loss", 2], ["test", "nan", null])]).map(({ name }) => name)).toEqual([
		"train: loss",
		"test: loss",
	]);
});

test("names of flows can be those of an object's own parts", () => {
	expect(linesOf([{ values: latest([["constructor", { metrics: { __proto__: 1, toString: 2 } as never, step: null }]]), left: 0 }])).toMatchObject([
		{ name: "constructor: toString" },
	]);
});
