// Looks for a secret text in bytes as somebody would who has them: as it stands, in the usual encodings, in any alignment, packed,
// and in combinations of these. What it can't find was not put there in a way that is easily undone.
import zlib from "node:zlib";
import { decodeFrame } from "../../../agent/src/protocol/frame.ts";

/** Bytes and where they were found, in words for a failure's message. */
export type Place = { where: string; bytes: Buffer };
export type Finding = { where: string; how: string };

/** How many layers (a frame in base64 in a deflated body …) are taken off. */
const DEPTH = 4;
const MOST = 64 * 1024 * 1024;
/** Shorter runs of hex and base64 hold no packed secret. */
const HEX = /[0-9a-f]{32,}/gi;
const RUN = /[A-Za-z0-9+/_-]{16,}={0,2}/g;

type Pattern = { how: string; bytes: Buffer };

/** The middle of what base64 makes of `bytes` when they begin 0, 1 or 2 bytes after a group of three. */
function base64Middles(bytes: Buffer): string[] {
	return [0, 1, 2].map((shift) => {
		const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
		const from = Math.ceil((shift * 8) / 6);
		const to = Math.floor(((shift + bytes.length) * 8) / 6);
		return whole.slice(from, to);
	});
}

function patternsOf(secret: Buffer): Pattern[] {
	const hex = secret.toString("hex");
	const text: [string, string][] = [
		["in hex", hex],
		["in hex (capitals)", hex.toUpperCase()],
		...base64Middles(secret).flatMap((middle): [string, string][] => [
			["in base64", middle],
			["in base64url", middle.replaceAll("+", "-").replaceAll("/", "_")],
		]),
	];
	const utf16 = Buffer.from(secret.toString("latin1"), "utf16le");
	return [
		{ how: "as it is", bytes: secret },
		{ how: "in UTF-16", bytes: utf16 },
		...text.map(([how, found]) => ({ how, bytes: Buffer.from(found) })),
	];
}

export class Search {
	readonly #patterns: Pattern[];

	/** @param secrets a text is also found by either of its halves, if those have 12 characters: previews and paths are cut. */
	constructor(...secrets: Array<string | Buffer>) {
		const all = secrets.flatMap((secret) => {
			const bytes = Buffer.from(secret as string);
			const half = Math.floor(bytes.length / 2);
			return half < 12 ? [bytes] : [bytes.subarray(0, half), bytes.subarray(half)];
		});
		this.#patterns = all.flatMap(patternsOf);
	}

	/** In the bytes themselves, nothing taken off. For files too large to be unpacked at every byte. */
	plain({ where, bytes }: Place): Finding[] {
		return this.#patterns.filter((pattern) => bytes.indexOf(pattern.bytes) >= 0).map(({ how }) => ({ where, how }));
	}

	/** In the bytes and in all that they can be unpacked to. @param seen what was looked at already, and how deep: it is passed over */
	deep(place: Place, depth = DEPTH, seen = new Map<string, number>()): Finding[] {
		const text = place.bytes.toString("latin1");
		if ((seen.get(text) ?? -1) >= depth) return [];
		seen.set(text, depth);
		const found = this.plain(place);
		if (depth === 0) return found;
		for (const inner of layers(place, text)) found.push(...this.deep(inner, depth - 1, seen));
		return found;
	}

	/** The same bytes are looked at once, at the first place that holds them: a log says again what went over the wire. */
	all(places: Iterable<Place>): Finding[] {
		const seen = new Map<string, number>();
		return [...places].flatMap((place) => this.deep(place, DEPTH, seen));
	}
}

function* layers({ where, bytes }: Place, text: string): Iterable<Place> {
	for (const [name, open] of [
		["deflate", zlib.inflateRawSync],
		["brotli", zlib.brotliDecompressSync],
	] as const) {
		const inner = attempt(() => open(bytes, { maxOutputLength: MOST, finishFlush: zlib.constants.Z_SYNC_FLUSH } as zlib.ZlibOptions));
		if (inner && inner.length > 0) yield { where: `${where} › ${name}`, bytes: inner };
	}
	// Packed data with a header is found wherever it begins; its checksum, and what follows it, do not matter.
	for (const [name, magic, header] of [
		["gzip", [0x1f, 0x8b, 0x08, 0x00], 10],
		["zlib", [0x78, 0x01], 2],
		["zlib", [0x78, 0x5e], 2],
		["zlib", [0x78, 0x9c], 2],
		["zlib", [0x78, 0xda], 2],
	] as const) {
		const start = Buffer.from(magic);
		for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at + 1)) {
			const inner = attempt(() =>
				zlib.inflateRawSync(bytes.subarray(at + header), { maxOutputLength: MOST, finishFlush: zlib.constants.Z_SYNC_FLUSH }),
			);
			if (inner && inner.length > 0) yield { where: `${where} › ${name} at ${at}`, bytes: inner };
		}
	}
	const frame = attempt(() => decodeFrame(bytes));
	for (const [index, part] of (frame?.parts ?? []).entries()) yield { where: `${where} › part ${index}`, bytes: Buffer.from(part) };
	for (const run of text.match(HEX) ?? []) yield { where: `${where} › hex`, bytes: Buffer.from(run.slice(0, run.length & ~1), "hex") };
	for (const run of text.match(RUN) ?? []) yield { where: `${where} › base64`, bytes: Buffer.from(run, "base64") };
}

function attempt<T>(work: () => T): T | undefined {
	try {
		return work();
	} catch {
		return undefined;
	}
}
