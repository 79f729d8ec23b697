/** The store on the premises, which the Python SDK writes alike: checkpoints, cached results and large values of runs. Decision record 7 has its bytes. */
import { createHash, randomBytes } from "node:crypto";
import {
	closeSync,
	existsSync,
	fdatasync,
	fdatasyncSync,
	fstatSync,
	fsyncSync,
	mkdirSync,
	openSync,
	readFileSync,
	readSync,
	renameSync,
	rmSync,
	writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { StoreError } from "./failures.ts";

const FORMAT = 1;
/** Milliseconds in which checkpoints share one fdatasync. */
const GROUPED = 80;

/** `<value>` of record 7. */
export interface Kept {
	codec: string;
	data?: unknown;
	object?: string;
	size: number;
	type: string;
	name?: string;
	files?: Record<string, string>;
	digest?: string;
}

export const sha = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
	let value = index;
	for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
	return value;
});
/** Node has one of its own only from 20.15 on. */
function crc32(data: Uint8Array): number {
	let value = 0xffffffff;
	for (const byte of data) value = (TABLE[(value ^ byte) & 255] as number) ^ (value >>> 8);
	return (value ^ 0xffffffff) >>> 0;
}

/** Makes a store of a folder, if it is none: for local runs; an agent makes its own. */
export function prepareStore(path: string): void {
	mkdirSync(path, { recursive: true, mode: 0o700 });
	const file = join(path, "store.json");
	if (!existsSync(file)) putFile(file, JSON.stringify({ format: FORMAT, id: randomBytes(8).toString("hex") }));
}

/** Writes a file whole or not at all. */
export function putFile(path: string, data: string | Uint8Array): void {
	const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
	try {
		const fd = openSync(draft, "wx", 0o600);
		try {
			const bytes = typeof data === "string" ? Buffer.from(data) : data;
			for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
			fsyncSync(fd);
		} finally {
			closeSync(fd);
		}
		renameSync(draft, path);
	} catch (problem) {
		rmSync(draft, { force: true });
		throw problem;
	}
}

const why = (problem: unknown): string => (problem as Error).message;

export class Store {
	readonly path: string;

	/** Throws StoreError. */
	constructor(path: string) {
		this.path = path;
		const file = join(path, "store.json");
		let text: string;
		try {
			text = readFileSync(file, "utf8");
		} catch (problem) {
			throw new StoreError(`the store ${path} can't be read: ${why(problem)}. Check that it is there and mounted, then resume the run`);
		}
		let format: unknown;
		try {
			format = JSON.parse(text).format;
		} catch {
			// Said below.
		}
		if (typeof format !== "number")
			throw new StoreError(`${file} is damaged: it has to say the store's format and id. Put it back from a copy, or give the agent another store`);
		if (format > FORMAT)
			throw new StoreError(
				`the store ${path} was written by a newer Tidegate (format ${format}, this one knows ${FORMAT}). Update this agent, then resume the run`,
			);
	}

	failed(problem: unknown): StoreError {
		return new StoreError(`the store ${this.path} can't be written: ${why(problem)}. Make room or let it be written, then resume the run`);
	}

	object(name: string): string {
		return join(this.path, "objects", name.slice(0, 2), name);
	}

	/** Keeps bytes by their digest. @returns it. Throws StoreError. */
	putObject(data: Uint8Array): string {
		const name = sha(data);
		const path = this.object(name);
		try {
			if (existsSync(path)) return name;
			mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
			putFile(path, data);
		} catch (problem) {
			throw this.failed(problem);
		}
		return name;
	}

	/** Throws StoreError where they are gone or not what they were. */
	getObject(name: string): Uint8Array {
		const path = this.object(name);
		let data: Uint8Array;
		try {
			data = readFileSync(path);
		} catch (problem) {
			throw new StoreError(`${path} can't be read: ${why(problem)}`);
		}
		if (sha(data) !== name) throw new StoreError(`${path} is damaged: its content is not what was kept`);
		return data;
	}

