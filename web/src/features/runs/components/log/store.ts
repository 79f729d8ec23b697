/** The lines of one run, in order, as their sealed segments are fetched, arrive and open. */
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import type { Line as Read } from "tidegate/protocol/lines.ts";
import type { RunPlace } from "tidegate/protocol/places.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { loadOpeners, type Openers } from "../../../../browser/opened.ts";

export interface Segment {
	seq: number;
	execution: number;
	stream: string;
	start: number;
	end: number;
	at: string;
	lines: number;
	sealed: string;
}

export interface Line extends Read {
	/** Its place within its stream, from 0: with execution and stream, its name for ever. */
	n: number;
}

/** A task's key for people: occurrences are told apart by what they print, so `train#0[3]` is train[3]. */
export const shortKey = (key: string): string => key.replace(/#\d+/g, "");

export const lineId = (line: Line): string => `${line.execution}.${line.stream}.${line.n}`;

interface Options {
	key: WorkspaceKey;
	place: RunPlace;
	/** Answers the segments after a position, and the position to ask for next. */
	page(after: number | undefined): Promise<{ segments: Segment[]; next: number | null }>;
	changed(): void;
}

/** Segments that open at the same time: enough to keep the cipher busy, few enough to keep the page smooth. */
const AT_ONCE = 8;

export class LogStore {
	readonly lines: Line[] = [];
	/** Grows when a line came in before others, so that positions known so far no longer hold. */
	epoch = 0;
	/** Everything up to now was fetched and read. */
	complete = false;
	trouble: string | undefined;
	/** Characters of the longest task key so far, as it is shown. */
	longestKey = 0;
	/** Segments that did not open. */
	refused = 0;
	#options: Options;
	#arrived: Segment[] = [];
	#last = 0;
	#counts = new Map<string, number>();
	#latest = new Map<string, number>();
	#closed = false;
	#busy: Promise<void>;
	#openers: Openers | undefined;
	#reader: { read(segment: { execution: number; stream: string; at: string; content: Uint8Array<ArrayBuffer> }): Read[]; end(): Read[] } | undefined;

	constructor(options: Options) {
		this.#options = options;
		this.#busy = this.#load();
	}

	/** Takes a segment that was just reported. */
	arrived(segment: Segment): void {
		this.#arrived.push(segment);
		if (this.complete) this.#busy = this.#busy.then(() => this.#drain());
	}

	/** The run ended: what stands without a final newline is a line too. */
	ended(): void {
		this.#busy = this.#busy.then(() => {
			if (this.#closed || !this.#reader) return;
			this.#add(this.#reader.end());
			this.#options.changed();
		});
	}

	close(): void {
		this.#closed = true;
	}

	async #load(): Promise<void> {
		try {
			this.#openers = await loadOpeners();
			const { LineReader } = await import("tidegate/protocol/lines.ts");
			this.#reader = new LineReader();
			for (let after: number | undefined; !this.#closed; ) {
				const { segments, next } = await this.#options.page(after);
				await this.#read(segments);
				if (next === null) break;
				after = next;
			}
			this.complete = true;
			await this.#drain();
		} catch (cause) {
			this.trouble = (cause as Error).message;
		}
		if (!this.#closed) this.#options.changed();
	}

	async #drain(): Promise<void> {
		const segments = this.#arrived;
		this.#arrived = [];
		await this.#read(segments);
	}

	async #read(segments: Segment[]): Promise<void> {
		const fresh = segments.filter((segment) => segment.seq > this.#last);
		for (let at = 0; at < fresh.length && !this.#closed; at += AT_ONCE) {
			const some = fresh.slice(at, at + AT_ONCE);
			const contents = await Promise.all(some.map((segment) => this.#open(segment)));
			some.forEach((segment, i) => {
				this.#last = Math.max(this.#last, segment.seq);
				const content = contents[i];
				if (content && this.#reader) this.#add(this.#reader.read({ ...segment, content }));
				else this.refused += 1;
			});
			this.#options.changed();
			// Lets the page paint between batches.
			if (at + AT_ONCE < fresh.length) await new Promise((resolve) => setTimeout(resolve));
		}
	}

	async #open({ execution, stream, start, sealed }: Segment): Promise<Uint8Array<ArrayBuffer> | undefined> {
		const { key, place } = this.#options;
		return this.#openers?.openSegment(key, place, execution, stream, start, fromBase64(sealed)).catch(() => undefined);
	}

	/** Order is exact within a stream; across streams by time, then arrival. */
	#add(read: Read[]): void {
		for (const line of read) {
			const name = `${line.execution}.${line.stream}`;
			const n = this.#counts.get(name) ?? 0;
			this.#counts.set(name, n + 1);
			const t = Math.max(line.t, this.#latest.get(name) ?? 0);
			this.#latest.set(name, t);
			this.#insert({ ...line, t, n });
		}
	}

	#insert(line: Line): void {
		if (line.k) this.longestKey = Math.max(this.longestKey, shortKey(line.k).length);
		let at = this.lines.length;
		while (at > 0) {
			const before = this.lines[at - 1] as Line;
			if (before.execution < line.execution || (before.execution === line.execution && before.t <= line.t)) break;
			at -= 1;
		}
		if (at === this.lines.length) this.lines.push(line);
		else {
			this.lines.splice(at, 0, line);
			this.epoch += 1;
		}
	}
}
