import { plainKey } from "tidegate/protocol/task-key.ts";
import { expect, test } from "vitest";
import { advance } from "./advance.ts";
import { sentence, spoken } from "./sentence.ts";
import { callOf, fromSnapshot, mapName, openName, type RunView, type Snapshot, type WatchedEvent } from "./view.ts";

const T0 = Date.parse("2026-11-23T06:00:00Z");
const at = (seconds: number) => new Date(T0 + seconds * 1_000).toISOString();
const plain = (text: string) => text.replaceAll("\u202f", " ");

const NONE = {
	needs: 0,
	childCount: 0,
	childStates: {},
	children: [],
	waits: [],
	marks: [],
	resumedBy: [],
	parent: null,
	resumes: null,
} as unknown as Snapshot["kin"];

function queued(): RunView {
	const run = {
		id: "0193",
		flow: "penguins",
		number: 14,
		version: "v",
		pool: "default",
		state: "queued",
		labels: {},
		parameters: null,
		createdBy: "somebody",
		queuedAt: at(0),
		startedAt: null,
		finishedAt: null,
		attempt: 1,
		agent: null,
		away: false,
		cancelRequestedAt: null,
		logBytes: 0,
	} as Snapshot["run"];
	return fromSnapshot({
		run,
		attempts: [{ number: 1, outcome: null, startedAt: null, finishedAt: null }],
		executions: [],
		tasks: [],
		earlier: [],
		live: true,
		cancelledBy: null,
		pausedBy: null,
		kin: NONE,
		artifacts: [],
		seq: 1,
	} as unknown as Snapshot);
}

let seq = 1;
const event = (
	type: string,
	second: number,
	data: Record<string, unknown> = {},
	execution: number | null = 1,
	sealed: string | null = null,
): WatchedEvent => {
	seq += 1;
	return { seq, at: at(second), execution, type, data, sealed };
};
const task = (id: string, second: number, state: string, more: Record<string, unknown> = {}, execution = 1) =>
	event("task", second, { task: id, fn: "train", index: null, map: null, state, attempt: 1, parents: [], ...more }, execution, "sealed");
const claimed = (second: number, attempt = 1, execution = 1) =>
	event("claimed", second, { agent: "a", name: `wh-0${execution}`, attempt }, execution);

function after(events: WatchedEvent[]): RunView {
	return advance(queued(), events);
}

test("a run that is watched goes through its states as they are told", () => {
	seq = 1;
	const steps = [
		claimed(1),
		event("started", 2),
		event("finished", 9, { outcome: "succeeded", code: 0, signal: null }),
		event("ended", 9, { state: "succeeded" }, null),
	];
	expect(steps.map((_, i) => advance(queued(), steps.slice(0, i + 1)).run.state)).toEqual(["starting", "running", "running", "succeeded"]);
	const done = advance(queued(), steps);
	expect(done.run).toMatchObject({ claimedAt: at(1), startedAt: at(2), finishedAt: at(9), agent: { name: "wh-01" } });
	expect(done.executions).toMatchObject([{ outcome: "succeeded", claimedAt: at(1), startedAt: at(2), finishedAt: at(9), code: 0 }]);
	expect(done.attempts).toMatchObject([{ number: 1, outcome: "succeeded", startedAt: at(2), finishedAt: at(9) }]);
});

test("a replay, whole or in parts, changes nothing", () => {
	seq = 1;
	const events = [claimed(1), event("started", 2), task("t1", 3, "running"), task("t1", 4, "succeeded")];
	const once = after(events);
	expect(advance(once, events)).toBe(once);
	expect(advance(after(events.slice(0, 2)), events)).toEqual(once);
});

test("events never change the view they are applied to", () => {
	seq = 1;
	const before = after([claimed(1), task("t1", 2, "running")]);
	const copy = structuredClone(before);
	advance(before, [task("t1", 3, "failed"), event("finished", 4, { outcome: "failed", code: 1, signal: null })]);
	expect(before).toEqual(copy);
});

test("a task that is over stays so within its attempt, and begins anew in the next", () => {
	seq = 1;
	const over = after([claimed(1), task("t1", 2, "running"), task("t1", 3, "failed"), task("t1", 4, "running")]);
	expect(over.tasks.get("t1")).toMatchObject({ state: "failed", startedAt: at(2), finishedAt: at(3) });
	const again = advance(over, [task("t1", 5, "running", { attempt: 2 })]);
	expect(again.tasks.get("t1")).toMatchObject({ state: "running", attempt: 2, startedAt: at(5), finishedAt: null });
});

