import { expect, test } from "vitest";
import type { Task } from "../view.ts";
import { groupsBy, over, rowsOf, sharesOf, tasksAsDone, titlesOf, worst } from "./rows.ts";
import { panBy, parseZoom, place, printZoom, spanOf, tickName, ticks, zoomBy, zoomed } from "./span.ts";

const at = (seconds: number) => new Date(Date.parse("2026-11-23T06:00:00Z") + seconds * 1_000).toISOString();
const task = (id: string, given: Partial<Task> = {}): Task => ({
	task: id,
	fn: "clean",
	index: null,
	map: null,
	state: "succeeded",
	attempt: 1,
	execution: 1,
	...{ until: null, from: null, cached: false },
	parents: [],
	startedAt: at(1),
	finishedAt: at(2),
	sealed: null,
	...given,
});
const view = (...tasks: Task[]) => ({ executions: [], earlier: new Map(), tasks: new Map(tasks.map((one) => [one.task, one])) });
const items = (n: number) => Array.from({ length: n }, (_, i) => task(`i${i}`, { map: "m", index: i }));
const kinds = (rows: ReturnType<typeof rowsOf>) => rows.map((row) => `${row.kind} ${row.id} ${row.level}`);

test("a map is one line where its first item was told; small ones begin open, and turning one keeps to itself", () => {
	const small = view(task("a"), ...items(2), task("b"));
	expect(kinds(rowsOf(small, new Set()))).toEqual(["task a 1", "map m 1", "task i0 2", "task i1 2", "task b 1"]);
	expect(kinds(rowsOf(small, new Set(["m"])))).toEqual(["task a 1", "map m 1", "task b 1"]);
	expect(rowsOf(view(...items(10_000)), new Set())).toHaveLength(1);
	expect(rowsOf(view(...items(10_000)), new Set(["m"]))).toHaveLength(10_001);
});

test("10,000 tasks become lines in a moment", () => {
	const many = view(...items(10_000));
	const began = performance.now();
	for (let n = 0; n < 10; n++) rowsOf(many, new Set(["m"]));
	expect(performance.now() - began).toBeLessThan(1_000);
});

test("a group tells its shares, what wants attention first, and ends when its last does", () => {
	const tasks = [task("a"), task("b", { state: "failed", finishedAt: at(9) }), task("c"), task("d", { startedAt: at(0.5) })];
	const group = groupsBy(tasks, () => "g").get("g");
	expect(group).toMatchObject({ from: at(0.5), to: at(9), shares: { succeeded: 3, failed: 1 } });
	expect(sharesOf(group?.shares ?? {})).toEqual([
		["failed", 1],
		["succeeded", 3],
	]);
	expect(worst(group?.shares ?? {})).toBe("failed");
	expect(groupsBy([...tasks, task("e", { state: "running", finishedAt: null })], () => "g").get("g")).toMatchObject({ to: null });
	expect(over({ succeeded: 3, failed: 1, running: 5, pending: 1, skipped: 2 })).toBe(6);
});

test("a map that its run remembered of itself was done when it was done", () => {
	const again = items(2).map((item) => ({ ...item, execution: 3, from: "r", startedAt: null, finishedAt: at(20) }));
	const once = (id: string) => [{ task: id, execution: 1, attempt: 1, state: "succeeded" as const, startedAt: at(1), finishedAt: at(2) }];
	const told = { ...view(...again), earlier: new Map(again.map(({ task: id }) => [id, once(id)])), run: { id: "r" } };
	const [group, item] = rowsOf(told, new Set());
	expect(group).toMatchObject({ kind: "map", group: { from: at(1), to: at(2) } });
	expect(item).toMatchObject({ since: at(1), till: at(2), earlier: [] });
	expect(tasksAsDone(told).get("i1")).toMatchObject({ execution: 1, finishedAt: at(2) });
	expect(tasksAsDone({ ...told, run: { id: "another" } }).get("i1")).toMatchObject({ execution: 3, finishedAt: at(20) });
});

