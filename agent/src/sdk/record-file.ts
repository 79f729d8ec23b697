/** A file that records are appended to. */
import { openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Epoch seconds. */
export const time = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000) / 1e6;

/** An append-only file of JSON lines. A full disk costs records, never the user's code. */
export class RecordFile {
	readonly #path: string;
	#fd = -1;
	#torn = false;
	#lost = false;

	constructor(folder: string, stream: string) {
		this.#path = join(folder, `${stream}.${process.pid}.ndjson`);
	}

	/** Appends whole records; `text` ends with a line end. */
	write(text: string): void {
		const data = Buffer.from(text);
		try {
			if (this.#fd < 0) this.#fd = openSync(this.#path, "a", 0o600);
			// Ends the half record of a failed write, so that readers skip only that.
			if (this.#torn) writeSync(this.#fd, "\n");
			this.#torn = false;
			for (let done = 0; done < data.length; ) {
				done += writeSync(this.#fd, data, done);
				this.#torn = done < data.length;
			}
		} catch (problem) {
			if (this.#lost) return;
			this.#lost = true;
			const told = `tidegate: cannot write records to ${this.#path}: ${(problem as Error).message}. The flow goes on; its records are lost until there is room again.\n`;
			try {
				writeSync(2, told);
			} catch {
				// There is no room for that either.
			}
		}
	}
}
