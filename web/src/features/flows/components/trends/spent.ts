/** Where the time of a run went, and what is usual. Pure. */
interface Times {
	queuedAt: string;
	claimedAt: string | null;
	startedAt: string | null;
	finishedAt: string | null;
}

/** Milliseconds. */
export interface Spent {
	/** In the queue. */
	waited: number;
	/** From when an agent took it until its process began: its code is fetched then, and its environment built. */
	prepared: number;
	/** All the rest, until its end. */
	worked: number;
}

/** @param now the end of a run that goes on, milliseconds since 1970 */
export function spentOf({ queuedAt, claimedAt, startedAt, finishedAt }: Times, now: number): Spent {
	const end = finishedAt ? Date.parse(finishedAt) : now;
	const started = startedAt ? Date.parse(startedAt) : end;
	const claimed = claimedAt ? Math.min(Date.parse(claimedAt), started) : started;
	const [waited = 0, prepared = 0, worked = 0] = [claimed - Date.parse(queuedAt), started - claimed, end - started].map((ms) => Math.max(0, ms));
	return { waited, prepared, worked };
}

/** The middle one, or the mean of the middle two; undefined of none. */
export function median(values: readonly number[]): number | undefined {
	const sorted = values.toSorted((a, b) => a - b);
	const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
	return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
