/** What a run shows people. Each call keeps one artifact and returns where: in a local run the file's path. */
import { readFileSync } from "node:fs";
import { preview } from "./preview.ts";
import { scopeFor } from "./scope.ts";

/** What the files of each kind begin with. */
const KINDS: readonly (readonly [string, RegExp])[] = [
	["png", /^\x89PNG\r\n/],
	["jpeg", /^\xff\xd8\xff/],
	["gif", /^GIF8[79]a/],
	["webp", /^RIFF.{4}WEBP/s],
	["svg", /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<svg[\s>]/s],
];
const MOST_ROWS = 10_000;
type Cell = string | number | boolean | null;

function keep(kind: string, name: string, data: string | Uint8Array, extension: string): string {
	const scope = scopeFor(`artifact.${kind}()`);
	return scope.run.recorder.artifact(kind, name, scope, data, extension);
}

function cell(value: unknown): Cell {
	if (value === null || value === undefined) return null;
	if (typeof value === "number") return Number.isFinite(value) ? value : null;
	if (typeof value === "string" || typeof value === "boolean") return value;
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
	return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export const artifact = {
	/** Rows as objects, at most 10,000. `columns` says which are shown, and in what order. */
	table(rows: readonly object[], columns?: readonly string[], name = "table"): string {
		const odd = Array.isArray(rows) ? rows.find((row) => row === null || typeof row !== "object") : rows;
		if (!Array.isArray(rows) || odd !== undefined) throw new TypeError(`artifact.table takes a list of objects, not ${preview(odd)}`);
		if (rows.length > MOST_ROWS) throw new RangeError(`artifact.table was given ${rows.length} rows: at most ${MOST_ROWS} are shown`);
		const shown = columns ?? [...new Set(rows.flatMap((row) => Object.keys(row)))];
		const cells = rows.map((row) => shown.map((column) => cell((row as Record<string, unknown>)[column])));
		return keep("table", name, JSON.stringify({ columns: shown, rows: cells }), "json");
	},
	markdown(text: string, name = "notes"): string {
		if (typeof text !== "string") throw new TypeError(`artifact.markdown takes text, not ${typeof text}`);
		return keep("markdown", name, text, "md");
	},
	/** A picture, by its bytes or the path of its file: PNG, JPEG, GIF, WebP or SVG. */
	image(picture: Uint8Array | string, name = "image"): string {
		const data = typeof picture === "string" ? readFileSync(picture) : picture;
		const kind = KINDS.find(([, sign]) => sign.test(Buffer.from(data.subarray(0, 512)).toString("latin1")));
		if (!kind) throw new TypeError("artifact.image takes a PNG, JPEG, GIF, WebP or SVG");
		return keep("image", name, data, kind[0]);
	},
	/** Numbers by name; with `step` one point of a series, in which several calls of one name count 0, 1, 2 without it. What is no finite number is shown as missing. */
	metrics(values: Readonly<Record<string, number>>, step: number | null = null, name = "metrics"): string {
		const given = Object.entries(values);
		if (given.length === 0) throw new RangeError("artifact.metrics was given no numbers");
		for (const [key, value] of given)
			if (typeof value !== "number") throw new TypeError(`the metric "${key}" is ${JSON.stringify(value)} (${typeof value}), no number`);
		if (step !== null && !Number.isInteger(step)) throw new TypeError(`step is a whole number, not ${step}`);
		return keep("metrics", name, JSON.stringify({ metrics: values, step }), "json");
	},
};
