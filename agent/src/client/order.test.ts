import { describe, expect, it } from "vitest";
import type { Line } from "../protocol/lines.ts";
import type { TaskState } from "../protocol/states.ts";
import type { Happening } from "./happening.ts";
import { inOrder } from "./order.ts";

const BASE = Date.parse("2026-11-23T06:00:00.000Z");
const line = (ms: number, text: string, stream = "log.1"): Line => ({ t: (BASE + ms) / 1000, l: "info", m: text, s: "stdout", execution: 1, stream });
const lines = (...all: Line[]): Happening => ({ type: "lines", lines: all });
const task = (ms: number, fn: string, state: TaskState): Happening => ({
	...{ type: "task", at: new Date(BASE + ms).toISOString(), execution: 1, task: fn, fn, index: null, state, attempt: 1, content: null },
});
const server = (ms: number, type: "started" | "lost"): Happening => ({ type, at: new Date(BASE + ms).toISOString(), execution: 1, data: {} });
const said = (happenings: Happening[]): string[] =>
	inOrder(happenings).flatMap((each) =>
		each.type === "lines" ? each.lines.map(({ m }) => m) : [each.type === "task" ? `${each.state} ${each.fn}` : each.type],
	);

describe("what arrives together", () => {
	it("is told by its time: a task's lines between its start and its end, whichever stream came first", () => {
		const log = lines(line(10, "one"), line(20, "two"), line(30, "three"));
		expect(said([log, task(5, "a", "running"), task(25, "a", "succeeded"), task(28, "b", "running"), task(30, "b", "succeeded")])).toEqual([
			"running a",
			"one",
			"two",
			"succeeded a",
			"running b",
			"three",
			"succeeded b",
		]);
	});

	it("of one millisecond begins with the start and ends with the end", () => {
		expect(said([lines(line(7.4, "within")), task(7, "a", "running"), task(7, "a", "succeeded")])).toEqual(["running a", "within", "succeeded a"]);
		expect(said([task(7, "a", "succeeded"), task(7, "b", "running"), lines(line(7, "within b"))])).toEqual(["within b", "succeeded a", "running b"]);
	});

	it("of one millisecond gives each task its own lines, as far as lines name their task", () => {
		const of = (key: string): Line => ({ ...line(7.5, `of ${key}`), k: `${key}#0` });
		const ended = (fn: string): Happening => {
			const content = { key: `${fn}#0`, name: null, inputs: null, preview: null, size: null, error: null };
			return { ...(task(7, fn, "succeeded") as Extract<Happening, { type: "task" }>), content };
		};
		const happenings = [lines(of("a"), of("b")), task(7, "a", "running"), ended("a"), task(7, "b", "running"), ended("b")];
		expect(said(happenings)).toEqual(["running a", "of a", "succeeded a", "running b", "of b", "succeeded b"]);
	});

	it("keeps the order within a stream, though its clock was set back", () => {
		expect(said([lines(line(50, "first"), line(10, "second")), lines(line(20, "other", "err")), task(30, "a", "running")])).toEqual([
			...["other", "running a", "first", "second"],
		]);
		expect(said([task(30, "a", "running"), task(20, "a", "succeeded"), lines(line(25, "line"))])).toEqual(["line", "running a", "succeeded a"]);
	});

	it("never passes what the control plane says by its own clock", () => {
		expect(said([lines(line(100, "before")), server(10, "lost"), server(20, "started"), lines(line(5, "after"))])).toEqual([
			"before",
			"lost",
			"started",
			"after",
		]);
	});
});
