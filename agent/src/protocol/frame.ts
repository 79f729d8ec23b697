/**
 * The gateway's body: one JSON header and any number of binary parts, without base64.
 * `u32 header length | header (UTF-8 JSON) | for each part: u32 length | bytes`, all big-endian.
 */
import { type Bytes, concat, text, utf8 } from "./bytes.ts";

export const FRAME_TYPE = "application/x-tidegate";

export interface Frame {
	header: unknown;
	parts: Bytes[];
}

export class FrameError extends Error {
	constructor(message: string) {
		super(`not a readable frame: ${message}`);
		this.name = "FrameError";
	}
}

function length(n: number): Bytes {
	const bytes = new Uint8Array(4);
	new DataView(bytes.buffer).setUint32(0, n);
	return bytes;
}

export function encodeFrame(header: unknown, parts: Uint8Array[] = []): Bytes {
	const head = utf8(JSON.stringify(header));
	return concat(length(head.length), head, ...parts.flatMap((part) => [length(part.length), part]));
}

export function decodeFrame(body: Uint8Array): Frame {
	const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
	let at = 0;
	const take = (): Bytes => {
		if (at + 4 > body.length) throw new FrameError("it ends in the middle of a length");
		const size = view.getUint32(at);
		at += 4;
		if (at + size > body.length) throw new FrameError("it ends in the middle of a part");
		at += size;
		return body.slice(at - size, at);
	};
	const head = take();
	const parts: Bytes[] = [];
	while (at < body.length) parts.push(take());
	try {
		return { header: JSON.parse(text(head)), parts };
	} catch {
		throw new FrameError("its header is no JSON");
	}
}
