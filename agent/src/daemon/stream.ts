/** One growing file of a run directory, read from where the control plane has it. */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import type { Bytes } from "../protocol/bytes.ts";
import { MAX_SEGMENT } from "../protocol/limits.ts";

export type StreamKind = "log" | "raw" | "events" | "artifact";

/** A record of the SDK is ≤ 64 KiB, a result ≤ 256 KiB and its frame: no line of events is longer. */
const MAX_EVENT_LINE = 2 * MAX_SEGMENT;
/** A raw line that is not finished is shown after this long, as a prompt or a progress bar is meant to be. Milliseconds. */
const UNFINISHED_MS = 1000;

const NEWLINE = 10;

export interface Piece {
	start: number;
	end: number;
	content: Bytes;
	lines: number;
}

export class Stream {
	readonly name: string;
	readonly kind: StreamKind;
	readonly path: string;
	/** What the control plane has. */
	mark: number;
	/** The file counts only so far: an artifact as large as its event said. */
	readonly #limit: number;
	/** Since when the unfinished last line of a raw stream has not grown. */
	#waiting: { size: number; since: number } | undefined;

	constructor(name: string, kind: StreamKind, path: string, mark = 0, limit = Number.POSITIVE_INFINITY) {
		this.name = name;
		this.#limit = limit;
		this.kind = kind;
		this.path = path;
		this.mark = mark;
	}

	size(): number {
		try {
			return Math.min(statSync(this.path).size, this.#limit);
		} catch {
			return 0;
		}
	}

	/**
	 * The piece that begins at `from`: at most MAX_SEGMENT bytes (an event may be longer), cut at a line's end; null where there is none to send yet.
	 * @param ended the process is gone: nothing more is coming, so an unfinished record is none @param until what stands behind it is for the next time
	 */
	next(from: number, ended: boolean, until = Number.POSITIVE_INFINITY): Piece | null {
		const size = Math.min(this.size(), until);
		if (size <= from) return null;
		let content = readRange(this.path, from, Math.min(size - from, MAX_SEGMENT));
		if (content.length === 0) return null;
		const cut = this.#cut(content, from, size, ended);
		if (cut === 0) return null;
		if (cut > content.length) content = readRange(this.path, from, cut);
		const taken = content.subarray(0, cut);
		return { start: from, end: from + taken.length, content: taken, lines: this.kind === "artifact" ? 0 : count(taken) };
	}

	#cut(content: Buffer, from: number, size: number, ended: boolean): number {
		if (this.kind === "artifact") return content.length;
		const all = from + content.length >= size;
		const lines = content.lastIndexOf(NEWLINE) + 1;
		if (this.kind === "raw") {
			if (all && ended) return content.length;
			if (lines > 0) return lines;
			if (!all) return content.length;
			// A character of several bytes may be cut in two: readers join the pieces before they decode.
			if (this.#waiting?.size !== size) this.#waiting = { size, since: performance.now() };
			return performance.now() - this.#waiting.since >= UNFINISHED_MS ? content.length : 0;
		}
		if (lines > 0) return lines;
		if (content.length < MAX_SEGMENT) return 0;
		// A log record is never as long: somebody else wrote into the file. A result may be, and is taken whole.
		return this.kind === "events" ? this.#longLine(from, size) : content.length;
	}

	/** What of the line that `from` lies in stands before it: nothing, unless a long record was taken in part. */
	lineBefore(from: number): Buffer {
		if (from === 0 || readRange(this.path, from - 1, 1)[0] === NEWLINE) return Buffer.alloc(0);
		const before = Math.max(0, from - MAX_EVENT_LINE);
		const content = readRange(this.path, before, from - before);
		return content.subarray(content.lastIndexOf(NEWLINE) + 1);
	}

	#longLine(from: number, size: number): number {
		const line = readRange(this.path, from, Math.min(size - from, MAX_EVENT_LINE));
		const end = line.indexOf(NEWLINE) + 1;
		return end > 0 ? end : line.length >= MAX_EVENT_LINE ? line.length : 0;
	}
}

/** Reads without following a link at the end of the path: a flow may put one in the place of its own files. */
export function readRange(path: string, start: number, length: number): Buffer<ArrayBuffer> {
	let fd: number;
	try {
		fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
	} catch {
		return Buffer.alloc(0);
	}
	try {
		if (!fstatSync(fd).isFile()) return Buffer.alloc(0);
		const buffer = Buffer.alloc(length);
		let read = 0;
		while (read < length) {
			const got = readSync(fd, buffer, read, length - read, start + read);
			if (got === 0) break;
			read += got;
		}
		return buffer.subarray(0, read);
	} finally {
		closeSync(fd);
	}
}

function count(content: Uint8Array): number {
	let lines = 0;
	for (let at = content.indexOf(NEWLINE); at >= 0; at = content.indexOf(NEWLINE, at + 1)) lines++;
	return lines;
}
