// One `npm start` for one checkout. The lock tells a second one where the first serves.
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { identify, isAlive } from "../identity.mjs";
import { readLock, tryLock, writeLock } from "../lockfile.mjs";
import { Advice } from "../progress.mjs";
import { places } from "./places.ts";

export type Lock = {
	/** Notes where this instance serves. */
	serves(url: string): void;
	/** Notes that it ends: whoever comes now waits for the lock. */
	ends(): void;
	release(): void;
};

/** Another instance lives. `url`: where it serves, once it does. */
export class RunsAlready extends Advice {
	readonly url: string | undefined;
	constructor(pid: number | undefined, url: string | undefined) {
		const where = url ? `serves ${url}` : "is still starting";
		super(`Tidegate already runs from this checkout (process ${pid}) and ${where}. End that one first (Ctrl-C, or kill ${pid})`);
		this.url = url;
	}
}

/**
 * Takes the lock, over from a process that is gone if need be; throws RunsAlready if one lives and is not ending.
 * @param waiting called once if the one that holds it is ending, which is waited for
 */
export async function takeLock(waiting?: (pid: number | undefined) => void): Promise<Lock> {
	let first = true;
	for (let held = tryLock(places.lock); held; held = tryLock(places.lock)) {
		const pid = held.holders.find(isAlive)?.pid;
		if (!held.ending) throw new RunsAlready(pid, held.url);
		if (first) waiting?.(pid);
		first = false;
		await sleep(100);
	}
	const own = identify(process.pid);
	return {
		serves: (url) => own && writeLock(places.lock, { holders: [own], url }),
		ends: () => own && writeLock(places.lock, { holders: [own], ending: true }),
		release: () => {
			if (readLock(places.lock)?.holders.some(({ pid }) => pid === process.pid)) fs.rmSync(places.lock, { force: true });
		},
	};
}
