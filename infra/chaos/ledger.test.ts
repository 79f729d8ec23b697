import { describe, expect, test } from "vitest";
import { type Execution, judge } from "./ledger.ts";
import { pick, seeded } from "./random.ts";

const of = (...outcomes: string[]): Execution[] => outcomes.map((outcome, i) => ({ number: i + 1, outcome, store: "a" }));
const GOOD = ["begin 1 10 20", "effect 1 x", "begin 2 11 21", "effect 2 y"];

describe("a run", () => {
	test("is right where each effect is there once, and one that a kill cut off twice", () => {
		expect(judge(GOOD, of("failed", "succeeded"), ["x", "y"], 1)).toEqual({ wrong: [], repeated: 0, moved: 0 });
		expect(judge([...GOOD, "effect 2 x"], of("failed", "succeeded"), ["x", "y"], 1)).toEqual({ wrong: [], repeated: 1, moved: 0 });
	});
	test("is right where it began anew with another store", () => {
		const executions = of("lost", "succeeded").map((one, i) => ({ ...one, store: String(i) }));
		expect(judge([...GOOD, "effect 2 x"], executions, ["x", "y"], 0)).toEqual({ wrong: [], repeated: 0, moved: 1 });
	});
	test.each([
		["an effect is missing", GOOD, of("failed", "succeeded"), ["x", "y", "z"], /z was never done/],
		["an effect is there that nobody asked for", GOOD, of("failed", "succeeded"), ["x"], /y was done/],
		["an effect was done again after a suspension", [...GOOD, "effect 2 x"], of("suspended", "succeeded"), ["x", "y"], /x was done by execution 1/],
		["an effect was done twice by one execution", [...GOOD, "effect 2 y"], of("failed", "succeeded"), ["x", "y"], /y was done by execution 2/],
		[
			"a kill explains less",
			[...GOOD, "effect 1 z", "effect 2 x", "effect 2 z"],
			of("failed", "succeeded"),
			["x", "y", "z"],
			/2 effects .* explains 1/,
		],
		["two lived at once", [...GOOD, "overlap 1 2"], of("failed", "succeeded"), ["x", "y"], /lived when execution 2 began/],
		["none succeeded", GOOD, of("failed", "failed"), ["x", "y"], /one must have succeeded/],
		["two succeeded", GOOD, of("succeeded", "succeeded"), ["x", "y"], /one must have succeeded/],
	])("is wrong where %s", (_, lines, executions, expected, said) => {
		expect(judge(lines, executions, expected, 1).wrong.join("\n")).toMatch(said);
	});
});

test("a seed gives the same chances again, and another seed others", () => {
	const some = (seed: number) => Array.from({ length: 20 }, seeded(seed));
	expect(some(7)).toEqual(some(7));
	expect(some(7)).not.toEqual(some(8));
	expect(some(7).every((n) => n >= 0 && n < 1)).toBe(true);
	expect(pick(() => 0, { a: 1, b: 1 })).toBe("a");
	expect(pick(() => 0.99, { a: 1, b: 1 })).toBe("b");
});
