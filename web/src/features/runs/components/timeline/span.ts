/** The stretch of time that the timeline shows, and where things lie in it. Pure; instants are milliseconds. */
import { duration } from "../../../../ui/format.ts";
import type { RunView } from "../view.ts";

export interface Span {
	from: number;
	to: number;
}

/** From the first claim, so that waiting in the queue does not flatten the bars. */
export function spanOf(view: Pick<RunView, "executions" | "run">, now: number): Span {
	const end = view.run.finishedAt ? Date.parse(view.run.finishedAt) : now;
	const from = view.executions.reduce((first, one) => Math.min(first, Date.parse(one.claimedAt)), end);
	return { from, to: Math.max(end, from + 100) };
}

/** No closer than this: clocks tell no more. */
const CLOSEST = 10;

/** A part of the whole, from and to in milliseconds after its beginning; null is all of it, however much it grows. */
export type Zoom = Span | null;

export const zoomed = (whole: Span, zoom: Zoom): Span => (zoom ? { from: whole.from + zoom.from, to: whole.from + zoom.to } : whole);

/** What remains of `span` within the whole; all of it is no zoom. */
function within(whole: Span, { from, to }: Span): Zoom {
	const length = whole.to - whole.from;
	const wide = Math.max(CLOSEST, Math.min(length, to - from));
	if (wide >= length) return null;
	const start = Math.round(Math.min(Math.max(0, from), length - wide));
	return { from: start, to: start + Math.round(wide) };
}

/** @param by how much longer the shown stretch gets; @param at the place that stays where it is, 0 left to 1 right */
export function zoomBy(whole: Span, zoom: Zoom, by: number, at = 0.5): Zoom {
	const now = zoom ?? { from: 0, to: whole.to - whole.from };
	const length = (now.to - now.from) * by;
	const from = now.from + (now.to - now.from - length) * at;
	return within(whole, { from, to: from + length });
}

/** @param by parts of what is shown; later is positive */
export function panBy(whole: Span, zoom: Zoom, by: number): Zoom {
	if (!zoom) return null;
	const step = (zoom.to - zoom.from) * by;
	return within(whole, { from: zoom.from + step, to: zoom.to + step });
}

/** As it stands in the URL: `1500-4200`. */
export const printZoom = (zoom: Zoom): string | null => zoom && `${zoom.from}-${zoom.to}`;

export function parseZoom(text: string | null): Zoom {
	const [, from, to] = /^(\d{1,12})-(\d{1,12})$/.exec(text ?? "") ?? [];
	if (from === undefined || Number(to) - Number(from) < CLOSEST) return null;
	return { from: Number(from), to: Number(to) };
}

/** Left and width in percent; a bar is never too thin to be seen. Null where it lies outside. */
export function place(span: Span, from: string, to: string | null): { left: string; width: string } | null {
	const start = Date.parse(from);
	const end = to ? Date.parse(to) : Math.max(span.to, start);
	if (start > span.to || end < span.from) return null;
	const whole = span.to - span.from;
	const at = (ms: number) => Math.min(100, Math.max(0, ((ms - span.from) / whole) * 100));
	return { left: `${Math.min(at(start), 99.7)}%`, width: `${Math.max(at(end) - at(start), 0.3)}%` };
}

const STEPS = [
	1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000,
	7_200_000, 21_600_000, 43_200_000, 86_400_000,
];

/** Round times in `shown`, in milliseconds from the beginning of `whole`, at most `most` of them. */
export function ticks(whole: Span, shown: Span, most: number): number[] {
	const step = STEPS.find((one) => (shown.to - shown.from) / one <= most) ?? (shown.to - shown.from) / most;
	const first = Math.ceil((shown.from - whole.from) / step) * step;
	const found: number[] = [];
	for (let at = first; at <= shown.to - whole.from; at += step) found.push(at);
	return found;
}

/** A round time without what is nothing of it: 2 m, not 2 m 0 s. */
export const tickName = (at: number): string =>
	at === 0
		? "0"
		: duration(at)
				.replace(/ 0\u202f[smh]$/, "")
				.replace(/\.0(?=\u202fs$)/, "");
