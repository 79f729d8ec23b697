/** Where the time of a run went. Pure. */
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

/** How much longer than all work the longest wait may be before no bar's work can be seen above it. */
const BURIED = 4;

/** Whether the time in the queue, drawn to one scale with the work, would hide the work. */
export function buries(times: readonly Spent[]): boolean {
	const longest = (of: (one: Spent) => number) => times.reduce((most, one) => Math.max(most, of(one)), 0);
	const work = longest(({ prepared, worked }) => prepared + worked);
	return work > 0 && longest(({ waited }) => waited) > BURIED * work;
}
