import type { ErrorContent } from "tidegate/protocol/content.ts";
import { expect, test } from "vitest";
import { chainOf, groupsOf, readTraceback } from "./traceback.ts";

const error = (traceback: string, given: Partial<ErrorContent> = {}): ErrorContent => ({
	type: "ValueError",
	module: "builtins",
	message: "bad",
	frames: [],
	traceback,
	...given,
});

const chained = `Traceback (most recent call last):
  File "/runs/7/work/flow.py", line 4, in load
    return rows["x"]
           ~~~~^^^^^
KeyError: 'x'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/runs/7/work/flow.py", line 12, in train
    model.fit(
        load(),
    )
  File "/env/lib/python3.11/site-packages/sk/base.py", line 90, in fit
    self._fit()
  File "/usr/lib/python3.11/json/decoder.py", line 1, in decode
    raise Odd
  File "/runs/7/work/more/steps.py", line 6, in check
    raise ValueError("bad\\nvalue") from cause
ValueError: bad
value: Traceback (most recent call last):
`;
const frames = [{ file: "flow.py", line: 12, function: "train", code: "model.fit(", own: true }];

test("the last exception comes first, then what it came from, with messages of several lines whole", () => {
	const [last, cause, ...none] = chainOf(readTraceback(error(chained, { frames, message: "bad\nvalue" })));
	expect(none).toEqual([]);
	expect(last).toMatchObject({ type: "ValueError", message: "bad\nvalue", from: { how: "cause" } });
	expect(cause).toMatchObject({ type: "KeyError", message: "'x'", from: null });
	expect(cause?.frames).toEqual([{ file: "flow.py", line: 4, function: "load", code: ['return rows["x"]'], own: true, repeated: 0 }]);
});

test("frames of the project are told from those of libraries, which fold where they follow each other", () => {
	const { frames: read } = readTraceback(error(chained, { frames }));
	expect(groupsOf(read).map((group) => group.map(({ file }) => file))).toEqual([
		["flow.py"],
		["/env/lib/python3.11/site-packages/sk/base.py", "/usr/lib/python3.11/json/decoder.py"],
		["more/steps.py"],
	]);
	expect(read[0]?.code).toEqual(["model.fit(", "    load(),", ")"]);
});

test("members of groups, and groups in groups, are read from their margins", () => {
	const text = `  + Exception Group Traceback (most recent call last):
  |   File "/w/flow.py", line 22, in group
  |     raise ExceptionGroup("many", found)
  | ExceptionGroup: many (3 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/w/flow.py", line 4, in f
    | KeyError: 'x'
    |
    | The above exception was the direct cause of the following exception:
    |
    | Traceback (most recent call last):
    |   File "/w/flow.py", line 6, in f
    | ValueError: bad
    | value: 2
    +---------------- 2 ----------------
    | TypeError: unsupported
    +---------------- 3 ----------------
    | ExceptionGroup: inner (1 sub-exception)
    +-+---------------- 1 ----------------
      | FileNotFoundError: [Errno 2] no
      +------------------------------------

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/w/flow.py", line 30, in run
ZeroDivisionError: division by zero
`;
	const last = readTraceback(error(text, { type: "ZeroDivisionError", message: "division by zero" }));
	expect(last.from?.how).toBe("context");
	const group = last.from?.raised;
	expect(group).toMatchObject({ type: "ExceptionGroup", message: "many (3 sub-exceptions)" });
	expect(group?.parts.map(({ type, message }) => [type, message])).toEqual([
		["ValueError", "bad\nvalue: 2"],
		["TypeError", "unsupported"],
		["ExceptionGroup", "inner (1 sub-exception)"],
	]);
	expect(group?.parts[0]?.from?.raised.type).toBe("KeyError");
	expect(group?.parts[2]?.parts[0]).toMatchObject({ type: "FileNotFoundError", message: "[Errno 2] no" });
});

test("a recursion says how often it went on", () => {
	const text = `Traceback (most recent call last):
  File "flow.py", line 27, in r
    return r()
  [Previous line repeated 996 more times]
RecursionError: maximum recursion depth exceeded
`;
	expect(readTraceback(error(text)).frames).toMatchObject([{ line: 27, repeated: 996 }]);
});

test("what is no traceback, or was cut, still shows what was recorded", () => {
	expect(readTraceback(error("| + nonsense\n\u202e<b>"))).toMatchObject({ type: "ValueError", message: "bad", frames: [], from: null });
	expect(readTraceback(error("")).frames).toEqual([]);
	const cut = error(chained.replace("    self._fit()", "… (99 bytes more)\n    self._fit()"), { frames });
	expect(readTraceback(cut).frames).toEqual([{ ...frames[0], code: ["model.fit("], repeated: 0 }]);
});

test("100,000 lines are read line by line, not over and over", () => {
	const body = Array.from({ length: 50_000 }, (_, i) => `  File "/w/flow.py", line ${i}, in f\n    f()\n`).join("");
	const began = performance.now();
	expect(readTraceback(error(`Traceback (most recent call last):\n${body}ValueError: bad\n`)).frames).toHaveLength(50_000);
	// A moment; a minute if each line looked at all others.
	expect(performance.now() - began).toBeLessThan(10_000);
});

test("a stack of TypeScript is read with what it came from and its members; what was recorded stands first", () => {
	const stack = `AggregateError: two of
them
    at half (flow.ts:3:8)
    at async node_modules/x/index.js:9:1
    at async flow1 (flow.ts:6:9)
  [error]: RangeError: <b>odd</b>
      at half (flow.ts:4:1)
  [error]: TypeError
  [cause]: Error: because
      at load (/usr/lib/other.js:1:2)
    [cause]: string: 'deep'`;
	const recorded = [{ file: "flow.ts", line: 6, function: "flow1", code: "await half()", own: true }];
	const raised = readTraceback(error(stack, { type: "AggregateError", message: "two of\nthem", frames: recorded }));
	expect(raised.frames).toMatchObject([{ line: 6, code: ["await half()"] }]);
	expect(raised.parts).toMatchObject([
		{ type: "RangeError", message: "<b>odd</b>", frames: [{ file: "flow.ts", line: 4, own: true }] },
		{ type: "TypeError" },
	]);
	expect(chainOf(raised).map(({ type, message }) => [type, message])).toEqual([
		["AggregateError", "two of\nthem"],
		["Error", "because"],
		["string", "'deep'"],
	]);
	expect(raised.from?.raised.frames).toMatchObject([{ function: "load", own: false }]);
	const read = readTraceback(error(stack));
	expect(read.frames.map(({ function: name, line, own }) => [name, line, own])).toEqual([
		["flow1", 6, true],
		["<module>", 9, false],
		["half", 3, true],
	]);
});

test("notes stand under the message, and what only looks like one is left out", () => {
	const text =
		'Traceback (most recent call last):\n  File "/runs/7/work/flow.py", line 4, in load\n    return float(x)\nValueError: bad\nthe item was 3: load[1]';
	expect(readTraceback(error(text)).message).toBe("bad\nthe item was 3: load[1]");
	expect(readTraceback(error(text, { message: "other" })).message).toBe("other");
});
