/** Which lines are shown and which of them match the search, found in slices so that a million lines do not stop the page. */
import { plain } from "./ansi.ts";
import type { Line } from "./store.ts";

export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

export interface Filter {
	/** This level and above. */
	level: Level;
	/** A task's key. */
	task: string | undefined;
	execution: number | undefined;
	/** Case does not matter. */
	search: string;
}

/** Lines looked at before the page gets to breathe. */
const SLICE = 20_000;

export class FilteredLines {
	readonly filter: Filter;
	readonly epoch: number;
	/** Positions in the store's lines. */
	readonly shown: number[] = [];
	/** Positions in `shown`. */
	readonly matches: number[] = [];
	#looked = 0;
	#search: string;
	#least: number;

	constructor(filter: Filter, epoch: number) {
		this.filter = filter;
		this.epoch = epoch;
		this.#search = filter.search.toLowerCase();
		this.#least = LEVELS.indexOf(filter.level);
	}

	/** Looks at lines that are new. @returns whether all were looked at. */
	extend(lines: readonly Line[]): boolean {
		const end = Math.min(lines.length, this.#looked + SLICE);
		for (; this.#looked < end; this.#looked++) {
			const line = lines[this.#looked] as Line;
			if (!this.#wants(line)) continue;
			this.shown.push(this.#looked);
			if (this.#search && plain(line.m).toLowerCase().includes(this.#search)) this.matches.push(this.shown.length - 1);
		}
		return this.#looked === lines.length;
	}

	#wants(line: Line): boolean {
		if (this.#least > 0 && LEVELS.indexOf(line.l) < this.#least) return false;
		if (this.filter.task !== undefined && line.k !== this.filter.task) return false;
		return this.filter.execution === undefined || line.execution === this.filter.execution;
	}
}
