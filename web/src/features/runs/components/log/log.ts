"use client";
/** The page's end of a log: what its worker said of it, and the lines near those that are seen. */
import type { RunPlace } from "tidegate/protocol/places.ts";
import type { Filter } from "./filter.ts";
import type { FromWorker, LogState, Segment, Shown, Sought, ToWorker } from "./messages.ts";
import type { Line } from "./text.ts";

/** Lines asked for at a time. */
const BLOCK = 200;
/** Blocks kept: some screens in each direction, whatever the log's length. */
const KEPT = 60;

const NOTHING: LogState = { version: 0, since: 0, total: 0, shown: 0, matches: 0, longestKey: 0, read: 0, refused: 0, complete: false };

export class Log {
	state: LogState = NOTHING;
	/** The last lines, until all are read. */
	tail: Line[] | undefined;
	/** The newest filter's lines are being looked for. */
	filtering = false;
	trouble: string | undefined;
	/** Grows with every change, for React. */
	changes = 0;
	readonly #worker: Worker;
	readonly #listeners = new Set<() => void>();
	readonly #blocks = new Map<number, Shown[]>();
	readonly #asked = new Set<number>();
	/** Who asked, by what is sought, in order: an answer to an earlier question is none to the next, before which more was read. */
	readonly #finding = new Map<string, ((at: number | undefined) => void)[]>();
	#version = 0;
	#texts: ((text: Blob) => void)[] = [];

	constructor(person: string, kid: string, place: RunPlace) {
		this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "log" });
		this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#hear(data);
		this.#worker.onerror = (event) => this.#fail(event.message || "its reader did not start.");
		this.#say({ do: "open", person, kid, place });
	}

	readonly subscribe = (listener: () => void): (() => void) => {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	};

	close(): void {
		this.#worker.terminate();
	}

	/** Takes segments in the order of their positions; `complete` with those after which the rest arrives by itself. */
	add(segments: Segment[], complete: boolean): void {
		this.#say({ do: "add", segments, complete });
	}

	/** The last segments of a log that is long to read: their lines are shown before all others. */
	addTail(segments: Segment[]): void {
		this.#say({ do: "tail", segments });
	}

	/** The run ended. @param finishes where each execution's streams ended, as its agent sealed it */
	end(finishes: { execution: number; streams: Record<string, number>; at: string }[]): void {
		this.#say({ do: "end", finishes });
	}

	filter(filter: Filter): void {
		this.#version += 1;
		this.filtering = true;
		this.#forget(0);
		for (const settle of [...this.#finding.values()].flat()) settle(undefined);
		this.#finding.clear();
		this.#say({ do: "filter", version: this.#version, filter });
	}

	/** @returns the line shown at a position; undefined while it is being fetched. */
	line(at: number): Shown | undefined {
		const block = Math.floor(at / BLOCK);
		const lines = this.#blocks.get(block);
		if (lines) {
			// What was seen last is kept longest.
			this.#blocks.delete(block);
			this.#blocks.set(block, lines);
		}
		const found = lines?.[at % BLOCK];
		if (!found) this.#ask(block);
		return found;
	}

	/** @returns where it is shown; undefined where it is not. */
	find(sought: Sought): Promise<number | undefined> {
		return new Promise((resolve) => {
			const key = JSON.stringify(sought);
			this.#finding.set(key, [...(this.#finding.get(key) ?? []), resolve]);
			this.#say({ do: "find", version: this.#version, sought });
		});
	}

	/** The lines that are shown, as a file has them; of a range of positions, as they are copied. */
	text(range?: { from: number; to: number }): Promise<Blob> {
		return new Promise((resolve) => {
			this.#texts.push(resolve);
			this.#say({ do: "text", version: this.#version, range });
		});
	}

	fail(message: string): void {
		this.#fail(message);
	}

	#say(message: ToWorker): void {
		this.#worker.postMessage(message);
	}

	#ask(block: number): void {
		if (this.#asked.has(block) || this.filtering) return;
		this.#asked.add(block);
		this.#say({ do: "lines", version: this.#version, from: block * BLOCK, to: (block + 1) * BLOCK });
	}

	#hear(message: FromWorker): void {
		if (message.is === "text") {
			this.#texts.shift()?.(message.text);
			return;
		}
		if (message.is === "trouble") {
			this.#fail(message.message);
			return;
		}
		if (message.is === "tail") {
			this.tail = message.lines;
			this.#tell();
			return;
		}
		// What was found for an earlier filter is of no more use.
		if (message.version !== this.#version) return;
		if (message.is === "found") {
			this.#finding.get(JSON.stringify(message.sought))?.shift()?.(message.at);
			return;
		}
		if (message.is === "state") {
			this.state = message;
			this.filtering = false;
			this.#forget(message.since);
		} else this.#keep(message.from / BLOCK, message.lines);
		this.#tell();
	}

	#keep(block: number, lines: Shown[]): void {
		this.#asked.delete(block);
		this.#blocks.delete(block);
		this.#blocks.set(block, lines);
		if (this.#blocks.size > KEPT) this.#blocks.delete(this.#blocks.keys().next().value as number);
	}

	/** Positions from here on are others now. A last block that was not full is asked for again, and stays until it comes. */
	#forget(since: number): void {
		const first = Math.floor(since / BLOCK);
		for (const [block, lines] of this.#blocks) {
			if (block > first || (block === first && since % BLOCK === 0)) this.#blocks.delete(block);
			else if (block === first) lines.length = Math.min(lines.length, since % BLOCK);
		}
		for (const block of this.#asked) if (block >= first) this.#asked.delete(block);
	}

	#fail(message: string): void {
		this.trouble = message;
		this.#tell();
	}

	#tell(): void {
		this.changes += 1;
		for (const listener of this.#listeners) listener();
	}
}
