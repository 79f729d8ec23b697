/**
 * Whoever seals parameters checks them first, against the schema of the version they are for: CLI, typed client and browser form.
 * The schema is what the SDK derives from a flow's hints; the SDK checks again before user code, in the same words.
 */
import { InexactNumber, readJson } from "./json.ts";
import type { ParameterSchema } from "./manifest.ts";
import { nearest } from "./nearest.ts";

/** The part of JSON Schema that the SDK writes. */
export interface ValueSchema {
	type?: string;
	format?: string;
	enum?: readonly unknown[];
	anyOf?: readonly ValueSchema[];
	items?: ValueSchema;
	properties?: Record<string, ValueSchema>;
	required?: readonly string[];
	additionalProperties?: boolean | ValueSchema;
	title?: string;
	default?: unknown;
	description?: string;
}

/** Every parameter that does not fit, one line each: which, what was expected, what was given. */
export class ParameterError extends Error {
	override readonly name = "ParameterError";
	readonly problems: readonly string[];
	constructor(problems: readonly string[]) {
		super(problems.join("\n"));
		this.problems = problems;
	}
}

/** @param given JSON values by name. @returns them. Throws ParameterError. */
export function checkParameters(schema: ParameterSchema, given: Record<string, unknown>): Record<string, unknown> {
	const problems = object(schema as ValueSchema, given, "");
	if (problems.length > 0) throw new ParameterError(problems);
	return given;
}

/** Values as people type them (`n=5`, `tags=["a"]`), made what the schema says. Throws ParameterError. */
export function parseParameters(schema: ParameterSchema, typed: readonly (readonly [name: string, text: string])[]): Record<string, unknown> {
	const given: Record<string, unknown> = {};
	const problems: string[] = [];
	const inexact: string[] = [];
	for (const [name, text] of typed) {
		const own = Object.hasOwn(schema.properties, name) ? (schema.properties[name] as ValueSchema) : undefined;
		if (Object.hasOwn(given, name)) problems.push(`parameter "${name}": given twice`);
		let value: unknown = text;
		try {
			if (own) value = parseValue(own, text);
		} catch (error) {
			if (!(error instanceof InexactNumber)) throw error;
			problems.push(`parameter "${name}": ${error.message}`);
			inexact.push(name);
			continue;
		}
		// A text that reads as no such value is told as the text it is.
		Object.defineProperty(given, name, { value: value === UNREADABLE ? text : value, enumerable: true, configurable: true, writable: true });
	}
	// What was given and is refused is not told as missing too.
	problems.push(...object({ ...(schema as ValueSchema), required: schema.required.filter((name) => !inexact.includes(name)) }, given, ""));
	if (problems.length > 0) throw new ParameterError(problems);
	return given;
}

