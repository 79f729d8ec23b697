/** UUIDv7: sorts by time, so that tables can be partitioned by ranges of it. Made by whoever seals what the id names. */
import { hex } from "./bytes.ts";

/** Of the last id: what was made here in the same millisecond sorts in the order of its making (RFC 9562, 6.2, method 1). */
let last = { at: 0, count: 0 };

/** @param at milliseconds since 1970, the caller's clock; the control plane refuses ids more than a day off its own. */
export function uuidv7(at: number = Date.now()): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	for (let i = 0; i < 6; i++) bytes[i] = Math.floor(at / 2 ** (8 * (5 - i))) % 256;
	// Half of the 4,096 stay free for those that follow; past them, in a millisecond of thousands, the order is chance again.
	const begun = (((bytes[6] as number) & 0x07) << 8) | (bytes[7] as number);
	last = { at, count: last.at === at && last.count < 0xfff ? last.count + 1 : begun };
	bytes[6] = 0x70 | (last.count >> 8);
	bytes[7] = last.count & 0xff;
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
