import { expect, test } from "vitest";
import { kindOf, wordsOf } from "./words.ts";

const say = (type: string, data: Record<string, unknown> = {}) => wordsOf({ type, data }).text.replaceAll("\u202f", " ");

test("each thing that can happen to a run is said in words", () => {
	expect(say("queued")).toBe("Queued");
	expect(say("queued", { attempt: 2 })).toBe("Queued for attempt 2");
	expect(say("claimed", { agent: "a", name: "wh-07", attempt: 2 })).toBe("Taken by wh-07 for attempt 2");
	expect([say("pause_requested", { by: "ann@example.com" }), say("held")]).toEqual(["ann@example.com asked it to pause", "Held"]);
	expect(say("started")).toBe("Its process started");
	expect(say("artifact", { kind: "table", size: 2_048, task: null })).toBe("Artifact: table, 2.0 KiB");
	expect(say("artifact_left", { kind: "table", size: 2_048, task: null })).toBe("Left out an artifact: table, 2.0 KiB. A run keeps 1000");
	expect(say("result")).toBe("Left its result");
	expect(say("error")).toBe("An exception reached the end of the flow");
	expect(say("cancel_requested", { by: "ann@example.com" })).toBe("ann@example.com asked for its end");
	expect(say("finished", { outcome: "failed", code: 1, signal: null })).toBe("Its process ended: failed, code 1");
	expect(say("finished", { outcome: "timed_out", code: null, signal: "SIGKILL" })).toBe("Its process ended: timed out, by SIGKILL");
	expect(say("lost", { reason: "its host restarted" })).toBe("Its agent was lost: its host restarted");
	expect(say("returned", { reason: "gone" })).toBe("Given back to the queue: gone");
	expect(say("ended", { state: "cancelled" })).toBe("The run was cancelled");
	expect(say("ended", { state: "failed", reason: "lost 3 times" })).toBe("The run has failed: lost 3 times");
	expect(say("late", { outcome: "succeeded" })).toBe("Told too late, and kept as a note: succeeded");
});

test("tasks are told by name, item and attempt, and lead to themselves", () => {
	const data = { task: "t1", fn: "train", index: 3, state: "failed", attempt: 2 };
	expect(wordsOf({ type: "task", data })).toEqual({ state: "failed", text: "Task train[3] failed, attempt 2", task: "t1" });
	expect(["task", "artifact", "artifact_left", "ended"].map((type) => kindOf({ type }))).toEqual(["tasks", "artifacts", "artifacts", "run"]);
});

test("what a newer server tells is shown by its name", () => {
	expect(wordsOf({ type: "paused", data: {} })).toEqual({ state: undefined, text: "paused" });
	expect(wordsOf({ type: "ended", data: { state: "evaporated" } })).toEqual({ state: undefined, text: "The run has evaporated" });
});
