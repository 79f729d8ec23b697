/** What a full disk cost this process, told in a file that the agent made beforehand: to write over what is there needs no room. */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Bytes of a process's line, and how many lines there are: a process has that of its pid. */
const WIDTH = 128;
const LINES = 32;

export class Losses {
	readonly #path: string;
	#since = 0;
	/** Records and bytes. */
	readonly #lost: Record<string, [records: number, bytes: number]> = { log: [0, 0], events: [0, 0] };

	constructor(folder: string) {
		this.#path = join(folder, "lost");
	}

	/** @param at epoch seconds */
	add(stream: string, records: number, bytes: number, why: string, at: number): void {
		this.#since ||= at;
		const [before, size] = this.#lost[stream] ?? [0, 0];
		this.#lost[stream] = [before + records, size + bytes];
		const line = JSON.stringify({ pid: process.pid, since: this.#since, why, ...this.#lost });
		try {
			const fd = openSync(this.#path, constants.O_WRONLY);
			try {
				writeSync(fd, `${line.padEnd(WIDTH - 1)}\n`, (process.pid % LINES) * WIDTH);
			} finally {
				closeSync(fd);
			}
		} catch {
			// An agent of before made no such file.
		}
	}
}
