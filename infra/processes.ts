// Ending processes: only those that we started, known by pid and start time.
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Identity, identify, isAlive } from "./identity.mjs";

/** Sends a signal to that very process; false if it is gone. */
export function signal(who: Identity, name: NodeJS.Signals): boolean {
	if (!isAlive(who)) return false;
	try {
		process.kill(who.pid, name);
		return true;
	} catch {
		return false;
	}
}

/** Waits until `condition` holds; false after `ms`. */
export async function until(condition: () => boolean | Promise<boolean>, ms: number, step = 10): Promise<boolean> {
	const end = performance.now() + ms;
	while (!(await condition())) {
		if (performance.now() >= end) return false;
		await sleep(step);
	}
	return true;
}

/** Asks by each signal in turn, waiting `graceMs` after each, and finally kills. */
export async function end(who: Identity, signals: NodeJS.Signals[] = ["SIGTERM"], graceMs = 5000): Promise<void> {
	for (const name of signals) {
		if (!signal(who, name)) return;
		if (await until(() => !isAlive(who), graceMs)) return;
	}
	signal(who, "SIGKILL");
	await until(() => !isAlive(who), 5000);
}

/** Live processes whose working directory is exactly `dir` (Linux only; elsewhere none are found). */
export function processesIn(dir: string): Identity[] {
	if (process.platform !== "linux") return [];
	const real = fs.realpathSync(dir);
	const found: Identity[] = [];
	for (const name of fs.readdirSync("/proc")) {
		if (!/^\d+$/.test(name)) continue;
		try {
			if (fs.readlinkSync(`/proc/${name}/cwd`) !== real) continue;
		} catch {
			continue; // gone meanwhile, or another user's, so not ours
		}
		const who = identify(Number(name));
		if (who) found.push(who);
	}
	return found;
}
