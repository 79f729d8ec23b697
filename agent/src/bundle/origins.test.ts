import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Origins } from "./origins.ts";

test("another project that takes a flow's name is told whose; the same project, and one that was moved, are not", () => {
	const folder = mkdtempSync(join(tmpdir(), "tidegate origins "));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	const [home, one, two, moved] = ["home", "one", "two", "moved"].map((name) => join(folder, name)) as [string, string, string, string];
	for (const root of [one, two]) {
		mkdirSync(root);
		for (const file of ["flow.py", "other.py"]) writeFileSync(join(root, file), "");
	}
	const origins = new Origins(home, "w");
	expect(origins.note("hello", one, "flow.py:hello")).toBeUndefined();
	expect(origins.note("hello", one, "flow.py:hello")).toBeUndefined();
	expect(origins.note("hello", one, "other.py:hello")).toBeUndefined();
	expect(new Origins(home, "another").note("hello", two, "flow.py:hello")).toBeUndefined();
	expect(origins.note("bye", two, "flow.py:bye")).toBeUndefined();
	expect(origins.note("hello", two, "flow.py:hello")).toBe(join(one, "other.py"));
	expect(origins.note("hello", two, "flow.py:hello")).toBeUndefined();
	renameSync(two, moved);
	expect(origins.note("hello", moved, "flow.py:hello")).toBeUndefined();
});
