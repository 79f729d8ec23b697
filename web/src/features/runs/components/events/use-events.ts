"use client";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { api } from "../../../../browser/api.ts";
import type { RunEvent } from "./words.ts";

const PAGE = 1_000;
/** New events are asked for at most this often, in milliseconds. */
const GATHER = 300;
/** Events that a page keeps: about 200 bytes each. */
const MOST = 100_000;

export interface Read {
	events: RunEvent[];
	/** All that there are so far. */
	complete: boolean;
	trouble: string | undefined;
}

/** The events of a run, page by page from the first, and on as it goes. */
class EventReader {
	read: Read = { events: [], complete: false, trouble: undefined };
	readonly #run: string;
	#listener: (() => void) | undefined;
	#after = 0;
	/** Positions that the run is known to have, and up to which it was read. */
	#known = -1;
	#reached = -1;
	#busy = false;

	constructor(run: string) {
		this.#run = run;
	}

	readonly subscribe = (listener: () => void): (() => void) => {
		this.#listener = listener;
		return () => {
			this.#listener = undefined;
		};
	};

	/** Reads on to position `seq`. */
	async want(seq: number): Promise<void> {
		this.#known = Math.max(this.#known, seq);
		if (this.#busy) return;
		this.#busy = true;
		while (this.#reached < this.#known && this.#listener && this.read.events.length < MOST) {
			const known = this.#known;
			try {
				const { events, next } = await api.runs.events.query({ id: this.#run, after: this.#after, limit: PAGE });
				this.#after = events.at(-1)?.seq ?? this.#after;
				if (next === null) this.#reached = known;
				this.#tell({ events: this.read.events.concat(events), complete: next === null, trouble: undefined });
				if (next === null) await new Promise((resolve) => setTimeout(resolve, GATHER));
			} catch (cause) {
				this.#tell({ ...this.read, trouble: (cause as Error).message });
				break;
			}
		}
		this.#busy = false;
	}

	#tell(read: Read): void {
		this.read = read;
		this.#listener?.();
	}
}

/** @param seq the run's newest position that is known */
export function useEvents(run: string, seq: number): Read & { again(): void } {
	const reader = useMemo(() => new EventReader(run), [run]);
	const read = useSyncExternalStore(
		reader.subscribe,
		() => reader.read,
		() => reader.read,
	);
	useEffect(() => void reader.want(seq), [reader, seq]);
	return { ...read, again: () => void reader.want(seq) };
}
