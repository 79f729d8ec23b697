/** What stands in the fields while people type, and its way to and from JSON values. Pure. */
import type { ValueSchema } from "tidegate/protocol/parameters.ts";
import { type Entry, type Field, fits } from "./fields.ts";
import { readJson, toldOf } from "./json.ts";

/** A field's content: JSON itself, so that it can be kept sealed. */
export type Draft =
	/** Typed text: of text, numbers, dates, and of anything that is written as JSON. */
	| { text: string; json?: true }
	/** Wall clock, and its zone: an offset, `local` for the viewer's, or none. */
	| { text: string; zone: string }
	/** Position among the options; -1 where none is chosen. */
	| { at: number }
	| { on: boolean }
	| { items: Draft[] }
	| { pairs: [key: string, value: Draft][] }
	| { fields: Given }
	/** The chosen branch, and what was typed into each. */
	| { branch: number; drafts: Draft[] };

/** Of each name: what was typed, and whether it counts: what was not touched is left to the code's default. */
export type Given = Record<string, { given: boolean; draft: Draft }>;

/** Rows of one list that are shown as fields; longer ones are edited as JSON. */
const MAX_ROWS = 100;

const pretty = (value: unknown): string => (value === undefined ? "" : JSON.stringify(value, null, 2));
export const asJson = (value: unknown): Draft => ({ text: pretty(value), json: true });

const INSTANT = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)([Zz]|[+-]\d{2}:\d{2})?$/;

/** @param value undefined: an empty field. What does not fit the field is shown as the JSON that it is. */
export function draftOf(field: Field, value: unknown): Draft {
	if (value === undefined) return emptyOf(field);
	const compound = field.kind === "list" || field.kind === "dict" || field.kind === "object" || field.kind === "json";
	if (!compound && !fits(field.schema, value)) return typeof value === "string" ? { text: value } : asJson(value);
	switch (field.kind) {
		case "text":
		case "date":
			return { text: value as string };
		case "number":
			return { text: String(value) };
		case "instant": {
			const [, day, time, zone] = INSTANT.exec(value as string) ?? [];
			return day ? { text: `${day}T${time}`, zone: zone?.toUpperCase() ?? "" } : { text: value as string };
		}
		case "switch":
			return { on: value as boolean };
		case "choice":
			return { at: field.options.indexOf(value) };
		case "null":
			return { text: "" };
		case "list":
			return Array.isArray(value) && value.length <= MAX_ROWS ? { items: value.map((item) => draftOf(field.item, item)) } : asJson(value);
		case "dict":
			return isObject(value) && Object.keys(value).length <= MAX_ROWS
				? { pairs: Object.entries(value).map(([key, item]) => [key, draftOf(field.item, item)]) }
				: asJson(value);
		case "object":
			// A field that the class no longer has would otherwise vanish unseen.
			return isObject(value) && Object.keys(value).every((name) => field.entries.some((entry) => entry.name === name))
				? { fields: givenOf(field.entries, value) }
				: asJson(value);
		case "union": {
			const branch = field.branches.findIndex((one) => fits(one.schema, value));
			return { branch, drafts: field.branches.map((one, at) => (at === branch ? draftOf(one, value) : emptyOf(one))) };
		}
		default:
			return asJson(value);
	}
}

function emptyOf(field: Field): Draft {
	switch (field.kind) {
		case "instant":
			return { text: "", zone: "local" };
		case "choice":
			return { at: -1 };
		case "switch":
			return { at: -1 };
		case "list":
			return { items: [] };
		case "dict":
			return { pairs: [] };
		case "object":
			return { fields: givenOf(field.entries, {}) };
		case "union":
			return {
				branch: Math.max(
					0,
					field.branches.findIndex(({ kind }) => kind !== "null"),
				),
				drafts: field.branches.map(emptyOf),
			};
		case "json":
			return { text: "", json: true };
		default:
			return { text: "" };
	}
}

/** @param values by name; a name that is not there shows its default. */
export function givenOf(entries: Entry[], values: Record<string, unknown>): Given {
	return Object.fromEntries(
		entries.map((entry) => {
			const own = Object.hasOwn(values, entry.name);
			// An object that has to be there is asked for field by field.
			const given = own || (entry.required && entry.field.kind === "object");
			return [entry.name, { given, draft: draftOf(entry.field, own ? values[entry.name] : entry.default) }];
		}),
	);
}

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === "object" && !Array.isArray(value);

export interface FieldProblem {
	/** As in the words of the protocol: `layers[2].units`. */
	path: string;
	what: string;
}

