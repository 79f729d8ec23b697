// A lock file names the processes that hold it; it is free once all of them are gone, however they went.
// Plain JavaScript, since the install lock needs it on Node 20.
import fs from "node:fs";
import path from "node:path";
import { identify, isAlive } from "./identity.mjs";

/**
 * @typedef {object} Held
 * @property {import("./identity.mjs").Identity[]} holders
 * @property {string} [url] where the holder serves
 * @property {boolean} [ending] the holder ends, and serves no more
 */

/** @param {string} file @returns {Held | undefined} */
export function readLock(file) {
	try {
		return JSON.parse(fs.readFileSync(file, "utf8"));
	} catch {
		return undefined;
	}
}

/** @param {Held | undefined} held */
export function isHeld(held) {
	return Boolean(held?.holders?.some(isAlive));
}

/** Writes it whole: a lock never appears without its holders. @param {string} file @param {Held} held */
export function writeLock(file, held) {
	fs.writeFileSync(`${file}.${process.pid}`, JSON.stringify(held), { mode: 0o600 });
	fs.renameSync(`${file}.${process.pid}`, file);
}

/**
 * Takes the lock for this process, over from holders that are gone if need be.
 * @param {string} file
 * @returns {Held | undefined} who holds it, or undefined when it is ours now
 */
export function tryLock(file) {
	fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
	const own = identify(process.pid);
	if (!own) throw new Error("this process cannot be identified");
	const draft = `${file}.${process.pid}`;
	const aside = `${draft}.stale`;
	fs.writeFileSync(draft, JSON.stringify({ holders: [own] }), { mode: 0o600 });
	try {
		for (;;) {
			try {
				// A link appears with its content, or not at all.
				fs.linkSync(draft, file);
				return undefined;
			} catch (error) {
				if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
			}
			const held = readLock(file);
			if (held && isHeld(held)) return held;
			try {
				// Of several that find it stale, one moves it away.
				fs.renameSync(file, aside);
			} catch {
				continue;
			}
			const moved = readLock(aside);
			if (moved && isHeld(moved)) {
				// Somebody took it in between: give it back.
				fs.linkSync(aside, file);
				return moved;
			}
		}
	} finally {
		fs.rmSync(draft, { force: true });
		fs.rmSync(aside, { force: true });
	}
}
