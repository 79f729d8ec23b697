/** What a flow returns, as JSON has it; what JSON has no word for is described. */
import { preview, typeName } from "./preview.ts";

/** Bytes of JSON; a larger result is described, not sent. */
const LIMIT = 256 * 1024;

/** Dates as text, numbers that are none as null, undefined as null; objects with `toJSON` by it. Throws TypeError for what has no such form. */
export function jsonOf(value: unknown, depth = 0): unknown {
	if (value === null || value === undefined) return null;
	if (typeof value === "number") return Number.isFinite(value) ? value : null;
	if (typeof value === "string" || typeof value === "boolean") return value;
	if (typeof value !== "object" || depth > 200) throw new TypeError(`${typeName(value)} is not JSON`);
	const own = value as { toJSON?: () => unknown };
	if (value instanceof Date && Number.isNaN(value.getTime())) return null;
	if (typeof own.toJSON === "function" && !Buffer.isBuffer(value)) return jsonOf(own.toJSON(), depth + 1);
	if (Array.isArray(value)) return Array.from(value, (item) => jsonOf(item, depth + 1));
	const prototype = Object.getPrototypeOf(value);
	if (prototype !== Object.prototype && prototype !== null) throw new TypeError(`${typeName(value)} is not JSON`);
	return Object.fromEntries(Object.entries(value).flatMap(([name, item]) => (item === undefined ? [] : [[name, jsonOf(item, depth + 1)]])));
}

/** The `result` record. */
export function resultRecord(value: unknown): Record<string, unknown> {
	let size = value instanceof Uint8Array ? value.byteLength : 0;
	try {
		const json = jsonOf(value);
		size = Buffer.byteLength(JSON.stringify(json));
		if (size <= LIMIT) return { json };
	} catch {
		// Described below.
	}
	return { repr: preview(value, 2000), python: typeName(value), size };
}
