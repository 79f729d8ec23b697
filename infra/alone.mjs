// One at a time: `npm start` and `npm test` may meet while both install or build the same checkout.
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { localDir } from "./config.mjs";
import { identify, isAlive } from "./identity.mjs";

/** True if the holder of `lock` was killed and left it. @param {string} lock */
function abandoned(lock) {
	try {
		const text = fs.readFileSync(lock, "utf8");
		// Made, but not yet written into: give its maker a moment.
		if (!text) return Date.now() - fs.statSync(lock).mtimeMs > 2000;
		return !isAlive(JSON.parse(text));
	} catch {
		return false; // just released
	}
}

/**
 * @template T
 * @param {string} name @param {() => Promise<T>} work @param {() => void} [waiting] called once if another holds it
 * @returns {Promise<T>}
 */
export async function alone(name, work, waiting) {
	const lock = path.join(localDir, `${name}.lock`);
	fs.mkdirSync(localDir, { recursive: true, mode: 0o700 });
	for (let first = true; ; first = false) {
		try {
			fs.writeFileSync(lock, JSON.stringify(identify(process.pid)), { flag: "wx" });
			break;
		} catch (error) {
			if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
		}
		if (first) waiting?.();
		if (abandoned(lock)) fs.rmSync(lock, { force: true });
		else await sleep(100);
	}
	try {
		return await work();
	} finally {
		fs.rmSync(lock, { force: true });
	}
}
