import { setTimeout as sleep } from "node:timers/promises";

/** Postgres gave way in a deadlock or a conflict of snapshots: nothing was kept, and the next try finds the way free. */
const GAVE_WAY = new Set(["40P01", "40001"]);
const TRIES = 4;
/** Milliseconds, drawn anew each time: two that are tried again at once may only meet again. */
const APART = 40;

/** @param work whole transactions, that leave nothing behind where they fail */
export async function again<T>(work: () => Promise<T>): Promise<T> {
	for (let tried = 1; ; tried++) {
		try {
			return await work();
		} catch (error) {
			if (tried >= TRIES || !GAVE_WAY.has(String((error as { code?: unknown }).code))) throw error;
			await sleep(Math.random() * APART * tried);
		}
	}
}
