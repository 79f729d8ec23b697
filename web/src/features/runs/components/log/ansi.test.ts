import { expect, test } from "vitest";
import { plain, spans } from "./ansi.ts";

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
