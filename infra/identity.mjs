// Who a process is: a pid alone is reused, so whatever is written down about a process holds its start time too.
// Plain JavaScript, since the install lock needs it on Node 20.
import { execFileSync } from "node:child_process";
import fs from "node:fs";

/** @typedef {{ pid: number, started: string }} Identity */

/** @type {string | undefined} */
let boot;

/**
 * The identity of a live process (zombies are dead), or undefined.
 * @param {number} pid
 * @returns {Identity | undefined}
 */
export function identify(pid) {
	if (!Number.isInteger(pid) || pid <= 1) return undefined;
	try {
		if (process.platform !== "linux") {
			const started = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
			return started ? { pid, started } : undefined;
		}
		const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
		// The command's name may hold spaces and brackets: count fields from the last bracket.
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		if (fields[0] === "Z" || fields[0] === "X") return undefined;
		boot ??= fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
		return { pid, started: `${fields[19]}@${boot}` };
	} catch {
		return undefined;
	}
}

/** @param {Identity | undefined} who */
export function isAlive(who) {
	return who !== undefined && identify(who.pid)?.started === who.started;
}
