import type { Bytes } from "tidegate/protocol/bytes.ts";

/** @returns undefined for what is no text: a NUL in it, or no UTF-8. */
export function asText(bytes: Bytes): string | undefined {
	if (bytes.includes(0)) return undefined;
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replaceAll("\r\n", "\n");
	} catch {
		return undefined;
	}
}
