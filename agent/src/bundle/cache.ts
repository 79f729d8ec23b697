/** Which chunks a file had when it was last read, so that an unchanged file is not read again. Losing it costs time only. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writePrivate } from "../keys.ts";
import type { ScannedFile } from "./scan.ts";

const FORMAT = 1;
/** A file that changed this shortly before it was read may change again within one tick of a coarse clock, unseen. Milliseconds. */
const SETTLED = 2000;

type Entry = [mark: string, ...chunks: string[]];

export class ChunkCache {
	readonly #file: string;
	readonly #before: Record<string, Entry>;
	readonly #now: Record<string, Entry> = {};
	readonly #readAt: number;
	#changed = false;

	/** @param kid of the workspace key: under another key, chunks have other names. @param readAt when the files are read; milliseconds since 1970 */
	constructor(home: string, workspace: string, kid: string, root: string, readAt = Date.now()) {
		this.#readAt = readAt;
		const name = createHash("sha256").update([workspace, kid, root].join("\0")).digest("hex").slice(0, 32);
		this.#file = join(home, "cache", "files", `${name}.json`);
		this.#before = this.#load();
	}

	#load(): Record<string, Entry> {
		try {
			const content = JSON.parse(readFileSync(this.#file, "utf8"));
			if (content.format === FORMAT) return content.files;
		} catch {
			// None yet, or cut off: read everything.
		}
		return {};
	}

	get(file: ScannedFile): string[] | undefined {
		const entry = this.#before[file.path];
		if (entry?.[0] !== file.mark) return undefined;
		this.#now[file.path] = entry;
		return entry.slice(1);
	}

	set(file: ScannedFile, chunks: readonly string[]): void {
		if (file.modifiedAt > this.#readAt - SETTLED) return;
		this.#now[file.path] = [file.mark, ...chunks];
		this.#changed = true;
	}

	save(): void {
		if (!this.#changed && Object.keys(this.#now).length === Object.keys(this.#before).length) return;
		writePrivate(this.#file, JSON.stringify({ format: FORMAT, files: this.#now }));
	}
}
