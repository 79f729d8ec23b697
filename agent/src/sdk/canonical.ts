/**
 * A value as one text, the same for the same content: what digests are taken of. V8's own serialization is not that: it tells apart arrays by how
 * the engine happens to keep their numbers, so that the same list had another digest after a function was optimized.
 */
import { createHash } from "node:crypto";

/** @param value what kept.ts can give back as it was */
export function canonical(value: unknown): string {
	const seen = new Map<object, number>();
	const write = (one: unknown): string => {
		if (typeof one === "string") return JSON.stringify(one);
		if (typeof one === "bigint") return `${one}n`;
		if (typeof one !== "object" || one === null) return Object.is(one, -0) ? "-0" : String(one);
		const known = seen.get(one);
		if (known !== undefined) return `#${known}`;
		seen.set(one, seen.size);
		if (Array.isArray(one)) return `[${Array.from(one, write).join()}]`;
		if (one instanceof Map) return `Map[${Array.from(one, ([name, item]) => `${write(name)}:${write(item)}`).join()}]`;
		if (one instanceof Set) return `Set[${Array.from(one, write).join()}]`;
		if (one instanceof Date) return `Date(${one.getTime()})`;
		if (one instanceof RegExp) return `${one}`;
		if (one instanceof Error) return `${one.name}(${write(one.message)},${write(one.cause)})`;
		if (one instanceof ArrayBuffer) return bytes(one, new Uint8Array(one));
		if (ArrayBuffer.isView(one)) return bytes(one, new Uint8Array(one.buffer, one.byteOffset, one.byteLength));
		const prototype = Object.getPrototypeOf(one);
		if (prototype === Object.prototype || prototype === null)
			return `${prototype === null ? "null" : ""}{${Object.keys(one)
				.sort()
				.map((name) => `${JSON.stringify(name)}:${write((one as Record<string, unknown>)[name])}`)
				.join()}}`;
		// Boolean, Number, String and BigInt as objects.
		return `Object(${write((one as { valueOf(): unknown }).valueOf())})`;
	};
	return write(value);
}

const bytes = (whose: object, data: Uint8Array): string => `${whose.constructor.name}(${createHash("sha256").update(data).digest("hex")})`;
