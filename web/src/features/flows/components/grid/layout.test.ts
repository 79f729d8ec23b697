import { expect, test } from "vitest";
import { callsOf, type GridCell, type GridRun, layOut, merged, sharesOf, stepped, worstOf } from "./layout.ts";

const run = (id: string): GridRun => ({ id, number: 1, state: "succeeded", queuedAt: "2026-11-25T10:00:00Z", startedAt: null, finishedAt: null });
const cell = (of: string, fn: string, first: number, states: GridCell["states"] = { succeeded: 1 }): GridCell => ({
	...{ run: of, fn, first, states, task: "0", attempt: 1, startedAt: null, finishedAt: null },
});

test("functions stand as the newest run met them, and what only older runs have behind what came before it there", () => {
	expect(
		merged([
			["load", "report"],
			["load", "train", "report"],
			["fetch", "load"],
		]),
	).toEqual(["fetch", "load", "train", "report"]);
	expect(merged([[], ["a"]])).toEqual(["a"]);
	expect(merged([])).toEqual([]);
});

const grid = layOut({
	runs: [run("new"), run("old")],
	cells: [cell("new", "train", 9), cell("old", "load", 1), cell("new", "load", 2), cell("old", "gone", 5)],
});

test("the newest run is at the right, and a function that a run did not call leaves a hole", () => {
	expect(grid.runs.map(({ id }) => id)).toEqual(["old", "new"]);
	expect(grid.rows.map(({ fn, cells }) => [fn, ...cells.map((one) => one?.run)])).toEqual([
		["load", "old", "new"],
		["gone", "old", undefined],
		["train", undefined, "new"],
	]);
});

test("the calls of a map are told by state, what wants attention first", () => {
	const map = cell("r", "train", 1, { succeeded: 97, failed: 2, running: 1 });
	expect([callsOf(map), worstOf(map), sharesOf(map)]).toEqual([
		100,
		"failed",
		[
			["failed", 2],
			["running", 1],
			["succeeded", 97],
		],
	]);
});

test("arrows go to the next that is there, over holes, and stay where there is none", () => {
	const from =
		(row: number, column: number) =>
		(key: string, whole = false) =>
			stepped(key, whole, { row, column }, grid.rows, 2);
	expect(from(0, 0)("ArrowRight")).toEqual({ row: 0, column: 1 });
	expect(from(1, 0)("ArrowRight")).toEqual({ row: 1, column: 0 });
	expect(from(0, 1)("ArrowDown")).toEqual({ row: 2, column: 1 });
	expect(from(0, 0)("ArrowUp")).toEqual({ row: -1, column: 0 });
	expect(from(-1, 0)("ArrowUp")).toEqual({ row: -1, column: 0 });
	expect(from(2, 1)("Home")).toEqual({ row: 2, column: 1 });
	expect(from(2, 1)("Home", true)).toEqual({ row: -1, column: 0 });
	expect(from(0, 0)("End", true)).toEqual({ row: 2, column: 1 });
	expect(from(0, 0)("a")).toBeUndefined();
});
