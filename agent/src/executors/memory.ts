/** What the processes of an execution hold and use, summed over all of them, and whether the kernel ended one for want of memory. Linux; elsewhere nothing is told. */
import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { childrenOf, identify, isAlive, type ProcessIdentity } from "./identity.ts";

export interface Measure {
	/** Bytes of all processes together; null where the system does not tell. */
	memory: number | null;
	/** The most that was measured so far, or that one process by itself has held. */
	peak: number | null;
	/** Used by those that were alive at the last look, and by the children that they waited for. */
	cpuSeconds: number | null;
	/** Who they are: one that leaves its group and loses its parent later still counts. */
	kin: ProcessIdentity[];
}

export const nothingMeasured: Measure = { memory: null, peak: null, cpuSeconds: null, kin: [] };

/** @param before what the last look found @param limit bytes; near it, memory that processes share counts once, which takes longer to find out */
export function measure(root: ProcessIdentity, before: Measure, limit: number | null): Measure {
	const kin = descent([root, ...before.kin].filter(isAlive));
	const each = kin.flatMap(({ pid }) => holdings(pid) ?? []);
	if (each.length === 0) return { ...before, memory: null, kin };
	const sum = each.reduce((total, { now }) => total + now, 0);
	const near = limit !== null && sum > 0.9 * limit;
	const memory = near ? kin.reduce((total, { pid }) => total + (shared(pid) ?? 0), 0) || sum : sum;
	const peak = Math.max(before.peak ?? 0, memory, ...each.map(({ most }) => most));
	const cpu = kin.reduce((total, { pid }) => total + cpuOf(pid), 0);
	return { memory, peak, cpuSeconds: Math.max(before.cpuSeconds ?? 0, cpu), kin };
}

function descent(roots: readonly ProcessIdentity[]): ProcessIdentity[] {
	const family = new Map(roots.map((who) => [who.pid, who]));
	for (const { pid } of family.values()) {
		for (const child of childrenOf(pid)) {
			const who = family.has(child) ? undefined : identify(child);
			if (who) family.set(child, who);
		}
	}
	return [...family.values()];
}

function holdings(pid: number): { now: number; most: number } | undefined {
	const status = read(`/proc/${pid}/status`);
	const kib = (name: string): number | undefined => {
		const match = status && new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status);
		return match ? Number(match[1]) * 1024 : undefined;
	};
	const now = kib("VmRSS");
	return now === undefined ? undefined : { now, most: kib("VmHWM") ?? now };
}

/** What is shared counts by its share. */
function shared(pid: number): number | undefined {
	const match = /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? "");
	return match ? Number(match[1]) * 1024 : undefined;
}

/** Ticks of the clock by which the kernel tells CPU time: 100 a second wherever Linux runs a server. */
const TICKS = 100;

function cpuOf(pid: number): number {
	const stat = read(`/proc/${pid}/stat`);
	if (!stat) return 0;
	// user, system, and of the children that were waited for; counted from the last bracket of the name.
	const times = stat
		.slice(stat.lastIndexOf(")") + 2)
		.split(" ")
		.slice(11, 15);
	return times.reduce((total, ticks) => total + Number(ticks), 0) / TICKS;
}

/** How many processes the kernel has ended for want of memory: in the agent's own control group where it has one, else on this host. null where nothing tells. */
export function outOfMemoryKills(): number | null {
	const groups = read("/proc/self/cgroup") ?? "";
	const unified = /^0::(\/.*)$/m.exec(groups)?.[1];
	const older = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/m.exec(groups)?.[1];
	const told = [
		unified && read(`/sys/fs/cgroup${unified}/memory.events`),
		older && read(`/sys/fs/cgroup/memory${older}/memory.oom_control`),
		read("/sys/fs/cgroup/memory.events"),
		read("/sys/fs/cgroup/memory/memory.oom_control"),
		read("/proc/vmstat"),
	];
	for (const each of told) {
		const match = each && /^oom_kill (\d+)$/m.exec(each);
		if (match) return Number(match[1]);
	}
	return null;
}

/** What an execution could have at most on this host, or in this container. */
export function capacity(): { memory: number; cpu: number } {
	const constrained = process.constrainedMemory();
	return { memory: constrained > 0 ? Math.min(constrained, totalmem()) : totalmem(), cpu: availableParallelism() };
}

function read(path: string): string | undefined {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return undefined;
	}
}
