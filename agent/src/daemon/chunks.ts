/**
 * Opened chunks by id, kept so that a deploy fetches only what changed. A chunk is verified (it opens, and its content has the name it was asked
 * by) before it is written, and written whole or not at all. Nothing else is trusted of what the control plane sends.
 */

import { randomUUID } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openChunk } from "../protocol/open.ts";
import { SealError, type WorkspaceKey } from "../protocol/seal.ts";
import { ChunksAnswer } from "../protocol/wire.ts";
import type { Connection } from "./connection.ts";

/**
 * The modification time of every chunk here. A run may have a chunk's file as its own source file (project.ts): should it write into it, the time is another,
 * and the chunk is fetched again.
 */
const STAMP = new Date("2000-01-01T00:00:00Z");
/** Ids in one question: what the protocol takes. */
const ASK = 4096;
/** Chunks opened at once: WebCrypto works on a few threads, and each holds at most 1 MiB. */
const OPEN = 16;

export class ChunkStore {
	readonly #folder: string;
	readonly #key: WorkspaceKey;
	readonly #connection: Connection;
	/** Chunks that are on their way, so that two executions fetch each once. */
	readonly #coming = new Map<string, Promise<void>>();
	/** Known to be there, which saves a look at the disk for each of a thousand files. */
	readonly #known = new Set<string>();
	readonly #used = new Set<string>();

	constructor(folder: string, key: WorkspaceKey, connection: Connection) {
		this.#folder = folder;
		this.#key = key;
		this.#connection = connection;
	}

	#path(id: string): string {
		return join(this.#folder, id.slice(0, 2), id);
	}

	#has(id: string): boolean {
		if (this.#known.has(id)) return true;
		if (!this.#isIntact(id)) return false;
		this.#known.add(id);
		return true;
	}

	#isIntact(id: string): boolean {
		const path = this.#path(id);
		const there = statSync(path, { throwIfNoEntry: false });
		if (there?.mtimeMs === STAMP.getTime()) return true;
		if (there) rmSync(path, { force: true });
		this.#known.delete(id);
		return false;
	}

	/** The content of a chunk that {@link fetch} brought; undefined where it was removed or written to meanwhile. */
	read(id: string): Buffer | undefined {
		return this.#isIntact(id) ? readFileSync(this.#path(id)) : undefined;
	}

	/** Gives a chunk that is a whole file the name `path`. False where it is gone, or this disk cannot do so. */
	link(id: string, path: string): boolean {
		if (!this.#isIntact(id)) return false;
		try {
			linkSync(this.#path(id), path);
			return true;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
			return false;
		}
	}

	/** Brings what is missing of `ids`. Throws SealError where a chunk is missing for good, was altered or swapped. @returns how many were fetched. */
	async fetch(ids: string[], signal?: AbortSignal): Promise<number> {
		for (const id of ids) this.#used.add(id);
		const missing = ids.filter((id) => !this.#has(id) && !this.#coming.has(id));
		const others = ids.flatMap((id) => this.#coming.get(id) ?? []);
		const work = this.#bring(missing, signal);
		for (const id of missing) this.#coming.set(id, work);
		try {
			await work;
		} finally {
			for (const id of missing) this.#coming.delete(id);
		}
		if (others.length > 0) {
			await Promise.allSettled(others);
			// Another execution may have been ended in the middle of it.
			await this.fetch(
				ids.filter((id) => !this.#has(id)),
				signal,
			);
		}
		return missing.length;
	}

	async #bring(ids: string[], signal?: AbortSignal): Promise<void> {
		let rest = ids;
		while (rest.length > 0) {
			const asked = rest.slice(0, ASK);
			const { header, parts } = await this.#connection.insist({
				path: "chunks",
				header: { ids: asked },
				answer: ChunksAnswer,
				signal,
				timeoutMs: 120_000,
			});
			const wanted = new Set(asked);
			if (header.ids.length === 0) throw new SealError("altered", `chunk ${asked[0]} is not at the control plane, though the manifest names it`);
			for (const [index, id] of header.ids.entries()) {
				if (!wanted.has(id) || !parts[index])
					throw new SealError("altered", `the control plane answered chunk ${id}, which was not asked for or has no content`);
			}
			for (let at = 0; at < header.ids.length; at += OPEN) {
				await Promise.all(header.ids.slice(at, at + OPEN).map((id, index) => this.#keep(id, parts[at + index] as Uint8Array)));
			}
			const come = new Set(header.ids);
			rest = rest.filter((id) => !come.has(id));
		}
	}

	async #keep(id: string, sealed: Uint8Array): Promise<void> {
		const content = await openChunk(this.#key, id, sealed);
		const path = this.#path(id);
		mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
		const draft = `${path}.${randomUUID()}`;
		writeFileSync(draft, content, { mode: 0o600, flag: "wx" });
		// As a source file has it; the home around it is closed to others.
		chmodSync(draft, 0o644);
		utimesSync(draft, new Date(), STAMP);
		renameSync(draft, path);
		this.#known.add(id);
	}

	/** Marks by their access time what was used since the last call. Not at each use: a thousand files are a thousand calls. */
	touch(): void {
		const now = new Date();
		for (const id of this.#used) {
			if (this.#isIntact(id)) utimesSync(this.#path(id), now, STAMP);
		}
		this.#used.clear();
	}

	/** After files were removed from the folder. */
	forget(): void {
		this.#known.clear();
	}
}
