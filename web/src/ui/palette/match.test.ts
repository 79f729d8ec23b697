import { expect, test } from "vitest";
import { find, score } from "./match.ts";

const names = (text: string, most = 10) =>
	find([{ name: "nightly-train" }, { name: "train" }, { name: "constrain" }, { name: "Toggle theme", words: "dark light" }], text, most).map(
		({ name }) => name,
	);

test("a name that begins with what was typed comes before one in which a word does, and that before any other", () => {
	expect(names("train")).toEqual(["train", "nightly-train", "constrain"]);
	expect(names("train", 1)).toEqual(["train"]);
});

test("every word must be found, in the name or beside it, in any order and case", () => {
	expect(names("TRAIN night")).toEqual(["nightly-train"]);
	expect(names("dark theme")).toEqual(["Toggle theme"]);
	expect(names("theme purple")).toEqual([]);
});

test("nothing typed keeps the order and the limit; what is typed is no pattern", () => {
	expect(names("  ", 2)).toEqual(["nightly-train", "train"]);
	expect(score({ name: "a.b" }, ".*")).toBe(0);
});
