import { array, assert, integer, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "./bytes.ts";
import { LineReader, MASK_FILLER } from "./lines.ts";

const at = "2026-11-23T06:00:00.000Z";
const texts = (stream: string, ...pieces: Uint8Array[]): string[] => {
	const reader = new LineReader();
	const read = pieces.flatMap((content) => reader.read({ execution: 1, stream, at, content: content as ReturnType<typeof utf8> }));
	return [...read, ...reader.end()].map((line) => line.m);
};

describe("lines of a log", () => {
	it("are the same however the bytes were cut", () => {
		const line = string({ unit: "grapheme" }).map((text) => text.replace(/[\n\r]/g, ""));
		assert(
			property(array(line, { minLength: 1 }), array(integer({ min: 0, max: 500 })), (lines, cuts) => {
				const bytes = utf8(lines.map((each) => `${each}\n`).join(""));
				const ends = [...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
				const pieces = ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
				expect(texts("out", ...pieces)).toEqual(lines);
			}),
		);
	});

	it("of several streams and executions do not mix", () => {
		const reader = new LineReader();
		const read = (execution: number, stream: string, text: string): string[] =>
			reader.read({ execution, stream, at, content: utf8(text) }).map((line) => line.m);
		expect(read(1, "out", "a")).toEqual([]);
		expect(read(1, "err", "b")).toEqual([]);
		expect(read(2, "out", "c\n")).toEqual(["c"]);
		expect(read(1, "out", "A\n")).toEqual(["aA"]);
		expect(reader.end().map((line) => [line.m, line.s])).toEqual([["b", "stderr"]]);
	});

	it("do not tell how long a secret was", () => {
		const record = (m: string): string => `${JSON.stringify({ t: 1, l: "info", m, s: "log" })}\n`;
		for (const masked of ["pw=••••!", `pw=••••${MASK_FILLER.repeat(9)}!`, `pw=****${MASK_FILLER}!`]) {
			expect(texts("out", utf8(`${masked}\n`))).toEqual(["pw=••••!"]);
			expect(texts("log.1", utf8(record(masked)))).toEqual(["pw=••••!"]);
		}
		expect(texts("out", utf8(`a${MASK_FILLER} ****\n`))).toEqual([`a${MASK_FILLER} ****`]);
	});

	it("keep of a progress bar only what is seen last", () => {
		expect(texts("err", utf8("10%\r50%\r100%\ndone\r\n"))).toEqual(["100%", "done"]);
	});

	it("that never end are given out in parts, so that memory stays bounded", () => {
		const pieces = Array.from({ length: 10 }, () => utf8("x".repeat(100_000)));
		expect(texts("out", ...pieces).map((text) => text.length)).toEqual([...Array(15).fill(65_536), 1_000_000 - 15 * 65_536]);
	});

	it("are records in log streams; what is no record is shown as it stands", () => {
		const record = { t: 1.5, l: "warn", m: "text", k: "train#0", s: "log" };
		const reader = new LineReader();
		const [first, second, ...none] = reader.read({ execution: 1, stream: "log.7", at, content: utf8(`${JSON.stringify(record)}\nnot json\n{"t":`) });
		expect(first).toEqual({ ...record, execution: 1, stream: "log.7" });
		expect(second).toMatchObject({ m: "not json", l: "info", t: Date.parse(at) / 1000 });
		expect([...none, ...reader.end()]).toEqual([]);
	});
});