/** What was typed, as the JSON values of those that were given; and what reads as no JSON at all. */
export function readGiven(entries: Entry[], given: Given): { values: Record<string, unknown>; problems: FieldProblem[] } {
	const problems: FieldProblem[] = [];
	return { values: readEntries(entries, given, "", problems), problems };
}

function readEntries(entries: Entry[], given: Given, prefix: string, problems: FieldProblem[]): Record<string, unknown> {
	const values: Record<string, unknown> = {};
	for (const { name, field } of entries) {
		const own = Object.hasOwn(given, name) ? given[name] : undefined;
		if (!own?.given) continue;
		const value = read(field, own.draft, prefix + name, problems);
		// Defined, not assigned: a parameter may be called __proto__.
		if (value !== undefined) Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
	}
	return values;
}

/** @returns undefined where nothing is there: no choice, no number. A text that reads as none is given as it is, for the check to name. */
function read(field: Field, draft: Draft, path: string, problems: FieldProblem[]): unknown {
	if ("json" in draft) return readText(draft.text, path, problems);
	if ("items" in draft && field.kind === "list")
		return draft.items.map((item, at) => read(field.item, item, `${path}[${at}]`, problems) ?? blank(item));
	if ("pairs" in draft && field.kind === "dict") return readPairs(field.item, draft.pairs, path, problems);
	if ("fields" in draft && field.kind === "object") return readEntries(field.entries, draft.fields, `${path}.`, problems);
	if ("branch" in draft && field.kind === "union") {
		const [branch, inner] = [field.branches[draft.branch], draft.drafts[draft.branch]];
		return branch && inner && (branch.kind === "null" ? null : read(branch, inner, path, problems));
	}
	if ("on" in draft) return draft.on;
	if ("at" in draft) return field.kind === "choice" ? field.options[draft.at] : undefined;
	if ("zone" in draft) return draft.text === "" ? undefined : draft.text + zoneOf(draft.text, draft.zone);
	if (!("text" in draft)) return undefined;
	if (field.kind === "number") return readNumber(draft.text);
	return draft.text === "" && field.kind !== "text" ? undefined : draft.text;
}

/** Items of a list stand in their places: an empty one is told as the empty text that it is. */
const blank = (draft: Draft): unknown => ("at" in draft || "text" in draft ? "" : null);

function readNumber(text: string): unknown {
	const trimmed = text.trim();
	if (trimmed === "") return undefined;
	return /^[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed.replaceAll("_", "")) : text;
}

function readPairs(field: Field, pairs: [string, Draft][], path: string, problems: FieldProblem[]): Record<string, unknown> {
	const values: Record<string, unknown> = {};
	for (const [key, draft] of pairs) {
		if (Object.hasOwn(values, key)) problems.push({ path: `${path}.${key}`, what: `“${key}” stands here twice: each name is given once` });
		const value = read(field, draft, `${path}.${key}`, problems) ?? blank(draft);
		Object.defineProperty(values, key, { value, enumerable: true, configurable: true, writable: true });
	}
	return values;
}

function readText(text: string, path: string, problems: FieldProblem[]): unknown {
	if (text.trim() === "") return undefined;
	const result = readJson(text);
	if ("value" in result) return result.value;
	problems.push({ path, what: toldOf(result) });
	return undefined;
}

/** The offset that stands behind a wall-clock time. @param zone `local`: the viewer's, which summer time moves. */
export function zoneOf(wall: string, zone: string): string {
	if (zone !== "local") return zone;
	const minutes = -new Date(wall).getTimezoneOffset();
	if (Number.isNaN(minutes)) return "";
	const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
	return `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
}

/** What was typed for one version, carried to another: what fits stays as it is, the rest is shown for what it was. */
export function carry(from: Entry[], given: Given, to: Entry[]): { given: Given; dropped: string[] } {
	const { values } = readGiven(from, given);
	const next = givenOf(to, values);
	for (const entry of to) {
		const [before, own] = [from.find(({ name }) => name === entry.name), given[entry.name]];
		if (before && own?.given && same(before.field.schema, entry.field.schema)) next[entry.name] = own;
	}
	const dropped = from.filter(({ name }) => given[name]?.given && !to.some((entry) => entry.name === name)).map(({ name }) => name);
	return { given: next, dropped };
}

/** Equal types; what is said about them and what they default to may differ. */
function same(a: ValueSchema, b: ValueSchema): boolean {
	const bare = (schema: ValueSchema) => JSON.stringify(schema, (key, value) => (key === "description" || key === "default" ? undefined : value));
	return bare(a) === bare(b);
}
