import { utf8 } from "tidegate/protocol/bytes.ts";
import { expect, test } from "vitest";
import { type Cell, parse, pick, type Table, typeOf, type Wanted, written } from "./cells.ts";

const table: Table = {
	columns: ["bird", "mass", "ringed"],
	rows: [
		["Gentoo 10", 5200, true],
		["Adelie", null, false],
		["Gentoo 9", 4900.5, null],
		["adelie", 3700, true],
	],
};
const ALL: Wanted = { text: "", column: undefined, from: undefined, to: undefined };
const names = (wanted: Partial<Wanted>, sorting?: { column: number; down: boolean }) =>
	pick(table, { ...ALL, ...wanted }, sorting).map((at) => table.rows[at]?.[0]);

test("rows are filtered by a text in any column or in one, and by a range of numbers", () => {
	expect(names({ text: "ADELIE" })).toEqual(["Adelie", "adelie"]);
	expect(names({ text: "true", column: 0 })).toEqual([]);
	expect(names({ text: "4900.5" })).toEqual(["Gentoo 9"]);
	expect(names({ column: 1, from: 3700, to: 5000 })).toEqual(["Gentoo 9", "adelie"]);
	expect(names({ column: 1, from: 5000, text: "5" })).toEqual(["Gentoo 10"]);
});

test("rows are ordered as people order, and those without a value come last either way", () => {
	expect(names({ text: "gentoo" }, { column: 0, down: false })).toEqual(["Gentoo 9", "Gentoo 10"]);
	expect(names({}, { column: 1, down: false })).toEqual(["adelie", "Gentoo 9", "Gentoo 10", "Adelie"]);
	expect(names({}, { column: 1, down: true })).toEqual(["Gentoo 10", "Gentoo 9", "adelie", "Adelie"]);
});

test("a column's type is what all its cells are, empty ones left out", () => {
	const of = (...cells: Cell[]) =>
		typeOf(
			cells.map((cell) => [cell]),
			0,
		);
	expect([of(1, null), of("a"), of(true, false), of(1, "a"), of(null), of()]).toEqual(["number", "text", "yes or no", "mixed", "empty", "empty"]);
});

test("what is copied holds every value, in quotes where it must, and nothing that a spreadsheet would run", () => {
	const hostile: Table = {
		columns: ["a,b", "=c"],
		rows: [
			['say "hi"', "=HYPERLINK(1)"],
			["two\nlines", -5],
			["-5", "-1.5e3"],
			["-cmd", null],
			["@sum", "+1+1"],
			["tab\there", "-"],
		],
	};
	expect(written(hostile, [0, 1, 2, 3, 4, 5], ",").split("\r\n")).toEqual([
		`"a,b",'=c`,
		`"say ""hi""",'=HYPERLINK(1)`,
		`"two\nlines",-5`,
		"-5,-1.5e3",
		"'-cmd,",
		"'@sum,'+1+1",
		"tab\there,-",
		"",
	]);
	expect(written(hostile, [5], "\t")).toBe(`a,b\t'=c\r\n"tab\there"\t-\r\n`);
});

test("what is no table is none, and a table of strange cells is still one", () => {
	const of = (value: unknown) => parse(utf8(JSON.stringify(value)));
	expect([of(null), of(5), of([]), of({ columns: ["a"] }), of({ columns: ["a"], rows: [1] }), parse(utf8("{"))]).toEqual(Array(6).fill(undefined));
	const strange = of({ columns: ["a", { b: 1 }], rows: [[{ c: 2 }], []] });
	expect(strange?.columns).toEqual(["a", '{"b":1}']);
	expect(pick(strange as Table, { ...ALL, text: "c" }, { column: 0, down: true })).toEqual([0]);
	expect(written(strange as Table, [0, 1], "\t")).toContain('"{""c"":2}"');
});
