import { describe, expect, it } from "vitest";
import type { Happening } from "../client/happening.ts";
import { Live, safe } from "./live.ts";

describe("a log on a terminal", () => {
	it("cannot move the cursor, clear the screen, retitle the window or ring", () => {
		expect(safe("a\x1b[2J\x1b[1;1Hb\x1b]0;title\x07c\x1b]8;;http://x\x1b\\d\x07\x08\x9b2Je\x1b7f\x1b(Bg\rh\ti")).toBe("abcd2Jefgh\ti");
	});

	it("has no colours where colours are off", () => {
		expect(safe("\x1b[31mred\x1b[0m")).toBe("red");
	});
});

describe("a run as lines", () => {
	const at = (ms: number): string => new Date(Date.parse("2026-11-23T06:00:00Z") + ms).toISOString();
	const task = { type: "task", execution: 1, task: "ab", fn: "train", index: 3, attempt: 1, content: null } as const;
	const error = { type: "ValueError", module: "builtins", message: "no", traceback: "Traceback\nValueError: no\n", frames: [] };

	it("tells tasks with their durations, and the traceback before the last sentence", () => {
		const live = new Live();
		expect(live.say({ type: "started", at: at(0), execution: 1, data: {} })).toBe("running\n");
		expect(live.say({ ...task, at: at(100), state: "running" })).toBe("started train[3]\n");
		expect(
			live.say({
				...task,
				at: at(1600),
				state: "failed",
				content: { key: "train#0[3]", name: null, inputs: null, preview: null, size: null, error },
			}),
		).toBe("failed train[3] 1.50 s ValueError: no\n");
		expect(live.say({ type: "error", at: at(1700), execution: 1, content: error })).toBe("");
		expect(live.say({ type: "ended", at: at(2000), execution: null, state: "failed" })).toBe("\nTraceback\nValueError: no\nfailed after 2.00 s\n");
	});

	it("calls a task as it was told elsewhere, where a start says only its function", () => {
		expect(new Live().say({ ...task, index: null, at: at(0), state: "running", key: "train#1" })).toBe("started train#1\n");
		expect(new Live().say({ ...task, at: at(0), state: "running", key: "train#1", name: "fit" })).toBe("started fit\n");
	});

	it("tells why an attempt failed, when the next begins, and which one it is", () => {
		const live = new Live();
		const content = { key: "train#0[3]", name: null, inputs: null, preview: null, size: null, error };
		live.say({ ...task, at: at(0), state: "running" });
		expect(live.say({ ...task, at: at(100), state: "failed", content })).toBe("failed train[3] 100 ms ValueError: no\n");
		expect(live.say({ ...task, at: at(100), state: "waiting", until: at(3100) })).toBe("waiting train[3] attempt 2 follows in 3.00 s\n");
		expect(live.say({ ...task, at: at(3100), state: "running", attempt: 2 })).toBe("started train[3] attempt 2\n");
		expect(live.say({ ...task, at: at(3200), state: "succeeded", attempt: 2 })).toBe("succeeded train[3] attempt 2 100 ms\n");
	});

	it("tells of a run, too, why its attempt failed and which one is next", () => {
		const live = new Live();
		const run = (ms: number, type: "queued" | "waiting" | "started", data: Record<string, unknown>) =>
			live.say({ at: at(ms), execution: null, type, data } as Happening);
		expect(run(0, "queued", { attempt: 1 })).toBe("queued\n");
		run(10, "started", {});
		live.say({ type: "error", at: at(20), execution: 1, content: error });
		expect(run(30, "waiting", { for: "retry", until: at(2030), needs: 0, attempt: 2 })).toBe(
			"failed attempt 1: ValueError: no\nwaiting: attempt 2 follows in 2.00 s\n",
		);
		expect(run(2030, "queued", { attempt: 2 })).toBe("queued for attempt 2\n");
		run(2040, "started", {});
		live.say({ type: "error", at: at(2050), execution: 2, content: error });
		expect(run(2060, "queued", { attempt: 3 })).toBe("failed attempt 2: ValueError: no\nqueued for attempt 3\n");
	});

	it("says of a sleep until when, and of no attempt that would follow", () => {
		const live = new Live();
		const sleep = { ...task, fn: "sleep", index: null, at: at(0), state: "waiting", until: at(6000) } as const;
		expect(live.say(sleep)).toBe("");
		const content = { key: "sleep#0", prompt: null, event: null };
		const wait = { type: "wait", at: at(0), execution: 1, task: "ab", kind: "time", due: at(6000), child: null, content } as const;
		expect(live.say(wait)).toBe(`waiting sleeps until ${at(6000)}\n`);
	});

	it("tells what is remembered from where it is", () => {
		const live = new Live();
		const told = { ...task, fn: "load", index: null, at: at(0), from: "0193" };
		expect(live.say({ ...told, state: "succeeded", cached: true })).toBe("succeeded load cached: result of run 0193\n");
		expect(live.say({ ...told, task: "b", state: "succeeded", cached: false })).toBe("succeeded load remembered from run 0193\n");
		expect(live.say({ ...told, task: "c", state: "skipped", cached: false })).toBe("skipped load remembered from run 0193\n");
		// After a wait it is remembered once more.
		expect(live.say({ ...told, task: "b", execution: 2, state: "succeeded", cached: false })).toBe("");
	});

	it("of a large map tells the first items, those that fail, and how far it is", () => {
		const live = new Live();
		const item = (index: number): Extract<Happening, { type: "task" }> => ({
			...task,
			task: `t${index}`,
			index,
			at: at(index * 100),
			state: "pending",
		});
		const lines: string[] = [];
		for (let index = 0; index < 1000; index++) live.say(item(index));
		for (let index = 0; index < 1000; index++) {
			lines.push(live.say({ ...item(index), state: "running" }));
			lines.push(live.say({ ...item(index), state: index % 20 === 13 ? "failed" : "succeeded", ...(index % 2 ? { from: "0193" } : {}) }));
		}
		const said = lines.filter((line) => line !== "");
		expect(said.filter((line) => line.startsWith("started"))).toHaveLength(10);
		expect(said.filter((line) => line.startsWith("failed"))).toHaveLength(20);
		expect(said.find((line) => line.startsWith("train:"))).toMatch(/^train: \d+ of 1000 items done, \d+ failed, \d+ remembered\n$/);
		expect(said.length).toBeLessThan(80);
		expect(live.say({ type: "ended", at: at(100_000), execution: null, state: "failed" })).toBe(
			"train: 1000 of 1000 items done, 50 failed, 500 remembered\nfailed\n",
		);
	});

	it("names the project's own files as their author does, and others where they are", () => {
		const live = new Live();
		const file = (path: string, line: number) => `  File "${path}", line ${line}, in f\n`;
		const traceback = `Traceback (most recent call last):\n${file("/var/agent/runs/ab/project/flow.py", 4)}${file("/usr/lib/python3/csv.py", 9)}${file("/var/agent/runs/ab/project/own/help.py", 2)}ValueError: no\n`;
		const frames = [{ file: "flow.py", line: 4, function: "f", code: "", own: true }];
		live.say({ type: "error", at: at(0), execution: 1, content: { ...error, traceback, frames } });
		const told = live.say({ type: "ended", at: at(1), execution: null, state: "failed" });
		expect(told).not.toContain("/var/agent");
		for (const path of ["flow.py", "own/help.py", "/usr/lib/python3/csv.py"]) expect(told).toContain(`File "${path}"`);
	});

	it("has no word for a result of nothing", () => {
		const live = new Live();
		live.say({ type: "result", at: at(0), execution: 1, content: { json: null } });
		expect(live.say({ type: "ended", at: at(1), execution: null, state: "succeeded" })).toBe("succeeded\n");
	});

	it("says why where the flow could not", () => {
		const live = new Live();
		live.say({ type: "started", at: at(0), execution: 1, data: {} });
		live.say({ type: "finished", at: at(1), execution: 1, outcome: "failed", code: null, signal: "SIGKILL", note: null });
		expect(live.say({ type: "ended", at: at(1), execution: null, state: "failed" })).toBe("failed after 1 ms: the process was ended by SIGKILL\n");
	});

	it("tells what a failed build said once, and how long it took", () => {
		const live = new Live();
		const message = "the environment could not be built: pip could not install what requirements.txt asks for";
		live.say({ type: "claimed", at: at(0), execution: 1, data: {} });
		const pip = { t: Date.parse(at(10)) / 1000, l: "info", m: "ERROR: No matching distribution", s: "agent" } as const;
		expect(live.say({ type: "lines", lines: [{ ...pip, k: null }] as never })).toContain(pip.m);
		const built = { type: "RequirementsError", module: "tidegate.agent", message, traceback: `${message}\n\n${pip.m}`, frames: [] };
		live.say({ type: "error", at: at(1900), execution: 1, content: built });
		expect(live.say({ type: "ended", at: at(2000), execution: null, state: "failed" })).toBe(`\n${message}\nfailed after 2.00 s\n`);
		// All of it was said: the last line says once more why.
		live.say({ type: "lines", lines: [{ ...pip, m: message, k: null }] as never });
		expect(live.say({ type: "ended", at: at(2000), execution: null, state: "failed" })).toBe(`failed after 2.00 s: RequirementsError: ${message}\n`);
	});

	it("calls an artifact without a name by its kind, once", () => {
		const live = new Live();
		const artifact = { type: "artifact", at: at(0), execution: 1, id: "a", kind: "table", size: 1 } as const;
		expect(live.say({ ...artifact, content: { name: "table", mime: "application/json" } })).toBe("artifact table\n");
		expect(live.say({ ...artifact, content: { name: "birds", mime: "application/json" } })).toBe("artifact table birds\n");
	});

	it.each([
		["No module named 'helpers'", "no file helpers.py or folder helpers in what was deployed;"],
		["No module named 'own.helpers'; 'own' is not a package", "no file own/helpers.py or folder own/helpers in what was deployed;"],
		["of somebody's own words", "the flow's environment has no such module;"],
	])("names the file that may have been forgotten, then where a package is to be asked for: %s", (message, said) => {
		const live = new Live();
		live.say({ type: "error", at: at(0), execution: 1, content: { ...error, type: "ModuleNotFoundError", message } });
		const told = live.say({ type: "ended", at: at(1), execution: null, state: "failed" });
		expect(told).toContain(`failed\nhint: ${said} if it is a package from PyPI, add it to requirements.txt beside the flow. Then deploy again\n`);
	});

	it("forgets how an earlier execution ended", () => {
		const live = new Live();
		live.say({ type: "error", at: at(0), execution: 1, content: error });
		live.say({ type: "started", at: at(1), execution: 2, data: {} });
		live.say({ type: "result", at: at(2), execution: 2, content: { json: { a: 1 } } });
		expect(live.say({ type: "ended", at: at(3), execution: null, state: "succeeded" })).toBe('succeeded after 2 ms\n{"a":1}\n');
	});
});

