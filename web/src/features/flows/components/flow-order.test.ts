import { expect, test } from "vitest";
import { type FlowSummary, matching, orderOf, sorted, tagsOf } from "./flow-order.ts";

const flow = (name: string, given: Partial<FlowSummary> = {}, queuedAt?: string): FlowSummary => ({
	measured: true,
	id: name,
	name,
	tags: [],
	live: null,
	createdAt: "2026-11-01T00:00:00Z",
	succeeded: 0,
	failed: 0,
	median: null,
	recent: queuedAt ? [{ id: "r", number: 1, state: "queued", queuedAt, startedAt: null, finishedAt: null }] : [],
	...given,
});
const flows = [
	flow("b2", { succeeded: 9, failed: 1, median: 50, tags: ["ml", "nightly"] }, "2026-11-03T00:00:00Z"),
	flow("B10", { succeeded: 1, failed: 1, median: 900, tags: ["ml"] }, "2026-11-02T00:00:00Z"),
	flow("a", {}, "2026-11-04T00:00:00Z"),
	flow("never"),
];
const order = (told: string | null) => sorted(flows, orderOf(told)).map(({ name }) => name);

test("names sort as people read them, figures from the end that is looked for, and what has no figure is last either way", () => {
	expect(order(null)).toEqual(["a", "b2", "B10", "never"]);
	expect(order("-name")).toEqual(["never", "B10", "b2", "a"]);
	expect(order("success")).toEqual(["B10", "b2", "a", "never"]);
	expect(order("-success")).toEqual(["b2", "B10", "a", "never"]);
	expect(order("duration")).toEqual(["B10", "b2", "a", "never"]);
	expect(order("last")).toEqual(["a", "b2", "B10", "never"]);
	expect(order("-last")).toEqual(["B10", "b2", "a", "never"]);
});

test("an order that the address made up is the name's", () => {
	expect([orderOf("nonsense"), orderOf("-"), orderOf("-last")]).toEqual([
		{ by: "name", back: false },
		{ by: "name", back: false },
		{ by: "last", back: true },
	]);
});

test("flows are found by a part of their name and all of the tags", () => {
	expect(matching(flows, " B", []).map(({ name }) => name)).toEqual(["b2", "B10"]);
	expect(matching(flows, "", ["ml", "nightly"]).map(({ name }) => name)).toEqual(["b2"]);
	expect(matching(flows, "b", ["none"])).toEqual([]);
	expect(tagsOf(flows)).toEqual([
		["ml", 2],
		["nightly", 1],
	]);
});
