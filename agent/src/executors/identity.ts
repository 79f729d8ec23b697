/**
 * Who a process is. A pid alone is given out again, so a process is known by its pid, its start time and the boot it lives in;
 * only that very process is ever signalled. Linux reads /proc; elsewhere `ps` tells, more slowly.
 */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { z } from "zod";

export const ProcessIdentity = z.object({ pid: z.int().min(2), started: z.string(), boot: z.string() });
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

const linux = process.platform === "linux";
let boot: string | undefined;

/**
 * Changes when the host restarts, or the container: whatever ran before is then known to be gone. A container that restarts keeps its host's boot and
 * gives out the same small pids again, but its first process is another; that of a host lives as long as the boot.
 */
export function bootId(): string {
	boot ??= linux ? `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}:${statOf(1)?.started ?? ""}` : bootBySysctl();
	return boot;
}

function bootBySysctl(): string {
	try {
		return execFileSync("sysctl", ["-n", "kern.bootsessionuuid"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
	} catch {
		// Without a name for the boot, every start of the agent counts as one: what ran before is then found by pid and start time only.
		return randomUUID();
	}
}

export interface Stat {
	state: string;
	parent: number;
	group: number;
	session: number;
	/** It has a terminal, so a person started it. */
	terminal: boolean;
	started: string;
}

function parseStat(content: string): Stat {
	// The command's name may hold spaces and brackets: fields are counted from its last bracket.
	const fields = content.slice(content.lastIndexOf(")") + 2).split(" ");
	const [state = "", parent, group, session, terminal] = fields;
	return { state, parent: Number(parent), group: Number(group), session: Number(session), terminal: terminal !== "0", started: fields[19] ?? "" };
}

export function statOf(pid: number): Stat | undefined {
	try {
		const stat = parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
		return stat.state === "Z" || stat.state === "X" ? undefined : stat;
	} catch {
		return undefined;
	}
}

/** The identity of a live process, undefined where there is none (a zombie is none). */
export function identify(pid: number): ProcessIdentity | undefined {
	if (!Number.isInteger(pid) || pid < 2) return undefined;
	if (linux) {
		const stat = statOf(pid);
		return stat && { pid, started: stat.started, boot: bootId() };
	}
	try {
		const told = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
		const [state = "", ...started] = told.split(/\s+/);
		return told === "" || state.startsWith("Z") ? undefined : { pid, started: started.join(" "), boot: bootId() };
	} catch {
		return undefined;
	}
}

export function isAlive(who: ProcessIdentity): boolean {
	const now = identify(who.pid);
	return now !== undefined && now.started === who.started && (!linux || now.boot === who.boot);
}

/** Signals that very process; false where it is gone. */
export function signal(who: ProcessIdentity, name: NodeJS.Signals): boolean {
	return isAlive(who) && kill(who.pid, name);
}

/** @param pid negative for a group. */
export function kill(pid: number, name: NodeJS.Signals | 0): boolean {
	try {
		process.kill(pid, name);
		return true;
	} catch {
		return false;
	}
}

/** Every live process of the host that may be seen, by its pid. Linux; elsewhere none. */
export function everyone(): Map<number, Stat> {
	if (!linux) return new Map();
	const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
	return new Map(
		pids.flatMap((name): [number, Stat][] => {
			const stat = statOf(Number(name));
			return stat ? [[Number(name), stat]] : [];
		}),
	);
}

/** The children of a process. Linux; elsewhere none. */
export function childrenOf(pid: number): number[] {
	try {
		return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
	} catch {
		return [];
	}
}
