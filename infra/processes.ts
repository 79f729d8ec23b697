// Who a process is: a pid alone is reused, so whatever we may have to end later is written down with its
// start time, and only that very process is ever signalled.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export type Identity = { pid: number; started: string };

let boot: string | undefined;
function bootId(): string {
	boot ??= fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
	return boot;
}

/** The identity of a live process (zombies are dead), or undefined. */
export function identify(pid: number): Identity | undefined {
	if (!Number.isInteger(pid) || pid <= 1) return undefined;
	if (process.platform === "linux") {
		try {
			const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
			// The command name may hold spaces and brackets: count fields from the last bracket.
			const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
			if (fields[0] === "Z" || fields[0] === "X") return undefined;
			return { pid, started: `${fields[19]}@${bootId()}` };
		} catch {
			return undefined;
		}
	}
	try {
		const started = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
		return started ? { pid, started } : undefined;
	} catch {
		return undefined;
	}
}

export function isAlive(who: Identity | undefined): boolean {
	return who !== undefined && identify(who.pid)?.started === who.started;
}

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
