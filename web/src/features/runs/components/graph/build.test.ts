import { expect, test } from "vitest";
import type { Task } from "../view.ts";
import { buildGraph, fits } from "./build.ts";

const task = (id: string, given: Partial<Task> = {}): Task => ({
	task: id,
	fn: id,
	index: null,
	map: null,
	state: "succeeded",
	attempt: 1,
	execution: 1,
	...{ until: null, from: null, cached: false },
	parents: [],
	startedAt: null,
	finishedAt: null,
	sealed: null,
	...given,
});
const of = (...tasks: Task[]) => new Map(tasks.map((one) => [one.task, one]));
const items = (n: number) =>
	Array.from({ length: n }, (_, i) => task(`i${i}`, { fn: "clean", map: "m", index: i, parents: ["load"], state: i ? "succeeded" : "failed" }));
const many = (n: number) => of(task("load"), ...items(n), task("train", { parents: items(n).map((one) => one.task) }));

test("10,000 items of a map are one node with shares, and their edges one on each side", () => {
	const graph = buildGraph(many(10_000), false);
	expect(graph.nodes.map(({ id, group }) => [id, group.tasks.length])).toEqual([
		["load", 1],
		["m", 10_000],
		["train", 1],
	]);
	expect(graph.nodes[1]).toMatchObject({ task: undefined, shares: { succeeded: 9_999, failed: 1 } });
	expect(graph.edges).toEqual([
		{ id: "load m", from: "load", to: "m" },
		{ id: "m train", from: "m", to: "train" },
	]);
});

test("a graph that changed its states only may lie as before; one with another node or edge may not", () => {
	const before = buildGraph(many(3), false);
	const recoloured = new Map([...many(3)].map(([id, one]) => [id, { ...one, state: "running" as const }]));
	expect(buildGraph(recoloured, false).structure).toBe(before.structure);
	expect(buildGraph(new Map([...many(3), ["x", task("x")]]), false).structure).not.toBe(before.structure);
	const edge = new Map([...many(3), ["load", task("load", { parents: ["train"] })]]);
	expect(buildGraph(edge, false).structure).not.toBe(before.structure);
	expect(buildGraph(many(4), false).structure).toBe(before.structure);
});

test("parents that are not told, a task that is its own parent and edges within a map are left out", () => {
	const graph = buildGraph(of(task("a", { parents: ["gone", "a"] }), task("b", { map: "m" }), task("c", { map: "m", parents: ["b"] })), false);
	expect(graph.edges).toEqual([]);
});

test("too many nodes do not fit, until they are one for each function", () => {
	const loop = of(...Array.from({ length: 2_000 }, (_, i) => task(`t${i}`, { fn: i % 2 ? "read" : "write", parents: i ? [`t${i - 1}`] : [] })));
	expect(fits(buildGraph(loop, false))).toBe(false);
	const collapsed = buildGraph(loop, true);
	expect(fits(collapsed)).toBe(true);
	expect(collapsed.nodes.map(({ id }) => id)).toEqual(["fn:write", "fn:read"]);
	expect(collapsed.edges).toHaveLength(2);
});

test("a map of one item is still a map", () => {
	expect(buildGraph(of(task("a", { map: "m", index: 0 })), false).nodes[0]).toMatchObject({ id: "m", task: undefined });
});
