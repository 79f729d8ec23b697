// One at a time: `npm start` and `npm test` may meet while both install or build the same checkout.
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { localDir } from "./config.mjs";
import { identify } from "./identity.mjs";
import { readLock, tryLock, writeLock } from "./lockfile.mjs";

/**
 * @template T
 * @param {string} name
 * @param {(share: (pid: number | undefined) => void) => Promise<T>} work `share` names a child that works on even when this process is killed
 * @param {() => void} [waiting] called once if another holds it
 * @returns {Promise<T>}
 */
export async function alone(name, work, waiting) {
	const lock = path.join(localDir, `${name}.lock`);
	for (let first = true; tryLock(lock); first = false) {
		if (first) waiting?.();
		await sleep(100);
	}
	const share = (/** @type {number | undefined} */ pid) => {
		const child = identify(pid ?? 0);
		const held = readLock(lock);
		if (child && held) writeLock(lock, { ...held, holders: [...held.holders, child] });
	};
	try {
		return await work(share);
	} finally {
		fs.rmSync(lock, { force: true });
	}
}
