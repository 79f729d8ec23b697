import { expect, test } from "vitest";
import { nesting } from "./nesting.ts";

test("quotes and lists nest, code and prose do not", () => {
	const list = Array.from({ length: 30 }, (_, level) => `${"  ".repeat(level)}- level`).join("\n");
	expect([nesting("# Notes\n\nplain, and 1. not a list"), nesting("> > quoted"), nesting("- one\n  - two"), nesting("\t\t\t\tcode")]).toEqual([
		0, 2, 2, 0,
	]);
	expect([nesting(list), nesting(">".repeat(50)), nesting("- ".repeat(40))]).toEqual([30, 50, 40]);
	expect(nesting(`${" ".repeat(400)}text`)).toBe(0);
});
