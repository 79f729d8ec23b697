/**
 * Executions in containers, each by a `docker run` in the foreground under the same tiny parent as a plain process: what it prints, its end, and its adoption by
 * a restarted agent are that one's. The daemon's container is no child of it: it is found by label and name, and ended by the daemon.
 */
import { execFile } from "node:child_process";
import { closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { dockerEnvironment } from "../config.ts";
import { command, key, LABEL, leftOver, refusal } from "./container.ts";
import type { Executor, Failure, Held, Order } from "./executor.ts";
import { identify, isAlive, kill, type ProcessIdentity } from "./identity.ts";
import { type Measure, measure } from "./memory.ts";
import { processes } from "./process.ts";

/** In the run directory: that it is a container's, of which image, and with how much memory. */
const MARK = "container.json";
/** Beside the run directories: containers were started here at some time, so a starting agent asks docker. */
const USED = ".containers";
/** In the run directory, once the kernel ended it for its memory. */
const OOM = "container.oom";
/** What docker may take to answer. Milliseconds. */
const PATIENCE = 20_000;
/** What is read of the end of err.log. Bytes. */
const TAIL = 16 * 1024;

/** This agent cannot start containers. */
export class NoDocker extends Error {}

const ask = async (...parts: string[]): Promise<string> => {
	const { stdout } = await promisify(execFile)("docker", parts, { env: dockerEnvironment(), timeout: PATIENCE, encoding: "utf8" });
	return stdout.trim();
};

/** Throws NoDocker where no daemon answers. @param image that a task asks for */
export async function checkDocker(image: string): Promise<void> {
	try {
		await ask("version", "--format", "{{.Server.Version}}");
	} catch (error) {
		const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
		const why = code === "ENOENT" ? "has no docker" : `cannot use docker (${(stderr || message).trim().split("\n").at(-1)})`;
		throw new NoDocker(
			`the task runs in the image ${image}, and this agent ${why}. Install Docker Engine on its machine (Debian and Ubuntu: apt install docker.io), let the agent's user use it ` +
				"(usermod -aG docker USER) and restart the agent; or say with pool= whose agents have it",
		);
	}
}

/** The image of an execution's container; null where it is a plain process. */
export function containerOf(folder: string): { image: string; memory: number | null } | null {
	try {
		return JSON.parse(readFileSync(join(folder, MARK), "utf8"));
	} catch {
		return null;
	}
}

export const containers: Executor = { ...processes, start, cpuSeconds: () => null, measure: measured, end, sweep, failure };

async function start(order: Order): Promise<ProcessIdentity> {
	const { image, memory } = order.container as NonNullable<Order["container"]>;
	writeFileSync(join(dirname(order.folder), USED), "", { mode: 0o600 });
	writeFileSync(join(order.folder, MARK), JSON.stringify({ image, memory }), { mode: 0o600 });
	const user = process.getuid && process.getgid ? `${process.getuid()}:${process.getgid()}` : null;
	return processes.start({ ...order, command: command(order, user) });
}

/** Its ids, by label and name: one, or none. */
async function idsOf(held: Pick<Held, "run" | "execution">): Promise<string[]> {
	const listed = await ask(
		"ps",
		"--all",
		"--quiet",
		"--filter",
		`label=${LABEL.execution}=${key(held)}`,
		"--filter",
		`name=^/?tidegate-${key(held)}$`,
	);
	return listed.split("\n").filter(Boolean);
}

/** Whether the kernel ended it for its memory. The daemon hears of that apart from its end, and may be told a moment later. */
async function outOfMemory(id: string): Promise<boolean> {
	for (const wait of [0, 250]) {
		await sleep(wait);
		const [killed, code] = (await ask("inspect", "--format", "{{.State.OOMKilled}} {{.State.ExitCode}}", id)).split(" ");
		if (killed === "true" || code !== "137") return killed === "true";
	}
	return false;
}

/** Whatever state it is in; resolves when it is gone, or docker does not answer: then the agent's next start looks again. */
async function remove(held: Held): Promise<void> {
	try {
		for (const id of await idsOf(held)) {
			if (await outOfMemory(id)) writeFileSync(join(held.folder, OOM), "", { mode: 0o600 });
			await ask("rm", "--force", "--volumes", id);
		}
	} catch {
		// Said above.
	}
}

/** The first process of each container as the host sees it, from which its own descend. */
const roots = new Map<string, ProcessIdentity | "asked">();

/** Of what is in the container; the command line beside it does not count. Nothing where the daemon is another machine's. */
function measured(held: Held, before: Measure, limit: number | null): Measure {
	const root = roots.get(held.folder);
	if (root === undefined) {
		roots.set(held.folder, "asked");
		void rootOf(held).then((found) => (found ? roots.set(held.folder, found) : roots.delete(held.folder)));
	}
	return root === undefined || root === "asked" ? before : measure(root, before, limit);
}

async function rootOf(held: Held): Promise<ProcessIdentity | undefined> {
	try {
		const [id] = await idsOf(held);
		return id ? identify(Number(await ask("inspect", "--format", "{{.State.Pid}}", id))) : undefined;
	} catch {
		return undefined;
	}
}

/** `docker run` hands SIGTERM on to what it runs. */
async function end(held: Held, graceMs: number): Promise<void> {
	if (isAlive(held.process)) kill(-held.process.pid, "SIGTERM");
	for (const until = performance.now() + graceMs; isAlive(held.process) && performance.now() < until; ) await sleep(20);
	await remove(held);
	await processes.end(held, 0);
	// An image that was still being fetched may have become a container meanwhile.
	await remove(held);
}

async function sweep(held: Held): Promise<void> {
	roots.delete(held.folder);
	await remove(held);
	await processes.sweep(held);
}

function failure(folder: string): Failure | null {
	const container = containerOf(folder);
	if (!container) return null;
	const { image, memory } = container;
	if (exists(join(folder, OOM)) && memory !== null) {
		const limit = memory >= 2 ** 30 ? `${+(memory / 2 ** 30).toFixed(1)} GiB` : `${+(memory / 2 ** 20).toFixed(1)} MiB`;
		return { type: "MemoryError", message: `killed: memory above ${limit}, and the kernel ended what was in the container` };
	}
	return refusal(processes.exit(folder), image, tail(join(folder, "err.log")));
}

function exists(path: string): boolean {
	try {
		readFileSync(path);
		return true;
	} catch {
		return false;
	}
}

function tail(path: string): string {
	try {
		const file = openSync(path, "r");
		try {
			const { size } = fstatSync(file);
			const buffer = Buffer.alloc(Math.min(size, TAIL));
			readSync(file, buffer, 0, buffer.length, size - buffer.length);
			return buffer.toString("utf8");
		} finally {
			closeSync(file);
		}
	} catch {
		return "";
	}
}

/**
 * Ends containers that an earlier process of this agent left and whose executions are no longer its. Never rejects.
 * @param held whose containers stay, asked after docker was: what begins meanwhile is among them
 */
export async function sweepContainers(runs: string, agent: string, held: () => ReadonlySet<string>): Promise<number> {
	if (!exists(join(runs, USED))) return 0;
	try {
		const listed = await ask(
			"ps",
			"--all",
			"--no-trunc",
			"--filter",
			`label=${LABEL.agent}=${agent}`,
			"--format",
			`{{.ID}} {{.Label "${LABEL.execution}"}}`,
		);
		const ids = leftOver(listed, held());
		for (const id of ids) await ask("rm", "--force", "--volumes", id);
		return ids.length;
	} catch {
		return 0;
	}
}
