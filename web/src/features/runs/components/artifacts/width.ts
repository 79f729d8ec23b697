import type { Bytes } from "tidegate/protocol/bytes.ts";

/** Whether a drawing says how wide it is; one with nothing but a viewBox is as wide as its room, and that must not be as wide as the drawing. */
export function hasWidth(bytes: Bytes): boolean {
	const [, width] = /<svg\b[^>]*?\swidth\s*=\s*["']([^"']*)/.exec(new TextDecoder().decode(bytes.subarray(0, 20_000))) ?? [];
	return width !== undefined && /^\s*[\d.]+(?!.*%)/.test(width);
}
