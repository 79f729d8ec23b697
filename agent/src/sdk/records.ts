/** The writing side of the run directory: one write per record, or per few whole records of one call. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { uuidv7 } from "../protocol/ids.ts";
import { describe, shrink } from "./errors.ts";
import { RecordFile, time } from "./record-file.ts";
import type { ErrorRecord, Level, Recorder, Run, Scope, TaskRecord } from "./scope.ts";
import { Streams } from "./streams.ts";

/** Bytes of one write, the line end included. */
const LIMIT = 65_536;
const SUSPENDED = 75;
const MIMES: Record<string, string> = {
	json: "application/json",
	md: "text/markdown",
	png: "image/png",
	jpeg: "image/jpeg",
	gif: "image/gif",
	webp: "image/webp",
	svg: "image/svg+xml",
};

/** The recorder of an execution. */
export class RunDirectory implements Recorder {
	readonly path: string;
	readonly streams: Streams;
	/** The run that is done, once there is one. */
	run: Run | undefined;
	readonly #events: RecordFile;

	readonly #projects: string[];

	/** @param projects folders whose files are the project's */
	constructor(path: string, ...projects: string[]) {
		this.path = path;
		this.#projects = projects;
		this.#events = new RecordFile(path, "events");
		this.streams = new Streams(new RecordFile(path, "log"));
	}

	event(type: string, record: object): void {
		this.#events.write(line(type, record));
	}

	/** Those of one call share a write. */
	task(...records: TaskRecord[]): void {
		let batch = "";
		for (const record of records) {
			const text = line("task", record);
			if (batch.length + text.length > LIMIT / 4) {
				if (batch) this.#events.write(batch);
				batch = "";
			}
			batch += text;
		}
		if (batch) this.#events.write(batch);
	}

	log(level: Level, text: string, scope: Scope | null): void {
		this.streams.log(level, text, scope);
	}

	error(thrown: unknown): ErrorRecord {
		return describe(thrown, this.#projects);
	}

	artifact(kind: string, name: string, key: string | null, data: string | Uint8Array, extension: string): string {
		// By which artifacts of one millisecond keep their order.
		const id = uuidv7();
		const file = `artifacts/${id}.${extension}`;
		mkdirSync(join(this.path, "artifacts"), { recursive: true, mode: 0o700 });
		writeFileSync(join(this.path, file), data, { flag: "wx", mode: 0o600 });
		this.event("artifact", { id, kind, name, task: key, file, mime: MIMES[extension], size: Buffer.byteLength(data) });
		return id;
	}

	suspend(on: string[], mode: "all" | "any"): never {
		this.run?.memory?.sync();
		this.streams.finish();
		this.event("suspend", { on, mode });
		process.removeAllListeners("exit");
		process.exit(SUSPENDED);
	}
}

function line(type: string, record: object): string {
	const whole = { type, t: time(), ...record };
	const text = `${JSON.stringify(whole)}\n`;
	return Buffer.byteLength(text) <= LIMIT || type === "result" ? text : `${JSON.stringify(shrink(whole, LIMIT))}\n`;
}