test("executions of one attempt are its parts; one that was given back before it began is none", () => {
	const titles = (...given: [attempt: number, outcome: string | null][]) => [
		...titlesOf(given.map(([attempt, outcome], at) => ({ execution: at + 1, attempt, outcome }) as never)).values(),
	];
	expect(titles([1, "succeeded"])).toEqual([""]);
	expect(titles([1, "returned"], [1, null])).toEqual(["", ""]);
	expect(titles([1, "lost"], [2, null])).toEqual(["attempt 1", "attempt 2"]);
	expect(titles([1, "suspended"], [1, null])).toEqual(["part 1 of 2", "part 2 of 2"]);
	expect(titles([1, "suspended"], [1, "failed"], [2, null])).toEqual(["attempt 1, part 1 of 2", "attempt 1, part 2 of 2", "attempt 2"]);
});

test("a wait for a child run is as long as that, and tells that it was one", () => {
	const wait = task("w", { startedAt: null, finishedAt: at(9) });
	const kin = { waits: [{ task: "w", at: at(1) }], children: [{ task: "w", state: "failed", startedAt: at(2), finishedAt: at(4) }], marks: [] };
	expect(rowsOf({ ...view(wait), kin: kin as never }, new Set())).toMatchObject([
		{ asked: at(1), since: at(2), till: at(4), child: true, state: "succeeded" },
	]);
	// It has ended, and its parent, which waits for others too, has not heard of it.
	const early = task("w", { state: "waiting", startedAt: null, finishedAt: null });
	expect(rowsOf({ ...view(early), kin: kin as never }, new Set())).toMatchObject([{ since: at(2), till: at(4), state: "failed" }]);
	const soon = { ...kin, children: [{ task: "w", state: "queued", startedAt: null, finishedAt: null }] } as never;
	expect(rowsOf({ ...view(wait), kin: soon }, new Set())).toMatchObject([{ since: at(1), till: at(9), child: true }]);
	expect(rowsOf(view(wait), new Set())).toMatchObject([{ since: null, till: at(9), child: false }]);
});

test("a map of runs went on from the first that began to the last that ended", () => {
	const items = [0, 1].map((index) => task(`w${index}`, { map: "m", index, startedAt: null, finishedAt: at(20) }));
	const runs = (ended: string | null) => [
		{ task: "w0", state: "succeeded", startedAt: at(3), finishedAt: at(9) },
		{ task: "w1", state: "succeeded", startedAt: at(2), finishedAt: ended },
	];
	const told = (children: object[], ...tasks: typeof items) =>
		rowsOf({ ...view(...tasks), kin: { waits: [], children, marks: [] } as never }, new Set()).map((row) => row.kind === "map" && row.group)[0];
	expect(told(runs(at(5)), ...items)).toMatchObject({ from: at(2), to: at(9) });
	const going = items.map((item) => ({ ...item, finishedAt: null }));
	expect(told(runs(null), ...going)).toMatchObject({ from: at(2), to: null });
	expect(told([], ...items)).toMatchObject({ from: null, to: at(20) });
});

test("a wait ends when it was answered or due, however often later processes of the run tell it again", () => {
	const till = (wait: object, finishedAt: string | null = at(21)) =>
		rowsOf(
			{ ...view(task("w", { startedAt: null, finishedAt })), kin: { waits: [{ task: "w", at: at(1), ...wait }], children: [], marks: [] } as never },
			new Set(),
		).map((row) => row.kind === "task" && row.till);
	expect(till({ kind: "time", due: at(7), answeredAt: at(8) })).toEqual([at(8)]);
	expect(till({ kind: "time", due: at(7), answeredAt: null })).toEqual([at(7)]);
	expect(till({ kind: "time", due: at(60), answeredAt: null })).toEqual([at(21)]);
	expect(till({ kind: "time", due: at(7), answeredAt: at(8) }, null)).toEqual([null]);
	expect(till({ kind: "approval", due: at(7), answeredAt: at(4) })).toEqual([at(4)]);
	expect(till({ kind: "approval", due: at(7), answeredAt: null })).toEqual([at(21)]);
});

