// One `npm start` for one checkout. The lock tells a second one where the first serves.
import fs from "node:fs";
import { identify, isAlive } from "../identity.mjs";
import { readLock, tryLock, writeLock } from "../lockfile.mjs";
import { Advice } from "../progress.mjs";
import { places } from "./places.ts";

export type Lock = {
	/** Notes where this instance serves. */
	serves(url: string): void;
	release(): void;
};

/** Takes the lock, over from a process that is gone if need be; throws Advice if one lives. */
export function takeLock(): Lock {
	const held = tryLock(places.lock);
	if (held) {
		const pid = held.holders.find(isAlive)?.pid;
		const where = held.url ? `serves ${held.url}` : "is still starting";
		throw new Advice(`Tidegate already runs from this checkout (process ${pid}) and ${where}. End that one first (Ctrl-C, or kill ${pid})`);
	}
	const own = identify(process.pid);
	return {
		serves: (url) => own && writeLock(places.lock, { holders: [own], url }),
		release: () => {
			if (readLock(places.lock)?.holders.some(({ pid }) => pid === process.pid)) fs.rmSync(places.lock, { force: true });
		},
	};
}
