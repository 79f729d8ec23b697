/** Which lines are shown and which of them match the search, found in slices so that a new filter need not wait for the old one. */
import { plain } from "./ansi.ts";
import type { Line } from "./text.ts";

export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

export interface Filter {
	/** This level and above. */
	level: Level;
	/** A task's key. */
	task: string | undefined;
	execution: number | undefined;
	/** Of the task. */
	attempt: number | undefined;
	/** Case does not matter. */
	search: string;
}

/** Lines looked at at a time. */
const SLICE = 50_000;

export class FilteredLines {
	/** Positions among all lines. */
	readonly shown: number[] = [];
	/** Positions in `shown`. */
	readonly matches: number[] = [];
	readonly #filter: Filter;
	readonly #search: string;
	readonly #least: number;
	#looked = 0;

	constructor(filter: Filter) {
		this.#filter = filter;
		this.#search = filter.search.toLowerCase();
		this.#least = LEVELS.indexOf(filter.level);
	}

	/** Lines from `position` on are others now. @returns the first position in `shown` that is to be found anew. */
	rewind(position: number): number {
		if (position >= this.#looked) return this.shown.length;
		this.#looked = position;
		this.shown.length = lowerBound(this.shown, position);
		this.matches.length = lowerBound(this.matches, this.shown.length);
		return this.shown.length;
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

	/** @returns where `position` among all lines is shown; undefined where it is not. */
	find(position: number): number | undefined {
		const at = lowerBound(this.shown, position);
		return this.shown[at] === position ? at : undefined;
	}

	#wants(line: Line): boolean {
		if (this.#least > 0 && LEVELS.indexOf(line.l) < this.#least) return false;
		if (this.#filter.task !== undefined && line.k !== this.#filter.task) return false;
		if (this.#filter.attempt !== undefined && (line.a ?? 1) !== this.#filter.attempt) return false;
		return this.#filter.execution === undefined || line.execution === this.#filter.execution;
	}
}

/** The first index whose value is not below `value`, in a list that grows. */
function lowerBound(list: readonly number[], value: number): number {
	let [low, high] = [0, list.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((list[middle] as number) < value) low = middle + 1;
		else high = middle;
	}
	return low;
}
