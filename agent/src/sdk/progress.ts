/** `for (const item of progress(items))`: how far a loop is, as one line that moves. */
import { preview } from "./preview.ts";

/** Milliseconds between two states of the line. */
const EVERY = 500;

export interface ProgressOptions {
	/** Words before the figures. */
	label?: string;
	/** How many there are, where the items do not say. */
	total?: number;
}

/** The items, while one line of the log (or of the terminal) says how many of how many are done, how fast, and how long it takes yet. */
export function progress<Item>(items: Iterable<Item>, options?: ProgressOptions): Generator<Item, void>;
export function progress<Item>(items: AsyncIterable<Item>, options?: ProgressOptions): AsyncGenerator<Item, void>;
export function progress<Item>(items: Iterable<Item> | AsyncIterable<Item>, options: ProgressOptions = {}): Generator<Item> | AsyncGenerator<Item> {
	const given = Object(items);
	if (!(Symbol.iterator in given || Symbol.asyncIterator in given))
		throw new TypeError(`progress takes a list, or what else gives one item after the other, not ${preview(items)}`);
	return Symbol.iterator in given ? each(given, options) : eachAsync(given, options);
}

function* each<Item>(items: Iterable<Item>, options: ProgressOptions): Generator<Item, void> {
	const known = items as { length?: number; size?: number };
	const line = new Line({ total: known.length ?? known.size, ...options });
	for (const item of items) {
		yield item;
		line.step();
	}
	line.end();
}

async function* eachAsync<Item>(items: AsyncIterable<Item>, options: ProgressOptions): AsyncGenerator<Item, void> {
	const line = new Line(options);
	for await (const item of items) {
		yield item;
		line.step();
	}
	line.end();
}

class Line {
	readonly #label: string;
	readonly #total: number | undefined;
	readonly #began = performance.now();
	#shown = this.#began;
	#done = 0;

	constructor({ label = "", total }: { label?: string | undefined; total?: number | undefined }) {
		this.#label = label;
		this.#total = total;
	}

	step(): void {
		this.#done++;
		if (performance.now() - this.#shown < EVERY) return;
		this.#shown = performance.now();
		this.#show("");
	}

	end(): void {
		this.#show("\n");
	}

	#show(end: string): void {
		const [done, total] = [this.#done, this.#total];
		const seconds = (performance.now() - this.#began) / 1000;
		const speed = seconds > 0 ? done / seconds : 0;
		const share = total ? ` ${Math.floor((100 * done) / total)} %` : "";
		const left = total && speed > 0 && done < total ? `, ${Math.round((total - done) / speed)} s left` : "";
		const of = total === undefined ? "" : `/${total}`;
		process.stderr.write(`\r${this.#label ? `${this.#label} ` : ""}${done}${of}${share}, ${Number(speed.toPrecision(3))}/s${left}${end}`);
	}
}
