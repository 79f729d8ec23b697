import { utf8 } from "tidegate/protocol/bytes.ts";
import { expect, test } from "vitest";
import { hasWidth } from "./width.ts";

test("a drawing that only scales is told from one that has a width", () => {
	for (const own of ['<svg width="90" height="40">', "<svg xmlns='x'\n width='1.5in'>"]) expect(hasWidth(utf8(own)), own).toBe(true);
	for (const none of ['<svg viewBox="0 0 9 4">', '<svg width="100%" viewBox="0 0 9 4">', '<svg stroke-width="2"><rect width="9"/></svg>', ""])
		expect(hasWidth(utf8(none)), none).toBe(false);
});
