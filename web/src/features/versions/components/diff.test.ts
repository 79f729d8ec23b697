import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DiffLine, diff, hunksOf, linesOf } from "./diff.ts";
import { treeOf } from "./tree.ts";

const old = (lines: DiffLine[]) => lines.filter(({ kind }) => kind !== "added").map(({ text }) => text);
const now = (lines: DiffLine[]) => lines.filter(({ kind }) => kind !== "removed").map(({ text }) => text);
const edits = (lines: DiffLine[]) => lines.filter(({ kind }) => kind !== "same").length;

/** By the table that everybody knows, slow and surely right. */
function shortest(a: string[], b: string[]): number {
	const row = Array.from({ length: b.length + 1 }, (_, at) => at);
	for (let i = 1; i <= a.length; i++) {
		let corner = row[0] as number;
		row[0] = i;
		for (let j = 1; j <= b.length; j++) {
			const above = row[j] as number;
			row[j] = a[i - 1] === b[j - 1] ? corner : Math.min(above, row[j - 1] as number) + 1;
			corner = above;
		}
	}
	return row[b.length] as number;
}

describe("a diff", () => {
	test("holds both texts, is the shortest there is, and numbers each line as it stands", () => {
		const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 14 });
		fc.assert(
			fc.property(text, text, (a, b) => {
				const lines = diff(a, b);
				expect(old(lines)).toEqual(a);
				expect(now(lines)).toEqual(b);
				expect(edits(lines)).toBe(shortest(a, b));
				for (const line of lines) {
					if (line.before !== undefined) expect(a[line.before - 1]).toBe(line.text);
					if (line.after !== undefined) expect(b[line.after - 1]).toBe(line.text);
				}
			}),
			{ numRuns: 500 },
		);
	});
	test("of texts that have nothing in common is one for the other, at once", () => {
		const [a, b] = [0, 1].map((side) => Array.from({ length: 10_000 }, (_, at) => `${side} ${at}`)) as [string[], string[]];
		const lines = diff(a, b);
		expect([old(lines), now(lines)]).toEqual([a, b]);
	});
	test("shows what changed with three lines around it, and how many it leaves out", () => {
		const a = Array.from({ length: 40 }, (_, at) => `line ${at + 1}`);
		const b = a.map((line, at) => (at === 9 || at === 14 || at === 35 ? `${line}!` : line));
		const hunks = hunksOf(diff(a, b));
		expect(hunks.map(({ skipped, lines }) => [skipped, lines[0]?.before, lines.at(-1)?.before])).toEqual([
			[6, 7, 18],
			[14, 33, 39],
		]);
		expect(hunksOf(diff(a, a))).toEqual([]);
	});
	test("does not count the end of the last line as a line", () => {
		expect(linesOf("a\nb\n")).toEqual(["a", "b"]);
		expect(linesOf("")).toEqual([]);
	});
});

test("files stand in their folders, folders first", () => {
	const tree = treeOf(["z.py", "a/b/c.py", "a/x.py", "a.py"]);
	expect(tree.files).toEqual(["a.py", "z.py"]);
	expect(tree.folders).toEqual([
		{ name: "a", path: "a", files: ["a/x.py"], folders: [{ name: "b", path: "a/b", files: ["a/b/c.py"], folders: [] }] },
	]);
});
