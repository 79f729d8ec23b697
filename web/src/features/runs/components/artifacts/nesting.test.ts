import { expect, test } from "vitest";
import { isHeavy, nesting } from "./nesting.ts";

test("quotes and lists nest, code and prose do not", () => {
	const list = Array.from({ length: 30 }, (_, level) => `${"  ".repeat(level)}- level`).join("\n");
	expect([nesting("# Notes\n\nplain, and 1. not a list"), nesting("> > quoted"), nesting("- one\n  - two"), nesting("\t\t\t\tcode")]).toEqual([
		0, 2, 2, 0,
	]);
	expect([nesting(list), nesting(">".repeat(50)), nesting("- ".repeat(40))]).toEqual([30, 50, 40]);
	expect(nesting(`${" ".repeat(400)}text`)).toBe(0);
});

test("a few kilobytes that take seconds to read are told from long texts that do not", () => {
	expect(isHeavy("**a*_".repeat(16_000))).toBe(true);
	expect(isHeavy(`${"|a".repeat(1000)}\n${"|-".repeat(1000)}\n${"|x\n".repeat(12_000)}`)).toBe(true);
	expect(isHeavy("Some *words* and `code`.\n\n".repeat(5_000))).toBe(false);
	expect(isHeavy(`|a|b|\n|-|-|\n${"|1|2|\n".repeat(3_000)}`)).toBe(false);
});
