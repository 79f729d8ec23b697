// A wire with a tape: a TCP proxy that keeps every byte of every connection in both directions, and reads them as HTTP and WebSocket.
import net from "node:net";
import { freePort } from "../../ports.ts";
import type { Place } from "./search.ts";

type Tape = { name: string; chunks: Buffer[] };

export type Recorder = {
	url: string;
	/** Bytes recorded so far. */
	size(): number;
	/** Both directions of every connection, whole and message by message. */
	places(): Place[];
	stop(): Promise<void>;
};

export async function startRecorder(target: number): Promise<Recorder> {
	const tapes: Tape[] = [];
	const sockets = new Set<net.Socket>();
	let count = 0;
	const server = net.createServer((client) => {
		count += 1;
		const upstream = net.connect(target, "127.0.0.1");
		for (const [from, to, direction] of [
			[client, upstream, "asked"],
			[upstream, client, "answered"],
		] as const) {
			const tape: Tape = { name: `connection ${count}, ${direction}`, chunks: [] };
			tapes.push(tape);
			sockets.add(from);
			from.on("data", (chunk) => tape.chunks.push(chunk));
			from.on("error", () => to.destroy());
			from.on("close", () => {
				sockets.delete(from);
				to.destroy();
			});
			from.pipe(to);
		}
	});
	const port = await freePort();
	await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
	return {
		url: `http://localhost:${port}`,
		size: () => tapes.reduce((sum, { chunks }) => sum + chunks.reduce((bytes, chunk) => bytes + chunk.length, 0), 0),
		places: () => tapes.flatMap(({ name, chunks }) => parseTraffic(Buffer.concat(chunks), name)),
		stop: async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** The stream as it went over the wire, then each HTTP head and body and each WebSocket message in it. */
export function parseTraffic(stream: Buffer, name: string): Place[] {
	const places: Place[] = [{ where: name, bytes: stream }];
	for (let at = 0; at < stream.length; ) {
		const end = stream.indexOf("\r\n\r\n", at);
		if (end < 0) break;
		const head = stream.subarray(at, end).toString("latin1");
		const where = `${name}, ${head.split("\r\n")[0]}`;
		if (/^upgrade: *websocket/im.test(head) && !/^HTTP\/1.1 [2-5](?!01)/.test(head)) {
			places.push(...messages(stream.subarray(end + 4), where));
			break;
		}
		const { body, next } = bodyOf(stream, end + 4, head);
		places.push({ where: `${where}, body`, bytes: body });
		at = next;
	}
	return places;
}

function bodyOf(stream: Buffer, from: number, head: string): { body: Buffer; next: number } {
	const length = head.match(/^content-length: *(\d+)/im)?.[1];
	if (length) return { body: stream.subarray(from, from + Number(length)), next: from + Number(length) };
	if (!/^transfer-encoding: *chunked/im.test(head)) return { body: Buffer.alloc(0), next: from };
	const parts: Buffer[] = [];
	for (let at = from; ; ) {
		const line = stream.indexOf("\r\n", at);
		const size = line < 0 ? 0 : Number.parseInt(stream.subarray(at, line).toString("latin1"), 16);
		if (!size) return { body: Buffer.concat(parts), next: line < 0 ? stream.length : Math.max(line + 4, stream.indexOf("\r\n", line) + 4) };
		parts.push(stream.subarray(line + 2, line + 2 + size));
		at = line + 2 + size + 2;
	}
}

/** Unmasked, and put together from their frames. */
function messages(stream: Buffer, name: string): Place[] {
	const places: Place[] = [];
	let parts: Buffer[] = [];
	for (let at = 0, index = 1; at + 2 <= stream.length; ) {
		const first = stream[at] as number;
		const second = stream[at + 1] as number;
		let length = second & 0x7f;
		let from = at + 2;
		if (length === 126) [length, from] = [stream.readUInt16BE(from), from + 2];
		else if (length === 127) [length, from] = [Number(stream.readBigUInt64BE(from)), from + 8];
		const mask = second & 0x80 ? stream.subarray(from, from + 4) : undefined;
		if (mask) from += 4;
		const content = Buffer.from(stream.subarray(from, from + length));
		if (mask) for (let i = 0; i < content.length; i += 1) content[i] = (content[i] as number) ^ (mask[i % 4] as number);
		at = from + length;
		if ((first & 0x0f) > 2) continue; // ping, pong, close
		parts.push(content);
		if (!(first & 0x80)) continue;
		places.push({ where: `${name}, message ${index}`, bytes: Buffer.concat(parts) });
		[parts, index] = [[], index + 1];
	}
	return places;
}
