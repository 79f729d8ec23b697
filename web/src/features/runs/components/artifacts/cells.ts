/** Tables as flows make them: read, ordered, filtered, and written for other programs. Whatever is in them, nothing here throws. Pure. */
import { type Bytes, text } from "tidegate/protocol/bytes.ts";

export type Cell = string | number | boolean | null;

export interface Table {
	columns: string[];
	rows: Cell[][];
}

export type ColumnType = "number" | "text" | "yes or no" | "mixed" | "empty";

/** Rows looked at to tell what a column holds. */
const LOOKED = 1_000;

export function parse(bytes: Bytes): Table | undefined {
	try {
		const value = JSON.parse(text(bytes)) as Table;
		if (!Array.isArray(value.columns) || !Array.isArray(value.rows) || !value.rows.every(Array.isArray)) return undefined;
		return { columns: value.columns.map((column) => (typeof column === "string" ? column : JSON.stringify(column))), rows: value.rows };
	} catch {
		return undefined;
	}
}

const types: Record<string, ColumnType> = { number: "number", string: "text", boolean: "yes or no" };

export function typeOf(rows: readonly Cell[][], column: number): ColumnType {
	let found: ColumnType = "empty";
	for (const row of rows.slice(0, LOOKED)) {
		const cell = row[column];
		if (cell === null || cell === undefined) continue;
		const type = types[typeof cell] ?? "mixed";
		if (found === "empty") found = type;
		else if (found !== type) return "mixed";
	}
	return found;
}

/** What a cell says. */
export function shown(cell: Cell | undefined): string {
	if (cell === null || cell === undefined) return "—";
	if (typeof cell === "object") return JSON.stringify(cell);
	// Twelve digits: past that a float shows how it is stored, not what was measured.
	return typeof cell === "number" && !Number.isInteger(cell) ? String(Number(cell.toPrecision(12))) : String(cell);
}

function compare(a: Cell | undefined, b: Cell | undefined): number {
	if (typeof a === "number" && typeof b === "number") return a - b;
	const [noA, noB] = [a === null || a === undefined, b === null || b === undefined];
	if (noA || noB) return Number(noA) - Number(noB);
	return order.compare(shown(a), shown(b));
}
const order = new Intl.Collator(undefined, { numeric: true });

export interface Sorting {
	column: number;
	down: boolean;
}

/** Which rows are wanted. A column that is not given is any of them. */
export interface Wanted {
	text: string;
	column: number | undefined;
	from: number | undefined;
	to: number | undefined;
}

/** @returns numbers of the rows that are wanted, in the order in which they are wanted; cells without a value come last. */
export function pick({ rows }: Table, wanted: Wanted, sorting: Sorting | undefined): number[] {
	const words = wanted.text.trim().toLowerCase();
	const { column, from, to } = wanted;
	const has = (cell: Cell | undefined) => cell !== null && cell !== undefined && shown(cell).toLowerCase().includes(words);
	const within = (cell: Cell | undefined) =>
		typeof cell === "number" && cell >= (from ?? Number.NEGATIVE_INFINITY) && cell <= (to ?? Number.POSITIVE_INFINITY);
	const ranged = column !== undefined && (from !== undefined || to !== undefined);
	const found: number[] = [];
	for (const [at, row] of rows.entries()) {
		if (ranged && !within(row[column])) continue;
		if (words && !(column === undefined ? row.some(has) : has(row[column]))) continue;
		found.push(at);
	}
	if (!sorting) return found;
	const { column: by, down } = sorting;
	return found.sort((a, b) => {
		const [one, other] = [rows[a]?.[by], rows[b]?.[by]];
		const none = Number(one === null || one === undefined) - Number(other === null || other === undefined);
		return none || (down ? compare(other, one) : compare(one, other)) || a - b;
	});
}

/** A text that a spreadsheet would take for a formula, and run: it gets an apostrophe, as spreadsheets themselves write such texts. */
const FORMULA = /^[=@\t\r]|^[+-](?!\d*\.?\d+(?:e[+-]?\d+)?$)./i;

function field(cell: Cell | undefined, separator: "," | "\t"): string {
	if (cell === null || cell === undefined) return "";
	const plain = typeof cell === "object" ? JSON.stringify(cell) : String(cell);
	const safe = typeof cell === "string" && FORMULA.test(plain) ? `'${plain}` : plain;
	return safe.includes(separator) || /["\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Comma- or tab-separated, for a file or a spreadsheet. @param picked rows by number */
export function written(table: Table, picked: readonly number[], separator: "," | "\t"): string {
	const line = (cells: readonly (Cell | undefined)[]) => table.columns.map((_, at) => field(cells[at], separator)).join(separator);
	return `${[line(table.columns), ...picked.map((at) => line(table.rows[at] ?? []))].join("\r\n")}\r\n`;
}
