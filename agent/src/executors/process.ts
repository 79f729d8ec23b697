/**
 * Executions as plain processes of this host, each under a tiny parent: a shell in a session of its own that starts the command, waits,
 * and writes `exit`. It belongs to nobody else, so neither the agent's end nor its restart reaches the process.
 */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Executor, Exit, Held, Order } from "./executor.ts";
import { identify, isAlive, kill, type ProcessIdentity, signal, statOf } from "./identity.ts";
import { EXECUTION_MARKER, familyOf, marked, provenOf, RUN_MARKER } from "./kin.ts";
import { measure } from "./memory.ts";

/**
 * `$1` is the run directory. `set -C` makes the first line fail where another parent already began: an execution starts once.
 * The command runs in the foreground (in the background a shell without jobs makes it deaf to SIGINT); the trap keeps the parent
 * alive when the whole group is signalled, and the second one the renaming too, which a trap does not outlast: a flow that ends by itself as it is
 * cancelled would have no end. `exit.tmp` was filled with spaces beforehand and is written in place, so that an end is
 * told even on a full disk; `exec` makes the renaming the parent's own last act, so it is never taken for a straggler; `times` leaves the CPU time of the command beside it.
 */
const PARENT = `
d=$1; shift
trap : TERM INT HUP QUIT
set -C; : >"$d/begun" || exit 97; set +C
"$@"
c=$?
trap '' TERM INT HUP QUIT
times >"$d/times" 2>/dev/null
if [ $c -gt 128 ] && [ $c -lt 193 ]; then printf '{"code":%d,"number":%d}' $c $((c - 128)) 1<>"$d/exit.tmp"; else printf '{"code":%d}' $c 1<>"$d/exit.tmp"; fi
exec mv -f "$d/exit.tmp" "$d/exit"
`;
const ROOM = `${" ".repeat(80)}\n`;
/** The exit code by which the SDK says that it ended because of SIGTERM, in order. */
const ASKED = 143;
/** Between SIGTERM and SIGKILL for what a process left behind. */
const LAST_WORDS_MS = 500;
/** When strays are looked for after an end, and how long until the next look: runs of a moment share one. */
const STRAYS_MS = 100;
const STRAYS_EVERY_MS = 500;
/** How long the parent may take from the end of its command to `exit`. */
const PARENT_MS = 2000;

export const processes: Executor = {
	start,
	find,
	isAlive: (held) => isAlive(held.process),
	exit,
	cpuSeconds,
	measure: (held, before, limit) => {
		const found = measure(held.process, before, limit);
		// Before the flow's process is there, its parent is all: a few megabytes, which nobody asks for.
		return found.kin.length === 1 && before.peak === null ? { ...found, peak: null } : found;
	},
	end,
	sweep,
	failure: () => null,
};

async function start(order: Order): Promise<ProcessIdentity> {
	const open = (name: string): number => openSync(join(order.folder, name), "a", 0o600);
	writeFileSync(join(order.folder, "exit.tmp"), ROOM, { mode: 0o600 });
	const out = open("out.log");
	const err = open("err.log");
	try {
		const child = spawn("/bin/sh", ["-c", PARENT, "tidegate", order.folder, ...order.command], {
			cwd: order.cwd,
			env: { ...order.environment, [RUN_MARKER]: order.run, [EXECUTION_MARKER]: String(order.execution) },
			detached: true,
			stdio: ["ignore", out, err],
		});
		await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
		child.unref();
		// A parent that already ended has no identity left; its `exit` stands there.
		return identify(child.pid as number) ?? { pid: child.pid as number, started: "ended", boot: "" };
	} finally {
		closeSync(out);
		closeSync(err);
	}
}

async function find(run: string, execution: number): Promise<ProcessIdentity | undefined> {
	const found = await marked(run, execution);
	return found.find(({ pid }) => statOf(pid)?.group === pid) ?? found[0];
}

function exit(folder: string): Exit | undefined {
	let told: { code: number; number?: number };
	try {
		told = JSON.parse(readFileSync(join(folder, "exit"), "utf8"));
	} catch {
		return undefined;
	}
	if (told.number === undefined || told.code === ASKED) return { code: told.code };
	const number = told.number;
	const name = Object.entries(constants.signals).find(([, each]) => each === number)?.[0];
	return { signal: name ?? `SIG${number}` };
}

