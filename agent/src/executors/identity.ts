/**
 * Who a process is. A pid alone is given out again, so a process is known by its pid, its start time and the boot it lives in;
 * only that very process is ever signalled. Linux reads /proc; elsewhere `ps` tells, more slowly.
 */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { z } from "zod";

export const ProcessIdentity = z.object({ pid: z.int().min(2), started: z.string(), boot: z.string() });
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

/** The two variables by which the processes of an execution are found, whatever session or group they went to. */
export const RUN_MARKER = "TIDEGATE_RUN";
export const EXECUTION_MARKER = "TIDEGATE_EXECUTION";

const linux = process.platform === "linux";
let boot: string | undefined;

/** Changes when the host restarts: whatever ran before is then known to be gone. */
export function bootId(): string {
	boot ??= linux ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim() : bootBySysctl();
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

interface Stat {
	state: string;
	group: number;
	started: string;
}

function parseStat(content: string): Stat {
	// The command's name may hold spaces and brackets: fields are counted from its last bracket.
	const fields = content.slice(content.lastIndexOf(")") + 2).split(" ");
	return { state: fields[0] ?? "", group: Number(fields[2]), started: fields[19] ?? "" };
}

function statOf(pid: number): Stat | undefined {
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

/** Live processes that carry the marker of this execution in their environment, those of other users aside. Linux; elsewhere none. */
export const marked = (run: string, execution: number): Promise<ProcessIdentity[]> => markedByAny([{ run, execution }]);

/** As {@link marked}, for several executions in one look: it reads the environment of every process of the host, which takes 10 ms and more. */
export async function markedByAny(executions: readonly { run: string; execution: number }[]): Promise<ProcessIdentity[]> {
	if (!linux) return [];
	const found: ProcessIdentity[] = [];
	const wanted = executions.map(({ run, execution }) => [`${RUN_MARKER}=${run}`, `${EXECUTION_MARKER}=${execution}`]);
	const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
	// In threads of the pool, since a process in distress can make its reader wait.
	const read = async (): Promise<void> => {
		const buffer = Buffer.allocUnsafe(ENVIRON_READ);
		for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
			const variables = (await environ(pid, buffer)).split("\0");
			if (!wanted.some((each) => each.every((variable) => variables.includes(variable)))) continue;
			const who = identify(Number(pid));
			if (who) found.push(who);
		}
	};
	await Promise.all([read(), read(), read(), read()]);
	return found;
}

/** Usually more than all of it. Into a buffer of ours: Node would take 64 KiB for each file whose size is told as 0. Bytes. */
const ENVIRON_READ = 16 * 1024;

/** The environment that a process began with; empty where it carries no marker, is gone or is another user's. */
async function environ(pid: string, buffer: Buffer): Promise<string> {
	const file = await open(`/proc/${pid}/environ`).catch(() => undefined);
	if (!file) return "";
	try {
		const chunks: Buffer[] = [];
		for (let at = 0; ; ) {
			const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
			if (chunks.length === 0 && bytesRead < buffer.length) {
				const all = buffer.subarray(0, bytesRead);
				// Most carry no marker at all: they are not taken apart.
				return all.includes(RUN_MARKER) ? all.toString("utf8") : "";
			}
			if (bytesRead === 0) return Buffer.concat(chunks).toString("utf8");
			chunks.push(Buffer.from(buffer.subarray(0, bytesRead)));
			at += bytesRead;
		}
	} catch {
		return "";
	} finally {
		await file.close();
	}
}

/** The processes of a group, itself included. Linux; elsewhere only its leader. */
export function groupOf(leader: number): ProcessIdentity[] {
	if (!linux) return [identify(leader)].filter((who) => who !== undefined);
	return readdirSync("/proc").flatMap((name) => {
		const pid = Number(name);
		const stat = Number.isInteger(pid) ? statOf(pid) : undefined;
		return stat?.group === leader ? [{ pid, started: stat.started, boot: bootId() }] : [];
	});
}

/** The children of a process. Linux; elsewhere none. */
export function childrenOf(pid: number): number[] {
	try {
		return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
	} catch {
		return [];
	}
}

/** Most memory that a process has held so far, in bytes; null where the system does not tell. */
export function peakMemory(pid: number): number | null {
	try {
		const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
		return match ? Number(match[1]) * 1024 : null;
	} catch {
		return null;
	}
}