it("what a run waits for is said once, and the end of a process that waits is no end", () => {
	const live = new Live();
	const wait = (kind: "approval" | "event" | "child", key: string): Happening => ({
		...{ type: "wait", at: "2026-11-26T00:00:00.000Z", execution: 1, task: key, kind, due: null, child: kind === "child" ? "01a2" : null },
		content: { key, prompt: { text: "Ship \x1b[2Jit?", form: null }, event: { name: "paid", key: "7" } },
	});
	expect(live.say(wait("approval", "approval#0"))).toBe("waiting asks: Ship it?, answered by tidegate answer\n");
	expect(live.say(wait("approval", "approval#0"))).toBe("");
	expect(live.say(wait("event", "paid#0"))).toBe("waiting for event paid with key 7\n");
	// Its run may be refused: it is told once there is one.
	expect(live.say(wait("child", "run part#0"))).toBe("");
	const made: Happening = { type: "child", at: "", execution: null, data: { task: "run part#0", run: "01a2", flow: "part" } };
	expect([live.say(made), live.say(made), live.say(wait("child", "run part#0"))]).toEqual(["waiting for run part: 01a2\n", "", ""]);
	expect(live.say({ ...made, data: { ...made.data, task: "run part#1", run: "01a3" } })).toBe("");
	expect(live.say(wait("child", "run part#1"))).toBe("waiting for run part#1: 01a3\n");
	expect(live.say({ type: "finished", at: "", execution: 1, outcome: "suspended", code: 75, signal: null, note: null })).toBe("");
	expect(live.note).toBeNull();
	const failed = { type: "task", at: "2026-11-26T00:00:00.000Z", task: "run part#2", fn: "part", index: null, state: "failed", attempt: 1 } as const;
	expect(live.say({ ...failed, execution: 1, content: null, key: "run part#2" })).toBe("failed run part#2\n");
	expect(live.say({ type: "started", at: "", execution: 2, data: {} })).toBe(
		"running: it goes on after its wait, and what the flow's body prints comes again\n",
	);
	expect(live.say({ ...failed, execution: 2, content: null, key: "run part#2" })).toBe("");
});