const UNREADABLE = Symbol("unreadable");
const NUMBER = /^[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const numberOf = (text: string): number => Number(text.replaceAll("_", ""));

function parseValue(schema: ValueSchema, text: string): unknown {
	if (schema.anyOf) {
		// Text takes everything, so it comes last: `null` is null, `5` is a number where a number may be.
		const branches = [...schema.anyOf].sort((a, b) => Number(isText(a)) - Number(isText(b)));
		const values = branches.map((branch) => [branch, parseValue(branch, text)] as const).filter(([, value]) => value !== UNREADABLE);
		const fitting = values.find(([branch, value]) => problemsOf(branch, value, "").length === 0);
		return (fitting ?? values[0] ?? [null, UNREADABLE])[1];
	}
	if (schema.enum) {
		const value = schema.enum.find((one) => one === text) ?? schema.enum.find((one) => JSON.stringify(one) === text);
		return value === undefined ? UNREADABLE : value;
	}
	const trimmed = text.trim();
	switch (schema.type) {
		case "string":
			return text;
		case "boolean":
			return /^(true|yes|on|1)$/i.test(trimmed) ? true : /^(false|no|off|0)$/i.test(trimmed) ? false : UNREADABLE;
		case "null":
			return trimmed === "null" ? null : UNREADABLE;
		case "integer":
		case "number":
			return NUMBER.test(trimmed) ? numberOf(trimmed) : UNREADABLE;
		case undefined:
			return orText(trimmed, text);
		default:
			// No number is a list or an object, however large.
			return NUMBER.test(trimmed) ? numberOf(trimmed) : orText(trimmed, UNREADABLE);
	}
}

function orText(json: string, otherwise: unknown): unknown {
	try {
		return readJson(json);
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		return otherwise;
	}
}

const isText = (schema: ValueSchema): boolean => schema.type === "string" && !schema.format && !schema.enum;

function problemsOf(schema: ValueSchema, value: unknown, path: string): string[] {
	if (schema.anyOf) return union(schema.anyOf, value, path);
	// JSON has no such number: it would arrive as null.
	if (typeof value === "number" && !Number.isFinite(value))
		return [`parameter "${path}": expected ${expected(schema)}, got a number that is too large`];
	const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
	if (schema.type === "array" && Array.isArray(value))
		return value.flatMap((item, index) => problemsOf(schema.items ?? {}, item, `${path}[${index}]`));
	if (schema.type === "object" && isObject) return object(schema, value as Record<string, unknown>, `${path}.`);
	if (scalarFits(schema, value)) return [];
	return [`parameter "${path}": expected ${expected(schema)}, got ${got(value)}`];
}

function union(branches: readonly ValueSchema[], value: unknown, path: string): string[] {
	const tried = branches.map((branch) => problemsOf(branch, value, path));
	if (tried.some((problems) => problems.length === 0)) return [];
	// The value has the right shape for one of them, and something inside it is wrong: say what.
	const deeper = tried.find((problems) => !problems[0]?.startsWith(`parameter "${path}": expected`));
	return deeper ?? [`parameter "${path}": expected ${expected({ anyOf: branches })}, got ${got(value)}`];
}

function object(schema: ValueSchema, given: Record<string, unknown>, prefix: string): string[] {
	const known = schema.properties ?? {};
	const rest = schema.additionalProperties;
	const problems: string[] = [];
	for (const [name, value] of Object.entries(given)) {
		const own = Object.hasOwn(known, name) ? known[name] : undefined;
		if (own) problems.push(...problemsOf(own, value, prefix + name));
		else if (rest === false) problems.push(unknown(prefix + name, name, Object.keys(known)));
		else if (typeof rest === "object") problems.push(...problemsOf(rest, value, prefix + name));
	}
	for (const name of schema.required ?? []) {
		if (!Object.hasOwn(given, name))
			problems.push(`parameter "${prefix}${name}": expected ${expected(known[name] ?? {})}, but it was not given and has no default`);
	}
	return problems;
}

function unknown(path: string, name: string, known: string[]): string {
	if (known.length === 0) return `parameter "${path}": unknown; the flow takes none`;
	const close = nearest(name, known);
	return `parameter "${path}": unknown${close === undefined ? "" : `; did you mean "${close}"?`} (known: ${known.join(", ")})`;
}

function scalarFits(schema: ValueSchema, value: unknown): boolean {
	if (schema.enum) return schema.enum.includes(value);
	switch (schema.type) {
		case "string":
			return typeof value === "string" && (schema.format === "date" ? isDate(value) : schema.format === "date-time" ? isInstant(value) : true);
		case "boolean":
			return typeof value === "boolean";
		case "null":
			return value === null;
		case "integer":
			// Beyond this a JSON number is no longer the integer that was typed.
			return Number.isSafeInteger(value);
		case "number":
			return typeof value === "number" && Number.isFinite(value);
		default:
			return schema.type === undefined && value !== undefined;
	}
}

function isDate(text: string): boolean {
	const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
	if (!year || Number(year) < 1 || Number(month) < 1 || Number(month) > 12) return false;
	const leap = Number(year) % 4 === 0 && (Number(year) % 100 !== 0 || Number(year) % 400 === 0);
	const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Number(month) - 1] as number;
	return Number(day) >= 1 && Number(day) <= days;
}

function isInstant(text: string): boolean {
	const match = /^(\d{4}-\d{2}-\d{2})(?:[Tt ]([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?$/.exec(text);
	return match !== null && isDate(match[1] as string);
}

const NOUNS: Record<string, string> = {
	null: "null",
	string: "a string",
	integer: "an integer",
	number: "a number",
	boolean: "true or false",
	array: "a list (as JSON)",
	object: "an object (as JSON)",
};

/** What a schema asks for, in words. */
export function expected(schema: ValueSchema): string {
	if (schema.anyOf) return schema.anyOf.map(expected).join(" or ");
	if (schema.enum) return `one of ${schema.enum.map((one) => JSON.stringify(one)).join(", ")}`;
	if (schema.format === "date") return "a date as in 2026-01-31";
	if (schema.format === "date-time") return "a date and time as in 2026-01-31T12:00:00Z";
	if (schema.type === "object" && schema.title) return `an object with the fields of ${schema.title} (as JSON)`;
	return NOUNS[schema.type ?? ""] ?? "any value";
}

function got(value: unknown): string {
	if (value === null || value === undefined) return String(value);
	const json = JSON.stringify(value) ?? String(value);
	const text = json.length <= 60 ? json : `${json.slice(0, 59)}…`;
	if (Array.isArray(value)) return `${text} (a list)`;
	if (typeof value === "number" && Number.isInteger(value))
		return `${text} (${Number.isSafeInteger(value) ? "an integer" : "more than 2^53, which JSON does not carry exactly"})`;
	return `${text} (${{ string: "a string", number: "a number", boolean: "a boolean", object: "an object" }[typeof value as string] ?? typeof value})`;
}
