/** Deflate before sealing: sealed bytes no longer compress. The same streams exist in Node and the browser. */
import type { Bytes } from "./bytes.ts";

async function through(content: Bytes, transform: CompressionStream | DecompressionStream, limit: number): Promise<Bytes> {
	const reader = new Blob([content])
		.stream()
		.pipeThrough(transform as TransformStream<Uint8Array<ArrayBuffer>, Bytes>)
		.getReader();
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

/** Below this a stream costs more (0.3 ms and a turn of the event loop each) than deflating saves: a task's content, a line of a log. Bytes. */
const SMALL = 1024;
const STORED = 5;

/** Deflate's own form for a content that is left as it is: `01 | length | its complement | content`, little-endian. */
function store(content: Bytes): Bytes {
	const packed = new Uint8Array(STORED + content.length);
	const view = new DataView(packed.buffer);
	view.setUint8(0, 1);
	view.setUint16(1, content.length, true);
	view.setUint16(3, ~content.length & 0xffff, true);
	packed.set(content, STORED);
	return packed;
}

/** @returns what {@link store} made; undefined where `packed` is something else. */
function stored(packed: Bytes): Bytes | undefined {
	if (packed.length < STORED || packed[0] !== 1) return undefined;
	const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
	const length = view.getUint16(1, true);
	return packed.length === STORED + length && view.getUint16(3, true) === (~length & 0xffff) ? packed.slice(STORED) : undefined;
}

export const pack = async (content: Bytes): Promise<Bytes> =>
	content.length <= SMALL ? store(content) : through(content, new CompressionStream("deflate-raw"), Number.POSITIVE_INFINITY);

/** @param limit most bytes that the content may unpack to; a bomb is refused before it fills memory. */
export async function unpack(packed: Bytes, limit = 64 * 1024 * 1024): Promise<Bytes> {
	const content = stored(packed);
	return content && content.length <= limit ? content : through(packed, new DecompressionStream("deflate-raw"), limit);
}
