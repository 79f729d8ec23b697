/** UUIDv7: sorts by time, so that tables can be partitioned by ranges of it. Made by whoever seals what the id names. */
import { hex } from "./bytes.ts";

/** Of the last id: what was made here in the same millisecond sorts in the order of its making (RFC 9562, 6.2, method 1). */
let last = { at: 0, count: 0 };

/** @param at milliseconds since 1970, the caller's clock; the control plane refuses ids more than a day off its own. */
export function uuidv7(at: number = Date.now()): string {
	const drawn = crypto.getRandomValues(new Uint8Array(10));
	// Half of the 4,096 stay free for those that follow; past them, in a millisecond of thousands, the order is chance again.
	const begun = (((drawn[8] as number) & 0x07) << 8) | (drawn[9] as number);
	last = { at, count: last.at === at && last.count < 0xfff ? last.count + 1 : begun };
	return uuidOf(at, last.count, drawn);
}

/** @param count under 4,096: the order within the millisecond @param rest at least 8 bytes, of which 62 bits count */
export function uuidOf(at: number, count: number, rest: Uint8Array): string {
	const bytes = new Uint8Array(16);
	for (let i = 0; i < 6; i++) bytes[i] = Math.floor(at / 2 ** (8 * (5 - i))) % 256;
	bytes[6] = 0x70 | (count >> 8);
	bytes[7] = count & 0xff;
	bytes.set(rest.subarray(0, 8), 8);
	bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
	return formatUuid(bytes);
}

/** @returns milliseconds since 1970. */
export function uuidTime(id: string): number {
	return Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
}

export function formatUuid(bytes: Uint8Array): string {
	return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