/** `times` prints user and system time of the shell, then of its children, as `0m0.120s 0m0.010s`. */
function cpuSeconds(folder: string): number | null {
	try {
		const line = readFileSync(join(folder, "times"), "utf8").split("\n")[1] ?? "";
		const times = [...line.matchAll(/(\d+)m([\d.]+)s/g)].map((match) => Number(match[1]) * 60 + Number(match[2]));
		return times.length === 2 ? Math.round(((times[0] as number) + (times[1] as number)) * 1000) / 1000 : null;
	} catch {
		return null;
	}
}

/** All that belongs to the execution, its tiny parent aside. @param known who belonged to it at an earlier look */
async function belonging(held: Held, known: readonly ProcessIdentity[] = []): Promise<ProcessIdentity[]> {
	const family = familyOf([held.process, ...known, ...(await provenOf([held]))]);
	return family.filter(({ pid }) => pid !== held.process.pid);
}

async function end(held: Held, graceMs: number): Promise<void> {
	// Looked at while all of them have their parents: who has left group, environment and folder is known by its descent alone.
	const known = await belonging(held);
	if (isAlive(held.process)) kill(-held.process.pid, "SIGTERM");
	const until = performance.now() + graceMs;
	while (isAlive(held.process) && performance.now() < until) await sleep(20);
	await endByForce(held, known);
	const patience = performance.now() + PARENT_MS;
	while (isAlive(held.process) && performance.now() < patience) await sleep(10);
	if (isAlive(held.process)) kill(-held.process.pid, "SIGKILL");
}

/** Until none is left, since a process may start another between the look and the signal. */
async function endByForce(held: Held, known: readonly ProcessIdentity[] = []): Promise<void> {
	let rest = known;
	for (let round = 0; round < 20; round++) {
		rest = await belonging(held, rest);
		if (rest.length === 0) return;
		for (const who of rest) signal(who, "SIGKILL");
		await sleep(10);
	}
}

/**
 * What stays in the group is ended before this resolves, so that its last words are told. What went to a session of its own is looked for
 * afterwards: reading the environment of every process takes 10 ms, which no ordinary run should wait for, nor the one that begins as it ends.
 */
async function sweep(held: Held): Promise<void> {
	if (!(await groupEnds(held.process.pid))) {
		for (const who of await belonging(held)) signal(who, "SIGTERM");
		for (let waited = 0; waited < LAST_WORDS_MS && (await belonging(held)).length > 0; waited += 50) await sleep(50);
		await endByForce(held);
	}
	strays.lookFor(held);
}

/** Executions that ended, whose strays are still to be looked for: all of them in one look. */
const strays = {
	ended: [] as Held[],
	planned: false,
	lastLook: Number.NEGATIVE_INFINITY,

	lookFor(held: Held): void {
		strays.ended.push(held);
		if (strays.planned) return;
		strays.planned = true;
		setTimeout(() => void strays.look(), Math.max(STRAYS_MS, strays.lastLook + STRAYS_EVERY_MS - performance.now()));
	},

	/** Until none is left, since a process may start another between the look and the signal. */
	async look(): Promise<void> {
		const ended = strays.ended.splice(0);
		strays.planned = false;
		strays.lastLook = performance.now();
		const parents = new Set(ended.map(({ process }) => process.pid));
		try {
			for (let round = 0; round < 20; round++) {
				const rest = familyOf(await provenOf(ended)).filter(({ pid }) => !parents.has(pid));
				if (rest.length === 0) return;
				for (const who of rest) signal(who, "SIGKILL");
				await sleep(10);
			}
		} catch {
			// No /proc to read: what is left there ends by itself.
		}
	},
};

/** The parent itself needs a moment from writing `exit` to its own end. */
async function groupEnds(leader: number): Promise<boolean> {
	for (let waited = 0; waited < 50; waited += 2) {
		if (!kill(-leader, 0)) return true;
		await sleep(2);
	}
	return false;
}