test("what an earlier attempt or a lost execution did of a task is kept beside what takes its place", () => {
	seq = 1;
	const view = after([
		claimed(1),
		task("t1", 2, "running"),
		task("t1", 3, "failed"),
		task("t1", 4, "running", { attempt: 2 }),
		event("lost", 40, { reason: "silent" }),
		event("queued", 40, { attempt: 2 }, null),
		claimed(41, 2, 2),
		task("t1", 42, "running", {}, 2),
		task("t2", 43, "pending", {}, 2),
	]);
	expect(view.earlier.get("t1")).toEqual([
		{ task: "t1", execution: 1, attempt: 1, state: "failed", startedAt: at(2), finishedAt: at(3) },
		{ task: "t1", execution: 1, attempt: 2, state: "cancelled", startedAt: at(4), finishedAt: at(40) },
	]);
	expect(view.tasks.get("t1")).toMatchObject({ execution: 2, attempt: 1, state: "running" });
	expect(view.earlier.has("t2")).toBe(false);
});

test("what a lost execution left open is closed, and the next attempt is queued with its number", () => {
	seq = 1;
	const view = after([
		claimed(1),
		event("started", 2),
		task("t1", 3, "running"),
		task("t2", 3, "pending"),
		event("lost", 40, { reason: "silent" }),
		event("queued", 40, { attempt: 2 }, null),
	]);
	expect([...view.tasks.values()].map(({ state }) => state)).toEqual(["cancelled", "cancelled"]);
	expect(view.run).toMatchObject({ state: "queued", attempt: 2, agent: null });
	expect(view.attempts.map(({ outcome }) => outcome)).toEqual(["lost", null]);
	expect(view.executions).toMatchObject([{ outcome: "lost", reason: "silent" }]);
	expect(advance(view, [claimed(41, 2, 2)]).run).toMatchObject({ state: "starting", claimedAt: at(1), agent: { name: "wh-02" } });
	// Lost before it began, it was prepared by whoever took it then.
	const unbegun = after([claimed(51), event("lost", 52, { reason: "silent" }), event("queued", 52, { attempt: 2 }, null)]);
	expect([unbegun.run.claimedAt, advance(unbegun, [claimed(53, 2, 2)]).run.claimedAt]).toEqual([null, at(53)]);
});

test("a run is said in one sentence in every state it passes", () => {
	seq = 1;
	const say = (view: RunView, second: number) => {
		const { lead, where, rest } = sentence(view, T0 + second * 1_000);
		return plain([lead, where && `in ${where}`, rest].filter(Boolean).join(" | "));
	};
	let view = queued();
	expect(say(view, 40)).toBe("Queued for 40 s");
	view = advance(view, [claimed(41)]);
	expect(say(view, 44)).toBe("Starting for 3 s | wh-01 is preparing it");
	view = advance(view, [event("started", 45), task("t1", 46, "running"), task("t2", 46, "pending")]);
	expect(say(view, 57)).toBe("Running for 12 s | 0 tasks done, 1 running, 1 waiting");
	const cancelling = advance(view, [event("cancel_requested", 58, { by: "me" })]);
	expect(say(cancelling, 60)).toBe("Cancelling for 2 s | asked by me; its process ends by itself or is ended within 8 s");
	expect(say(cancelling, 70)).toBe("Cancelling for 12 s | asked by me; its process is being ended");
	const stopped = advance(cancelling, [
		event("finished", 61, { outcome: "cancelled", code: null, signal: "SIGTERM" }),
		event("ended", 61, { state: "cancelled" }, null),
	]);
	expect(say(stopped, 999)).toBe("Cancelled after 16 s by me | 0 of 2 tasks done");
	const killed = advance(view, [
		event("finished", 297, { outcome: "failed", code: null, signal: "SIGKILL" }),
		event("ended", 297, { state: "failed" }, null),
	]);
	expect(say(killed, 999)).toBe("Failed after 4 m 12 s | its process was ended by SIGKILL");
	const raised = advance(view, [
		task("t1", 290, "failed"),
		event("error", 291, {}, 1, "sealed"),
		event("finished", 297, { outcome: "failed", code: 1, signal: null }),
		event("ended", 297, { state: "failed" }, null),
	]);
	expect(say(raised, 999)).toBe("Failed after 4 m 12 s | in train");
	// What failed is not done.
	const caught = advance(view, [task("t1", 290, "failed"), task("t2", 291, "succeeded"), event("ended", 297, { state: "succeeded" }, null)]);
	expect(say(caught, 999)).toBe("Succeeded in 4 m 12 s | 1 of 2 tasks done, 1 failed");
	expect(say(advance(queued(), [event("ended", 3, { state: "cancelled" }, null)]), 9)).toBe("Cancelled before it started");
});