const whole = { from: 1_000, to: 11_000 };

test("zooming keeps what is under the pointer, and cannot leave the run", () => {
	expect(zoomBy(whole, null, 0.5, 0)).toEqual({ from: 0, to: 5_000 });
	expect(zoomBy(whole, null, 0.5, 1)).toEqual({ from: 5_000, to: 10_000 });
	expect(zoomBy(whole, { from: 2_000, to: 4_000 }, 0.5, 0.25)).toEqual({ from: 2_250, to: 3_250 });
	expect(zoomBy(whole, { from: 2_000, to: 4_000 }, 100)).toBeNull();
	expect(zoomBy(whole, { from: 2_000, to: 2_010 }, 0.1)).toEqual({ from: 2_005, to: 2_015 });
	expect(panBy(whole, { from: 2_000, to: 4_000 }, 0.5)).toEqual({ from: 3_000, to: 5_000 });
	expect(panBy(whole, { from: 2_000, to: 4_000 }, -9)).toEqual({ from: 0, to: 2_000 });
	expect(panBy(whole, { from: 2_000, to: 4_000 }, 9)).toEqual({ from: 8_000, to: 10_000 });
	expect(panBy(whole, null, 1)).toBeNull();
});

test("a zoom survives the URL, and nonsense in the URL is no zoom", () => {
	expect(parseZoom(printZoom({ from: 1_500, to: 4_200 }))).toEqual({ from: 1_500, to: 4_200 });
	expect(printZoom(null)).toBeNull();
	for (const bad of [null, "", "5-5", "9-1", "a-b", "1-2-3", "-1-400", "1-9999999999999"]) expect(parseZoom(bad), String(bad)).toBeNull();
	expect(zoomed(whole, { from: 1, to: 101 })).toEqual({ from: 1_001, to: 1_101 });
	expect(zoomed(whole, null)).toBe(whole);
});

test("bars are cut at the edges of what is shown, never too thin, and left out beyond", () => {
	const span = { from: Date.parse(at(10)), to: Date.parse(at(20)) };
	expect(place(span, at(12), at(15))).toEqual({ left: "20%", width: "30%" });
	expect(place(span, at(5), at(15))).toEqual({ left: "0%", width: "50%" });
	expect(place(span, at(15), null)).toEqual({ left: "50%", width: "50%" });
	expect(place(span, at(15), at(15))).toEqual({ left: "50%", width: "0.3%" });
	expect(place(span, at(1), at(9))).toBeNull();
	expect(place(span, at(21), at(22))).toBeNull();
});

test("ticks are round times from the beginning, however far in one has zoomed", () => {
	expect(ticks(whole, whole, 5)).toEqual([0, 2_000, 4_000, 6_000, 8_000, 10_000]);
	expect(ticks(whole, { from: 4_100, to: 4_600 }, 5)).toEqual([3_100, 3_200, 3_300, 3_400, 3_500, 3_600]);
});

test("the span begins at the first claim and ends with the run, or now", () => {
	const executions = [{ claimedAt: at(5) }, { claimedAt: at(3) }] as never;
	expect(spanOf({ executions, run: { finishedAt: at(9) } as never }, 0)).toEqual({ from: Date.parse(at(3)), to: Date.parse(at(9)) });
	expect(spanOf({ executions, run: { finishedAt: null } as never }, Date.parse(at(8)))).toMatchObject({ to: Date.parse(at(8)) });
	expect(spanOf({ executions: [], run: { finishedAt: null } as never }, 5)).toEqual({ from: 5, to: 105 });
});

test("a tick's name says no part that is nothing", () => {
	expect([0, 50, 1_000, 1_500, 20_000, 120_000, 3_600_000, 86_400_000].map((ms) => tickName(ms).replaceAll("\u202f", " "))).toEqual([
		"0",
		"50 ms",
		"1 s",
		"1.5 s",
		"20 s",
		"2 m",
		"1 h",
		"1 d",
	]);
});
