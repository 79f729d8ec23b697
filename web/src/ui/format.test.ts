import { expect, test } from "vitest";
import { ago, count, duration, plural, size } from "./format.ts";

const plain = (text: string) => text.replaceAll("\u202f", " ");

test("durations read as people say them, from milliseconds to days", () => {
	expect([0, 340, 999, 4_230, 9_999, 42_000, 252_000, 3_600_000, 90_000_000].map((ms) => plain(duration(ms)))).toEqual([
		"0 ms",
		"340 ms",
		"999 ms",
		"4.2 s",
		"10 s",
		"42 s",
		"4 m 12 s",
		"1 h 0 m",
		"1 d 1 h",
	]);
});

test("a duration that counts up shows whole seconds and never rounds up", () => {
	expect([0, 999, 1_999, 59_999, 60_000].map((ms) => plain(duration(ms, true)))).toEqual(["0 s", "0 s", "1 s", "59 s", "1 m 0 s"]);
});

test("a clock that is behind shows no negative time", () => {
	expect(plain(duration(-5_000))).toBe("0 ms");
	expect(ago(-5_000)).toBe("just now");
});

test("long numbers are grouped by thin spaces, short ones are not", () => {
	expect([7, 9_999, 10_000, 1_234_567].map(count)).toEqual(["7", "9999", "10\u202f000", "1\u202f234\u202f567"]);
	expect([plural(1, "run"), plural(0, "run")]).toEqual(["1 run", "0 runs"]);
});

test("sizes are in units of 1024 and never show 1024 of a unit", () => {
	expect([0, 1_023, 1_024, 1_048_575, 3_565_158, 52_428_800].map((n) => plain(size(n)))).toEqual([
		"0 B",
		"1023 B",
		"1.0 KiB",
		"1.0 MiB",
		"3.4 MiB",
		"50 MiB",
	]);
});
