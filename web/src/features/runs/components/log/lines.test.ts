import fc from "fast-check";
import { expect, test } from "vitest";
import { type Filter, FilteredLines } from "./filter.ts";
import { Lines, lastLines, type Stretch } from "./lines.ts";
import { unheard } from "./messages.ts";
import { type Line, lineId } from "./text.ts";

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

const ALL: Filter = { level: "debug", task: undefined, execution: undefined, attempt: undefined, search: "" };

test("the filter shows a level and above, one task, one execution, and counts matches among what is shown", () => {
	const lines = [
		line(0, "one", { l: "debug" }),
		line(1, "\x1b[31mTwo\x1b[0m fish", { l: "warn", k: "a#0" }),
		line(2, "two", { l: "error", execution: 2 }),
	];
	const shown = (filter: Partial<Filter>) => {
		const found = new FilteredLines({ ...ALL, ...filter });
		expect(found.extend(lines)).toBe(true);
		return [found.shown, found.matches];
	};
	expect(shown({})).toEqual([[0, 1, 2], []]);
	expect(shown({ level: "warn", search: "TWO f" })).toEqual([[1, 2], [0]]);
	expect(shown({ task: "a#0" })).toEqual([[1], []]);
	expect(shown({ execution: 2, search: "two" })).toEqual([[2], [0]]);
});

test("many lines are looked at in slices, and lines that come later are added", () => {
	const lines = Array.from({ length: 120_000 }, (_, n) => line(n, `line ${n}`));
	const found = new FilteredLines({ ...ALL, search: "line 4999" });
	expect([found.extend(lines), found.extend(lines), found.extend(lines)]).toEqual([false, false, true]);
	lines.push(line(120_000, "line 4999 again"));
	expect(found.extend(lines)).toBe(true);
	expect(found.shown.length).toBe(120_001);
	expect(found.matches.at(-1)).toBe(120_000);
});

/** Records of one stream, from byte `start`. */
function stretch(stream: string, start: number, times: number[], execution = 1): Stretch {
	const text = times.map((t) => `${JSON.stringify({ t, l: "info", m: `${stream} at ${t}`, s: "log" })}\n`).join("");
	return { execution, stream, start, at: new Date(0).toISOString(), content: new TextEncoder().encode(text) };
}

test("lines of several streams stand by their times, whatever order their stretches came in, and only the end is put in order anew", () => {
	const lines = new Lines();
	expect(lines.add([stretch("log.1", 0, [1, 2, 5])])).toBe(0);
	expect(lines.add([stretch("log.2", 0, [3, 4, 6])])).toBe(2);
	expect(lines.all.map(({ t }) => t)).toEqual([1, 2, 3, 4, 5, 6]);
	// The next execution comes after, whatever its clock says.
	lines.add([stretch("log.3", 0, [0], 2)]);
	expect(lines.all.at(-1)?.execution).toBe(2);
	expect(lines.all.map(lineId)).toEqual(["1.log.1.0", "1.log.1.1", "1.log.2.0", "1.log.2.1", "1.log.1.2", "1.log.2.2", "2.log.3.0"]);
});

test("a stretch that was left out is missed where it is missing, and at the end", () => {
	const lines = new Lines();
	const first = stretch("log.1", 0, [1]);
	const size = first.content.length;
	lines.add([first]);
	lines.add([stretch("log.1", size + 7, [2])]);
	lines.finish(1, { "log.1": 3 * size + 7 }, new Date(9_000).toISOString());
	expect(lines.all.map(({ m }) => m).filter((m) => m.includes("missing"))).toEqual([
		"7 bytes of log.1 are missing here",
		`${size} bytes of log.1 are missing at its end`,
	]);
	// The names of lines stay: a link made before leads to the same line.
	expect(lines.all.filter(({ stream }) => stream === "log.1").map(({ n }) => n)).toEqual([0, 1]);
	const whole = new Lines();
	whole.add([first]);
	whole.finish(1, { "log.1": size, "events.1": 99 }, new Date(9_000).toISOString());
	expect(whole.all).toHaveLength(1);
});

test("however stretches interleave, what a filter found step by step is what it finds at once", () => {
	fc.assert(
		fc.property(fc.array(fc.record({ stream: fc.constantFrom("log.1", "log.2", "out"), times: fc.array(fc.nat(50), { maxLength: 6 }) })), (told) => {
			const lines = new Lines();
			const found = new FilteredLines({ ...ALL, search: "1" });
			const ends = new Map<string, number>();
			for (const { stream, times } of told) {
				const one = stretch(stream, ends.get(stream) ?? 0, times);
				ends.set(stream, one.start + one.content.length);
				const before = found.shown.slice();
				const since = found.rewind(lines.add([one]));
				expect(found.shown).toEqual(before.slice(0, since));
				while (!found.extend(lines.all));
			}
			const again = new FilteredLines({ ...ALL, search: "1" });
			while (!again.extend(lines.all));
			expect([found.shown, found.matches]).toEqual([again.shown, again.matches]);
			const times = lines.all.map(({ t }) => t);
			expect(times).toEqual(times.toSorted((a, b) => a - b));
		}),
	);
});

test("the last lines are whole lines, in order, whatever part of a line the first stretch begins with", () => {
	const whole = stretch("log.1", 0, [1, 2, 3, 5]);
	const at = 10;
	const rest: Stretch = { ...whole, start: at, content: whole.content.subarray(at) };
	const told = [rest, stretch("log.2", 0, [4])];
	expect(lastLines(told, 10).map(({ t }) => t)).toEqual([2, 3, 4, 5]);
	expect(lastLines(told, 2).map(({ m }) => m)).toEqual(["log.2 at 4", "log.1 at 5"]);
	// Nothing but the middle of one long line.
	expect(lastLines([{ ...whole, start: at, content: whole.content.subarray(at, at + 5) }], 10)).toEqual([]);
});

test("a segment that was asked for and told is heard once", () => {
	const of = (...seqs: number[]) => seqs.map((seq) => ({ seq }));
	expect(unheard(of(3, 5, 8, 5, 8, 9), 3)).toEqual(of(5, 8, 9));
	expect(unheard(of(3, 5), 8)).toEqual([]);
});
