import { randomBytes } from "node:crypto";
import zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { encodeFrame } from "../../../agent/src/protocol/frame.ts";
import { sealParameters } from "../../../agent/src/protocol/open.ts";
import { newKey, WorkspaceKey } from "../../../agent/src/protocol/seal.ts";
import { parseTraffic } from "./recorder.ts";
import { Search } from "./search.ts";

const canary = `cnry${randomBytes(14).toString("hex")}`;
const search = new Search(canary);
const around = (text: string | Buffer) => Buffer.concat([randomBytes(7), Buffer.from(text as string), randomBytes(9)]);
const bytes = Buffer.from(canary);
const json = JSON.stringify({ a: 1, sealed: "x", text: `the ${canary} sings` });

const hidden: Record<string, Buffer> = {
	"as it is": around(canary),
	"its first half": around(canary.slice(0, 16)),
	"its second half": around(canary.slice(16)),
	"in UTF-16": around(Buffer.from(canary, "utf16le")),
	"in hex": around(bytes.toString("hex")),
	"in hex of capitals": around(bytes.toString("hex").toUpperCase()),
	...Object.fromEntries(
		[0, 1, 2].map((shift) => [`in base64, ${shift} bytes off`, around(`"${Buffer.concat([randomBytes(shift), bytes]).toString("base64")}"`)]),
	),
	...Object.fromEntries(
		[0, 1, 2].map((shift) => [`in base64url, ${shift} bytes off`, around(`"${Buffer.from(`${"~".repeat(shift)}${canary}`).toString("base64url")}"`)]),
	),
	"raw deflate": zlib.deflateRawSync(json),
	"a zlib stream, cut, in the middle of other bytes": around(zlib.deflateSync(json.repeat(3)).subarray(0, -4)),
	"gzip in the middle of other bytes": around(zlib.gzipSync(json)),
	brotli: zlib.brotliCompressSync(json),
	"deflated, in base64, in JSON": Buffer.from(JSON.stringify({ parameters: zlib.deflateRawSync(json).toString("base64url") })),
	"deflated, in hex": Buffer.from(`\\x${zlib.deflateRawSync(json).toString("hex")}`),
	"deflated, as a part of a frame": Buffer.from(encodeFrame({ ids: [] }, [randomBytes(40), new Uint8Array(zlib.deflateRawSync(json))])),
	"in base64, in a gzipped body": zlib.gzipSync(JSON.stringify({ s: bytes.toString("base64") })),
};

describe("the search for what must not leave the premises", () => {
	test.each(Object.entries(hidden))("finds a secret that is there %s", (_name, place) => {
		expect(search.all([{ where: "here", bytes: place }])).not.toEqual([]);
	});

	test("finds nothing in what is sealed", async () => {
		const key = await WorkspaceKey.open(newKey(), "018f0000-0000-7000-8000-000000000001");
		const place = { workspace: key.workspace, flow: "f", number: 1, run: "018f0000-0000-7000-8000-000000000002" };
		const sealed = await sealParameters(key, place, { secret: canary });
		expect(search.all([{ where: "sealed", bytes: Buffer.from(sealed) }])).toEqual([]);
		expect(search.all([{ where: "sealed", bytes: Buffer.from(JSON.stringify({ a: Buffer.from(sealed).toString("base64url") })) }])).toEqual([]);
	});
});

/** A client's WebSocket frame, masked as RFC 6455 asks. */
function masked(content: Buffer, { final = true, opcode = 1, reserved = 0 } = {}): Buffer {
	const mask = randomBytes(4);
	const length = content.length < 126 ? Buffer.from([0x80 | content.length]) : Buffer.from([0x80 | 126, content.length >> 8, content.length & 255]);
	return Buffer.concat([
		Buffer.from([(final ? 0x80 : 0) | reserved | opcode]),
		length,
		mask,
		content.map((byte, at) => byte ^ (mask[at % 4] as number)),
	]);
}

describe("recorded traffic", () => {
	const head = (extra: string) => `POST /x HTTP/1.1\r\nHost: a\r\n${extra}\r\n\r\n`;
	const upgrade = Buffer.from("GET /trpc HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
	const body = zlib.deflateRawSync(json);
	const chunked = Buffer.concat([
		Buffer.from(`${(10).toString(16)}\r\n`),
		body.subarray(0, 10),
		Buffer.from(`\r\n${(body.length - 10).toString(16)};x=y\r\n`),
		body.subarray(10),
		Buffer.from("\r\n0\r\n\r\n"),
	]);
	const streams: Record<string, Buffer> = {
		"a body of known length, as the second request of a connection": Buffer.concat([
			Buffer.from(`${head("Content-Length: 2")}{}${head(`content-length: ${body.length}`)}`),
			body,
		]),
		"a body in chunks": Buffer.concat([Buffer.from(head("Transfer-Encoding: chunked")), chunked]),
		"a masked WebSocket message": Buffer.concat([upgrade, masked(Buffer.from("hello")), masked(Buffer.from(json))]),
		"a WebSocket message in two frames": Buffer.concat([
			upgrade,
			masked(Buffer.from(json.slice(0, 30)), { final: false }),
			masked(Buffer.from(json.slice(30)), { opcode: 0 }),
		]),
		"a deflated WebSocket message": Buffer.concat([
			upgrade,
			masked(zlib.deflateRawSync(json, { finishFlush: zlib.constants.Z_SYNC_FLUSH }), { reserved: 0x40 }),
		]),
	};
	test.each(Object.entries(streams))("is read into its messages: %s", (_name, stream) => {
		expect(search.all(parseTraffic(stream, "here"))).not.toEqual([]);
	});
});
