/** Values as the store keeps them: JSON where that says all, else in V8's own form, which knows dates, maps, sets, big integers and bytes. And digests of values and of code. */
import { deserialize, serialize } from "node:v8";
import { canonical } from "./canonical.ts";
import { NotStorable, StoreError } from "./failures.ts";
import { FileResult, keepFile, restoreFile } from "./files.ts";
import { typeName } from "./preview.ts";
import { type Kept, type Store, sha } from "./store.ts";

/** Bytes from which a value is a file of its own. */
const LARGE = 32 * 1024;

/** Classes whose values V8 gives back as they were. */
const WHOLE = new Set<unknown>([Date, RegExp, ArrayBuffer, Boolean, Number, String, BigInt, DataView, Buffer]);
const Typed = Object.getPrototypeOf(Uint8Array);

/** What stands in the way of giving exactly this value back. @returns "json" where JSON is enough. Throws NotStorable. */
function formOf(value: unknown, seen: Set<object>, path: string): "json" | "v8" {
	switch (typeof value) {
		case "string":
		case "boolean":
			return "json";
		case "number":
			return Number.isFinite(value) && !Object.is(value, -0) ? "json" : "v8";
		case "undefined":
		case "bigint":
			return "v8";
		case "function":
		case "symbol":
			throw new NotStorable(`${path} is a ${typeof value}`);
	}
	if (value === null) return "json";
	const object = value as object;
	// The same object twice is two equal ones to JSON.
	if (seen.has(object)) return "v8";
	seen.add(object);
	if (value instanceof FileResult) throw new NotStorable(`${path} is a ${typeName(value)} inside another value: return it by itself`);
	if (Array.isArray(value)) return worst(Array.from(value, (item, index) => formOf(item, seen, `${path}[${index}]`)));
	const prototype = Object.getPrototypeOf(object);
	if (prototype === Object.prototype || prototype === null) {
		if (Object.getOwnPropertySymbols(object).length > 0) throw new NotStorable(`${path} has a symbol among its keys`);
		const form = worst(Object.entries(object).map(([name, item]) => formOf(item, seen, `${path}.${name}`)));
		return prototype === null ? "v8" : form;
	}
	if (prototype === Map.prototype) {
		for (const [name, item] of value as Map<unknown, unknown>) formOf([name, item], seen, `${path}'s entry`);
		return "v8";
	}
	if (prototype === Set.prototype) {
		for (const item of value as Set<unknown>) formOf(item, seen, `${path}'s item`);
		return "v8";
	}
	if (WHOLE.has(prototype.constructor) || Object.getPrototypeOf(prototype.constructor) === Typed || isPlainError(object)) return "v8";
	throw new NotStorable(`${path} is an instance of ${typeName(value)}, which would lose its class: return its data as an object`);
}

const worst = (forms: ("json" | "v8")[]): "json" | "v8" => (forms.includes("v8") ? "v8" : "json");
const isPlainError = (value: object): boolean =>
	[Error, RangeError, TypeError, SyntaxError, ReferenceError, EvalError, URIError].some((type) => Object.getPrototypeOf(value) === type.prototype);

/** The `<value>` of a checkpoint, and its digest. Throws NotStorable, StoreError. */
export function stored(store: Store, value: unknown): { kept: Kept; digest: string } {
	if (value instanceof FileResult) {
		const kept = keepFile(store, value);
		return { kept, digest: value.digest };
	}
	// A task that returns nothing is remembered as one.
	if (value === undefined) return { kept: { codec: "json", data: null, size: 4, type: "undefined" }, digest: sha("undefined") };
	const form = formOf(value, new Set(), "it");
	let bytes: Uint8Array;
	try {
		bytes = form === "json" ? Buffer.from(JSON.stringify(value)) : serialize(value);
	} catch (problem) {
		throw new NotStorable((problem as Error).message);
	}
	const digest = sha(form === "json" ? bytes : canonical(value));
	const told = { codec: form, size: bytes.length, type: typeName(value) };
	if (bytes.length >= LARGE) return { kept: { ...told, object: store.putObject(bytes) }, digest };
	return { kept: { ...told, data: form === "json" ? value : Buffer.from(bytes).toString("base64") }, digest };
}

/** Throws StoreError, and what V8 throws. */
export function restored(store: Store, kept: Kept): unknown {
	const { codec, object, data } = kept;
	if (codec === "file" || codec === "dir") return restoreFile(store, kept);
	if (codec === "json" && object === undefined) return kept.type === "undefined" ? undefined : data;
	if (codec !== "json" && codec !== "v8")
		throw new StoreError(`it was kept as ${codec}${codec === "pickle" ? " by the Python SDK" : ""}, which the TypeScript SDK can't read`);
	const bytes = object === undefined ? Buffer.from(String(data), "base64") : store.getObject(object);
	return codec === "v8" ? deserialize(bytes) : JSON.parse(Buffer.from(bytes).toString("utf8"));
}

/** A digest of a value's content; undefined for what has none, such as a connection. */
export function digestOf(value: unknown): string | undefined {
	if (value instanceof FileResult) return `file:${value.digest}`;
	if (value === undefined) return "undefined";
	try {
		formOf(value, new Set(), "it");
		return sha(canonical(value));
	} catch {
		return undefined;
	}
}

/** A digest of a function's source. */
export const codeDigest = (fn: (...args: never[]) => unknown): string =>
	sha(
		Function.prototype.toString
			.call(fn)
			.split("\n")
			.map((line) => line.trimEnd())
			.filter((line) => line !== "")
			.join("\n"),
	);
