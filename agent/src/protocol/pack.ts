/** Deflate before sealing: sealed bytes no longer compress. The same streams exist in Node and the browser. */
import type { Bytes } from "./bytes.ts";

async function through(content: Bytes, transform: CompressionStream | DecompressionStream, limit: number): Promise<Bytes> {
	const reader = new Blob([content]).stream().pipeThrough(transform as TransformStream<Uint8Array<ArrayBuffer>, Bytes>).getReader();
	const parts: Bytes[] = [];
	let size = 0;
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		size += value.length;
		if (size > limit) {
			await reader.cancel();
			throw new RangeError(`the content unpacks to more than ${limit} bytes`);
		}
		parts.push(value);
	}
	const whole = new Uint8Array(size);
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}

export const pack = (content: Bytes): Promise<Bytes> => through(content, new CompressionStream("deflate-raw"), Number.POSITIVE_INFINITY);

/** @param limit most bytes that the content may unpack to; a bomb is refused before it fills memory. */
export const unpack = (packed: Bytes, limit = 64 * 1024 * 1024): Promise<Bytes> => through(packed, new DecompressionStream("deflate-raw"), limit);
