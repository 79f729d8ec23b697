/** The stretch of time of which runs are shown, as the URL says it: `within=24h`, or `from=` and `to=` as instants. Pure. */

/** Seconds by the word in the URL. */
export const SPANS = [
	{ value: "1h", name: "Last hour", seconds: 3_600 },
	{ value: "24h", name: "Last 24 hours", seconds: 86_400 },
	{ value: "7d", name: "Last 7 days", seconds: 7 * 86_400 },
	{ value: "30d", name: "Last 30 days", seconds: 30 * 86_400 },
] as const;

export interface Range {
	/** Seconds before now, by the server's clock: the viewer's may be wrong. */
	within?: number;
	from?: string;
	to?: string;
}

/** An instant that an id can have, or nothing. */
function instant(told: string | null): string | undefined {
	const at = told ? Date.parse(told) : Number.NaN;
	return at >= 86_400_000 && at < 253_402_300_800_000 ? new Date(at).toISOString() : undefined;
}

export function rangeOf(search: URLSearchParams): Range {
	const [from, to] = [instant(search.get("from")), instant(search.get("to"))];
	if (from || to) return { from, to };
	const within = SPANS.find(({ value }) => value === search.get("within"))?.seconds;
	return within ? { within } : {};
}

/** As a field for date and time has it: in the viewer's zone, to the minute. */
export function toField(iso: string | undefined): string {
	if (!iso) return "";
	const at = new Date(iso);
	return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** What a field for date and time holds, as an instant; null where it is empty or no time that can be. */
export const fromField = (local: string): string | null => instant(local) ?? null;
