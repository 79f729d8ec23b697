import { expect, test } from "vitest";
import { aligned, figure, isPositive, merge, summary } from "./series.ts";

test("a name with several points is a chart, and only what has one value is a figure", () => {
	const told: Parameters<typeof merge>[0] = [
		{ metrics: { loss: 1, rows: 344 }, step: 1 },
		{ metrics: { loss: 0.5 }, step: 2 },
		{
			metrics: { accuracy: 1 },
			step: null,
			series: {
				accuracy: [
					[0, 0.98],
					[1, 1],
				],
			},
		},
	];
	expect(merge(told)).toEqual({
		values: [["rows", 344]],
		series: [
			[
				"loss",
				[
					[1, 1],
					[2, 0.5],
				],
			],
			[
				"accuracy",
				[
					[0, 0.98],
					[1, 1],
				],
			],
		],
	});
});

test("a name that is told again and again without a step counts its steps, and goes on behind those that were given", () => {
	const told = (loss: number, step: number | null = null) => ({ metrics: { loss }, step });
	const points = (...all: Parameters<typeof merge>[0]) => merge(all).series[0]?.[1];
	expect(points(told(1), told(0.5), told(0.25))).toEqual([
		[0, 1],
		[1, 0.5],
		[2, 0.25],
	]);
	expect(points(told(1, 7), told(0.5))).toEqual([
		[7, 1],
		[8, 0.5],
	]);
	expect(merge([told(1)])).toEqual({ values: [["loss", 1]], series: [] });
});

test("a series is told by its last value and its range, whatever is missing in it", () => {
	const of = (...values: (number | null)[]) => summary(values.map((value, step) => [step, value]));
	expect(of(0.98, 0.96, 1)).toBe("last 1, from 0.96 to 1");
	expect(of(3, null, 5, null)).toBe("last —, from 3 to 5");
	expect(of(2, 2)).toBe("last 2, always 2");
	expect(of(null, null)).toBe("no number in it");
	expect(summary(Array.from({ length: 300_000 }, (_, step) => [step, step]))).toBe("last 299\u202f999, from 0 to 299\u202f999");
});

test("a figure has five digits, and whole numbers all of theirs", () => {
	expect([1 / 3, 1_234_567, 0, null, 1e-9].map(figure)).toEqual(["0.33333", "1\u202f234\u202f567", "0", "—", "1e-9"]);
});

test("several series share their steps: what one does not have is no gap, what is no number is one", () => {
	const loss: [number, number | null][] = [
		[0, 3],
		[2, null],
		[3, -1],
	];
	const rate: [number, number | null][] = [
		[1, 0.1],
		[3, 0],
	];
	expect(aligned([loss, rate], false)).toEqual([
		[0, 1, 2, 3],
		[3, undefined, null, -1],
		[undefined, 0.1, undefined, 0],
	]);
	expect(aligned([loss, rate], true)).toEqual([
		[0, 1, 2, 3],
		[3, undefined, null, null],
		[undefined, 0.1, undefined, null],
	]);
	expect([isPositive([loss]), isPositive([[[0, 0]], [[1, null]]])]).toEqual([true, false]);
});
