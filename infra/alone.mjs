// One at a time: `npm start` and `npm test` may meet while both install or build the same checkout.
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stateDir } from "./config.mjs";

/** @param {number} pid */
function alive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
	}
}

/** The holder's pid, or undefined when it was killed and left the lock; @param {string} lock */
function holder(lock) {
	try {
		const pid = Number(fs.readFileSync(lock, "utf8"));
		// Made, but not yet written into: give its maker a moment.
		if (!pid) return Date.now() - fs.statSync(lock).mtimeMs < 2000 ? 1 : undefined;
		return alive(pid) ? pid : undefined;
	} catch {
		return 1; // just released
	}
}

/**
 * @template T
 * @param {string} name @param {() => Promise<T>} work @param {() => void} [waiting] called once if another holds it
 * @returns {Promise<T>}
 */
export async function alone(name, work, waiting) {
	const lock = path.join(stateDir, `${name}.lock`);
	fs.mkdirSync(stateDir, { recursive: true, mode: 0o700 });
	for (let first = true; ; first = false) {
		try {
			fs.writeFileSync(lock, String(process.pid), { flag: "wx" });
			break;
		} catch (error) {
			if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
		}
		if (first) waiting?.();
		if (holder(lock) === undefined) fs.rmSync(lock, { force: true });
		else await sleep(100);
	}
	try {
		return await work();
	} finally {
		fs.rmSync(lock, { force: true });
	}
}