test("a failed run names the task whose error is its own, and the flow where no task's is", () => {
	seq = 1;
	const ended = [
		event("error", 8, {}, 1, "sealed"),
		event("finished", 9, { outcome: "failed", code: 1, signal: null }),
		event("ended", 9, { state: "failed" }, null),
	];
	const failing = [task("t1", 5, "failed", { index: 1, map: "m" }), task("t2", 6, "failed", { fn: "fit" })];
	const view = after([claimed(1), event("started", 2), ...failing, ...ended]);
	const zero = { type: "ZeroDivisionError", message: "division by zero" };
	const wrong = { type: "TypeError", message: "unsupported operand" };
	const where = (run: typeof zero, tasks: [string, typeof zero | null][]) => sentence(view, T0, { run, tasks: new Map(tasks) }).where;
	expect(
		where(zero, [
			["t1", zero],
			["t2", wrong],
		]),
	).toBe("train[1]");
	expect(
		where(wrong, [
			["t1", zero],
			["t2", wrong],
		]),
	).toBe("fit");
	expect(
		where(wrong, [
			["t1", zero],
			["t2", null],
		]),
	).toBe("penguins");
	expect(
		where({ ...zero, message: "float division" }, [
			["t1", zero],
			["t2", wrong],
		]),
	).toBe("penguins");
	// Not all were compared: it may have been any of the others.
	expect(where(wrong, [["t1", zero]])).toBeUndefined();
});

test("without the key a failed run names a task only if nothing went on after it", () => {
	seq = 1;
	const ended = [
		event("error", 8, {}, 1, "sealed"),
		event("finished", 9, { outcome: "failed", code: 1, signal: null }),
		event("ended", 9, { state: "failed" }, null),
	];
	const where = (...tasks: WatchedEvent[]) => sentence(after([claimed(1), event("started", 2), ...tasks, ...ended]), T0).where;
	seq = 1;
	expect(where(task("t1", 3, "succeeded"), task("t2", 5, "failed", { fn: "fit" }))).toBe("fit");
	seq = 1;
	expect(where(task("t1", 3, "failed"), task("t2", 5, "succeeded"))).toBeUndefined();
	seq = 1;
	expect(where(task("t1", 3, "failed"), task("t2", 5, "running"))).toBeUndefined();
	seq = 1;
	expect(where(task("t1", 3, "failed"), task("t2", 2, "pending"))).toBe("train");
});

test("a state is spoken as a sentence", () => {
	expect((["queued", "running", "cancelling", "succeeded", "failed", "cancelled"] as const).map(spoken)).toEqual([
		"This run is queued.",
		"This run is running.",
		"This run is being cancelled.",
		"This run has succeeded.",
		"This run has failed.",
		"This run was cancelled.",
	]);
});

test("a call of a task is told by its number from the second on, an item by its index, and a child run by what is run", () => {
	const loose = { fn: "tick", index: null, map: null };
	expect([callOf(loose, "tick#0"), callOf(loose, "tick#3"), callOf({ map: "m" }, "tick#3[0]")]).toEqual([undefined, "#3", undefined]);
	expect(openName(loose, { name: null, key: "tick#3" })).toBe("tick");
	expect(openName(loose, { name: null, key: "tick#0 (attempt 2)" })).toBe("tick (attempt 2)");
	expect(openName(loose, { name: "tock", key: "tick#3" })).toBe("tock");
	expect(openName({ fn: "child", index: null }, { name: null, key: "run part#2" })).toBe("run part");
	expect([mapName("child", { key: "train#0[12]" }), mapName("child", { key: "run part#2[=a#1[0]]" })]).toEqual(["train", "run part"]);
	expect(mapName("clean", { key: "clean#0[3]" })).toBe("clean");
	expect(["tick#0", "tick#3", "train#0[3]", "fit#1/score#0"].map(plainKey)).toEqual(["tick", "tick#3", "train[3]", "fit#1/score"]);
});
