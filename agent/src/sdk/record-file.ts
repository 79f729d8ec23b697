/** A file that records are appended to. */
import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Losses } from "./losses.ts";

/** Epoch seconds. */
export const time = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000) / 1e6;

/** An append-only file of JSON lines. A full disk costs records, never the user's code; how many, the log says in their place. */
export class RecordFile {
	readonly #path: string;
	readonly #stream: string;
	readonly #losses: Losses;
	#fd = -1;
	#torn = false;
	#said = false;
	/** Records and bytes that were lost since the last that was written. */
	#gap = { records: 0, bytes: 0, why: "" };

	constructor(folder: string, stream: "events" | "log", losses: Losses) {
		this.#path = join(folder, `${stream}.${process.pid}.ndjson`);
		this.#stream = stream;
		this.#losses = losses;
	}

	/** Appends whole records; `text` ends with a line end. */
	write(text: string): void {
		const data = Buffer.from(text);
		const all = { done: 0 };
		try {
			if (this.#fd < 0) this.#fd = openSync(this.#path, "a", 0o600);
			// Ends the half record of a failed write, so that readers skip only that.
			if (this.#torn) writeSync(this.#fd, "\n");
			this.#torn = false;
			if (this.#gap.records > 0) {
				if (this.#stream === "log") this.#append(Buffer.from(notice(this.#gap)));
				this.#gap = { records: 0, bytes: 0, why: "" };
			}
			this.#append(data, all);
		} catch (problem) {
			this.#lose(problem as NodeJS.ErrnoException, data.subarray(all.done));
		}
	}

	#append(data: Buffer, all = { done: 0 }): void {
		while (all.done < data.length) {
			all.done += writeSync(this.#fd, data, all.done);
			this.#torn = all.done < data.length;
		}
	}

	#lose(problem: NodeJS.ErrnoException, data: Buffer): void {
		const records = data.toString("latin1").split("\n").length - 1;
		const why = problem.code ?? "EIO";
		this.#gap = { records: this.#gap.records + records, bytes: this.#gap.bytes + data.length, why };
		this.#losses.add(this.#stream, records, data.length, why, time());
		if (this.#said) return;
		this.#said = true;
		const told = `tidegate: cannot write records to ${this.#path}: ${problem.message}. The flow goes on; its records are lost until there is room again.\n`;
		try {
			writeSync(2, told);
		} catch {
			// There is no room for that either.
		}
	}
}

function notice({ records, bytes, why }: { records: number; bytes: number; why: string }): string {
	const reason = why === "ENOSPC" || why === "EDQUOT" ? "the agent's disk was full" : `the run directory could not be written (${why})`;
	const what = records === 1 ? "1 line of this log is" : `${records.toLocaleString("en")} lines of this log are`;
	const m = `${what} lost here (${bytes.toLocaleString("en")} bytes): ${reason}`;
	return `${JSON.stringify({ t: time(), l: "error", m, s: "agent" })}\n`;
}
