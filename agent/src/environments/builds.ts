/** Environments that are built once, shared by all runs, and kept; what they have in common, whatever the language. */

import { randomUUID } from "node:crypto";
import { existsSync, lutimesSync, renameSync, symlinkSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Who waits for a build. */
export interface Waiting {
	onLine(line: string): void;
	signal?: AbortSignal;
}

interface Build {
	done: Promise<string>;
	listeners: Set<(line: string) => void>;
	controller: AbortController;
}

export class Builds {
	readonly #builds = new Map<string, Build>();

	/** One build for all that wait for it; it is given up when none of them waits any more. */
	async share(name: string, wanted: Waiting, start: (listen: (line: string) => void, signal: AbortSignal) => Promise<string>): Promise<string> {
		let build = this.#builds.get(name);
		if (!build) {
			const listeners = new Set<(line: string) => void>();
			const controller = new AbortController();
			const listen = (line: string): void => {
				for (const each of listeners) each(line);
			};
			const done = start(listen, controller.signal).finally(() => this.#builds.delete(name));
			build = { done, listeners, controller };
			this.#builds.set(name, build);
		} else wanted.onLine("waiting for another run that builds the same environment");
		const { done, listeners, controller } = build;
		listeners.add(wanted.onLine);
		let leave: (() => void) | undefined;
		const left = new Promise<never>((_, reject) => {
			leave = () => reject(wanted.signal?.reason);
		});
		if (wanted.signal?.aborted) leave?.();
		wanted.signal?.addEventListener("abort", leave as () => void, { once: true });
		try {
			return await Promise.race([done, left]);
		} finally {
			wanted.signal?.removeEventListener("abort", leave as () => void);
			listeners.delete(wanted.onLine);
			if (listeners.size === 0) controller.abort(new Error("nobody waits for this environment any more"));
		}
	}
}

/** Fills a folder of random name below `parent`; one that was not filled is removed. */
export async function filled<T>(
	parent: string,
	listen: (line: string) => void,
	fill: (folder: string) => Promise<T>,
): Promise<{ folder: string; result: T }> {
	const folder = join(parent, `build-${randomUUID()}`);
	await mkdir(folder, { mode: 0o700 });
	const began = performance.now();
	try {
		const result = await fill(folder);
		listen(`environment ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
		return { folder, result };
	} catch (error) {
		await rm(folder, { recursive: true, force: true });
		throw error;
	}
}

/** The link by which a filled folder is found, made last. */
export function link(folder: string, path: string): void {
	const draft = `${folder}.link`;
	symlinkSync(folder, draft);
	renameSync(draft, path);
}

/** Whether `file` of the environment that `path` leads to is there; it is used now, by which its age counts. */
export function isThere(path: string, file: string): boolean {
	if (!existsSync(file)) return false;
	const now = new Date();
	lutimesSync(path, now, now);
	return true;
}