	#cached(key: string): string {
		return join(this.path, "cache", key.slice(0, 2), `${key}.json`);
	}

	putCached(key: string, entry: object): void {
		const path = this.#cached(key);
		try {
			mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
			putFile(path, JSON.stringify(entry));
		} catch (problem) {
			throw this.failed(problem);
		}
	}

	/** undefined where there is none, or a damaged one: the task runs, and the file is written anew. */
	getCached(key: string): Record<string, unknown> | undefined {
		try {
			const found: unknown = JSON.parse(readFileSync(this.#cached(key), "utf8"));
			return found !== null && typeof found === "object" ? (found as Record<string, unknown>) : undefined;
		} catch {
			return undefined;
		}
	}

	runFolder(run: string): string {
		return join(this.path, "runs", run);
	}
}

/** The checkpoints of one run: each line has its checksum, is written at once and synced within 100 ms. */
export class CheckpointLog {
	readonly #store: Store;
	readonly #folder: string;
	readonly #path: string;
	#fd = -1;
	#dirty = false;
	#timer: NodeJS.Timeout | undefined;

	constructor(store: Store, run: string) {
		this.#store = store;
		this.#folder = store.runFolder(run);
		this.#path = join(this.#folder, "checkpoints.log");
	}

	/** @param damaged hears how many lines do not check and are left out. Throws StoreError. */
	read(damaged: (count: number) => void): Record<string, unknown>[] {
		let text: Buffer;
		try {
			text = readFileSync(this.#path);
		} catch (problem) {
			if ((problem as NodeJS.ErrnoException).code === "ENOENT") return [];
			throw new StoreError(`${this.#path} can't be read: ${why(problem)}`);
		}
		const found: Record<string, unknown>[] = [];
		let bad = 0;
		for (let start = 0; start < text.length; ) {
			const end = text.indexOf(10, start);
			const line = text.subarray(start, end === -1 ? text.length : end);
			start += line.length + 1;
			if (line.length === 0) continue;
			try {
				const body = line.subarray(9);
				if (Number.parseInt(line.subarray(0, 8).toString("latin1"), 16) !== crc32(body)) throw new Error("does not check");
				found.push(JSON.parse(body.toString("utf8")));
			} catch {
				bad++;
			}
		}
		if (bad > 0) damaged(bad);
		return found;
	}

	/** Throws StoreError. */
	append(record: object): void {
		const body = Buffer.from(JSON.stringify(record));
		const line = Buffer.concat([Buffer.from(`${crc32(body).toString(16).padStart(8, "0")} `), body, Buffer.from("\n")]);
		try {
			if (this.#fd < 0) this.#open();
			if (writeSync(this.#fd, line) !== line.length) {
				// Ends the half line, which will not check.
				writeSync(this.#fd, "\n");
				throw new Error("no space left on device");
			}
		} catch (problem) {
			throw this.#store.failed(problem);
		}
		this.#dirty = true;
		this.#timer ??= setTimeout(() => {
			this.#timer = undefined;
			this.#dirty = false;
			// What fails here is told by the next append.
			fdatasync(this.#fd, () => undefined);
		}, GROUPED).unref();
	}

	#open(): void {
		mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
		this.#fd = openSync(this.#path, "a+", 0o600);
		const { size } = fstatSync(this.#fd);
		const last = Buffer.alloc(1);
		// The half line of a process that was killed.
		if (size > 0 && readSync(this.#fd, last, 0, 1, size - 1) === 1 && last[0] !== 10) writeSync(this.#fd, "\n");
	}

	/** Brings everything to the disk now. Throws StoreError. */
	sync(): void {
		if (!this.#dirty) return;
		this.#dirty = false;
		try {
			fdatasyncSync(this.#fd);
		} catch (problem) {
			throw this.#store.failed(problem);
		}
	}
}
