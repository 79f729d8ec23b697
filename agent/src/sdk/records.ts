/** The writing side of the run directory: one write per record, or per few whole records of one call. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { uuidOf, uuidTime } from "../protocol/ids.ts";
import { describe, shrink } from "./errors.ts";
import { Losses } from "./losses.ts";
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
		const losses = new Losses(path);
		this.#events = new RecordFile(path, "events", losses);
		this.streams = new Streams(new RecordFile(path, "log", losses));
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

	artifact(kind: string, name: string, by: Scope, data: string | Uint8Array, extension: string): string {
		const id = artifactId(by, kind, name);
		const file = `artifacts/${id}.${extension}`;
		mkdirSync(join(this.path, "artifacts"), { recursive: true, mode: 0o700 });
		writeFileSync(join(this.path, file), data, { flag: "wx", mode: 0o600 });
		this.event("artifact", { id, kind, name, task: by.key, file, mime: MIMES[extension], size: Buffer.byteLength(data) });
		return id;
	}

	suspend(on: string[], mode: "all" | "any"): never {
		this.run?.memory?.suspends();
		this.streams.finish();
		this.event("suspend", { on, mode });
		process.removeAllListeners("exit");
		process.exit(SUSPENDED);
	}
}

/**
 * By what makes it again when the run goes through its body anew: it then takes the place of its earlier self. A UUIDv7 of the run's own millisecond;
 * those of one name sort as they were made.
 */
function artifactId(by: Scope, kind: string, name: string): string {
	const number = by.occurrence(`=${kind} ${name}`);
	const told = JSON.stringify([by.run.info.run, by.key, by.attempt, kind, name, number]);
	return uuidOf(uuidTime(by.run.info.run), number % 4096, createHash("sha256").update(told).digest().subarray(0, 8));
}

function line(type: string, record: object): string {
	const whole = { type, t: time(), ...record };
	const text = `${JSON.stringify(whole)}\n`;
	return Buffer.byteLength(text) <= LIMIT || type === "result" ? text : `${JSON.stringify(shrink(whole, LIMIT))}\n`;
}
