/**
 * Which processes belong to an execution, whatever session or group they went to. Nothing is ended that does not prove it: by the marker in its
 * environment; by output that goes to the run directory, or a working directory in it; or by its descent from a process that did. A number alone
 * (of a group, of a parent) proves nothing once the process that had it is gone, since numbers are given out again.
 */
import { readdirSync, readlinkSync, realpathSync } from "node:fs";
import { open } from "node:fs/promises";
import type { Held } from "./executor.ts";
import { bootId, everyone, identify, isAlive, type ProcessIdentity, statOf } from "./identity.ts";

/** The two variables that all processes of an execution begin with, unless one is given an environment of its own. */
export const RUN_MARKER = "TIDEGATE_RUN";
export const EXECUTION_MARKER = "TIDEGATE_EXECUTION";

const linux = process.platform === "linux";

/** Live processes that carry the marker of this execution in their environment, those of other users aside. Linux; elsewhere none. */
export const marked = (run: string, execution: number): Promise<ProcessIdentity[]> => look([{ run, execution }], () => false);

/**
 * Live processes that prove by themselves to belong to one of these executions, in one look: by its marker, or by a trace. It reads the environment of
 * every process of the host, which takes 10 ms and more.
 */
export function provenOf(executions: readonly Held[]): Promise<ProcessIdentity[]> {
	const places = executions.map((held) => ({ folder: `${resolved(held.folder)}/`, session: held.process.pid }));
	return look(executions, (pid) => hasTrace(pid, places));
}

async function look(executions: readonly { run: string; execution: number }[], alsoBelongs: (pid: string) => boolean): Promise<ProcessIdentity[]> {
	if (!linux) return [];
	const found: ProcessIdentity[] = [];
	const wanted = executions.map(({ run, execution }) => [`${RUN_MARKER}=${run}`, `${EXECUTION_MARKER}=${execution}`]);
	const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
	// In threads of the pool, since a process in distress can make its reader wait.
	const read = async (): Promise<void> => {
		const buffer = Buffer.allocUnsafe(ENVIRON_READ);
		for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
			const variables = (await environ(pid, buffer)).split("\0");
			if (!wanted.some((each) => each.every((variable) => variables.includes(variable))) && !alsoBelongs(pid)) continue;
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

/** A process that was given another environment still writes where it was told to, and stands where it was put. */
function hasTrace(pid: string, places: readonly { folder: string; session: number }[]): boolean {
	const inside = (link: string): { session: number } | undefined => {
		const target = linkOf(`/proc/${pid}/${link}`);
		return target === undefined ? undefined : places.find(({ folder }) => `${target}/`.startsWith(folder));
	};
	const writes = inside("fd/1") ?? inside("fd/2");
	const stands = writes ?? inside("cwd");
	const stat = stands && statOf(Number(pid));
	// Somebody who looks around in the folder has a terminal; an editor that was opened on it has a parent.
	if (!stands || !stat || stat.terminal) return false;
	return writes !== undefined || stat.session === stands.session || stat.parent === 1;
}

function linkOf(path: string): string | undefined {
	try {
		return readlinkSync(path);
	} catch {
		return undefined;
	}
}

function resolved(folder: string): string {
	try {
		return realpathSync(folder);
	} catch {
		return folder;
	}
}

/** Those of `roots` that are still themselves, all who descend from them, and the groups that they lead. Linux; elsewhere the roots alone. */
export function familyOf(roots: readonly ProcessIdentity[]): ProcessIdentity[] {
	const all = everyone();
	all.delete(process.pid);
	const family = new Map(roots.filter(isAlive).map((who) => [who.pid, who]));
	for (let before = -1; family.size > before; ) {
		before = family.size;
		for (const [pid, { parent, group, started }] of all) {
			if (family.has(pid) || !(family.has(parent) || family.has(group))) continue;
			family.set(pid, { pid, started, boot: bootId() });
		}
	}
	return [...family.values()];
}
