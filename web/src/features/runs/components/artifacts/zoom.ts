/** How large pictures are seen, and which part of a chart. Pure. */

export const FIT = "fit";
/** Of a picture's own size; or as large as there is room. */
export type Zoom = typeof FIT | number;

const STEPS = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16];
/** Pixels of a side: past it browsers draw nothing. */
const MOST = 16_000;

/** The next step from any size. */
export const zoomed = (from: number, by: "in" | "out"): number =>
	(by === "in" ? STEPS.find((step) => step > from * 1.01) : STEPS.findLast((step) => step < from * 0.99)) ?? (by === "in" ? 16 : 0.05);

export function sizeAt({ width, height }: { width: number; height: number }, zoom: number): { width: number; height: number } | undefined {
	if (width === 0 || height === 0) return undefined;
	const share = Math.min(zoom, MOST / Math.max(width, height));
	return { width: Math.max(1, Math.round(width * share)), height: Math.max(1, Math.round(height * share)) };
}

export interface Range {
	min: number;
	max: number;
}

/** A stretch of `full` whose length is `by` of what is seen, around its middle. */
export function narrowed(seen: Range, full: Range, by: number): Range {
	const half = Math.min(((seen.max - seen.min) * by) / 2, (full.max - full.min) / 2);
	return within({ min: (seen.min + seen.max) / 2 - half, max: (seen.min + seen.max) / 2 + half }, full);
}

/** What is seen, moved by a share of its length. */
export function moved(seen: Range, full: Range, by: number): Range {
	const step = (seen.max - seen.min) * by;
	return within({ min: seen.min + step, max: seen.max + step }, full);
}

function within({ min, max }: Range, full: Range): Range {
	const length = max - min;
	if (length >= full.max - full.min) return full;
	if (min < full.min) return { min: full.min, max: full.min + length };
	return max > full.max ? { min: full.max - length, max: full.max } : { min, max };
}
