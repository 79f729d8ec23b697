import { expect, test } from "vitest";
import { plain, spans } from "./ansi.ts";
import { FilteredLines } from "./filter.ts";
import type { Line } from "./store.ts";

test("colours and weights become styles, and all other escapes are left out", () => {
	expect(spans("a\x1b[1;31mb\x1b[0mc")).toEqual([
		{ text: "a", style: {} },
		{ text: "b", style: { bold: true, colour: 1 } },
		{ text: "c", style: {} },
	]);
	expect(spans("\x1b[2J\x1b]8;;http://x\x07link\x1b]8;;\x07\x1b[?25l!").map(({ text }) => text)).toEqual(["link", "!"]);
});

test("256 and true colours are read with all their numbers, so that none is taken for another code", () => {
	expect(spans("\x1b[38;5;196mx")[0]?.style.colour).toBe("rgb(255 0 0)");
	expect(spans("\x1b[38;2;1;2;3;1mx")[0]?.style).toEqual({ colour: "rgb(1 2 3)", bold: true });
	expect(spans("\x1b[48;5;232mx")[0]?.style.ground).toBe("rgb(8 8 8)");
});

test("an escape that never ends hides nothing before it and runs no code", () => {
	expect(plain("before\x1b]0;title without end")).toBe("before");
	expect(spans("<script>\x00\x1b[31m")).toEqual([{ text: "<script>", style: {} }]);
});

const line = (n: number, m: string, more: Partial<Line> = {}): Line => ({
	t: n,
	l: "info",
	m,
	s: "stdout",
	execution: 1,
	stream: "log.1",
	n,
	...more,
});

test("the filter shows a level and above, one task, one execution, and counts matches among what is shown", () => {
	const lines = [
		line(0, "one", { l: "debug" }),
		line(1, "\x1b[31mTwo\x1b[0m fish", { l: "warn", k: "a#0" }),
		line(2, "two", { l: "error", execution: 2 }),
	];
	const shown = (filter: Partial<FilteredLines["filter"]>) => {
		const found = new FilteredLines({ level: "debug", task: undefined, execution: undefined, search: "", ...filter }, 0);
		expect(found.extend(lines)).toBe(true);
		return [found.shown, found.matches];
	};
	expect(shown({})).toEqual([[0, 1, 2], []]);
	expect(shown({ level: "warn", search: "TWO f" })).toEqual([[1, 2], [0]]);
	expect(shown({ task: "a#0" })).toEqual([[1], []]);
	expect(shown({ execution: 2, search: "two" })).toEqual([[2], [0]]);
});

test("a million lines are looked at in slices, and lines that come later are added", () => {
	const lines = Array.from({ length: 50_000 }, (_, n) => line(n, `line ${n}`));
	const found = new FilteredLines({ level: "debug", task: undefined, execution: undefined, search: "line 4999" }, 0);
	expect([found.extend(lines), found.extend(lines), found.extend(lines)]).toEqual([false, false, true]);
	lines.push(line(50_000, "line 4999 again"));
	expect(found.extend(lines)).toBe(true);
	expect(found.shown.length).toBe(50_001);
	expect(found.matches.at(-1)).toBe(50_000);
});
