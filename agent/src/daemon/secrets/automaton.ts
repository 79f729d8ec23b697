/**
 * Finds many patterns in one pass over the bytes, whatever their number (Aho and Corasick). Only the first ANCHOR bytes of a pattern lie in its table; what
 * follows is compared: a private key of 3 KB in all its guises would fill tens of MB otherwise. Searching for each pattern by itself costs as much per
 * byte for two patterns as this does for two hundred.
 */
const ANCHOR = 24;

/** From `start` to before `end`. */
export interface Span {
	start: number;
	end: number;
}

export interface Found {
	/** In order, apart from each other. */
	spans: Span[];
	/** Where a pattern begins that the text's end cuts off: the longest such; the text's length where there is none. */
	open: number;
	/** Length of the shortest of the patterns that are open. */
	openOf: number;
}

export class Automaton {
	/** By node and class of byte: where the next node's own begin, which spares a multiplication for each byte. */
	readonly #next: Int32Array;
	/** By byte: its class; 0 for all that stand in no pattern. */
	readonly #class = new Uint8Array(256);
	readonly #classes: number;
	/** By node: patterns whose anchor ends there. */
	readonly #ends: (Uint8Array[] | undefined)[] = [undefined];
	/** By row: whether any ends there. */
	readonly #telling: Uint8Array;
	readonly #depth: number[] = [0];
	/** By node: length of the shortest pattern that goes on after it. */
	readonly #least: number[] = [Number.POSITIVE_INFINITY];

	constructor(patterns: readonly Uint8Array[]) {
		let classes = 1;
		for (const pattern of patterns)
			for (const byte of pattern.subarray(0, ANCHOR)) if (this.#class[byte] === 0 && classes < 256) this.#class[byte] = classes++;
		this.#classes = classes;
		const children: Map<number, number>[] = [new Map()];
		for (const pattern of patterns) this.#add(pattern, children);
		this.#next = new Int32Array(children.length * classes);
		this.#link(children);
		this.#telling = new Uint8Array(this.#next.length);
		for (const [node, ends] of this.#ends.entries()) if (ends) this.#telling[node * classes] = 1;
	}

	#add(pattern: Uint8Array, children: Map<number, number>[]): void {
		let node = 0;
		for (const byte of pattern.subarray(0, ANCHOR)) {
			const own = children[node] as Map<number, number>;
			const known = this.#class[byte] as number;
			let next = own.get(known);
			if (next === undefined) {
				next = children.push(new Map()) - 1;
				own.set(known, next);
				this.#depth[next] = (this.#depth[node] as number) + 1;
				this.#least[next] = Number.POSITIVE_INFINITY;
			}
			node = next;
			if (pattern.length > (this.#depth[node] as number)) this.#least[node] = Math.min(this.#least[node] as number, pattern.length);
		}
		this.#ends[node] = [...(this.#ends[node] ?? []), pattern];
	}

	/** Where no child fits, the search goes on as if it had begun later: breadth first, so that what it falls back to is known. */
	#link(children: readonly Map<number, number>[]): void {
		const fallback = new Int32Array(children.length);
		const queue = [0];
		for (const node of queue) {
			const own = children[node] as Map<number, number>;
			for (let known = 0; known < this.#classes; known++) {
				const fallen = node === 0 ? 0 : (this.#next[(fallback[node] as number) * this.#classes + known] as number) / this.#classes;
				const child = own.get(known);
				this.#next[node * this.#classes + known] = (child ?? fallen) * this.#classes;
				if (child === undefined) continue;
				fallback[child] = fallen;
				const inherited = this.#ends[fallen];
				if (inherited) this.#ends[child] = [...(this.#ends[child] ?? []), ...inherited];
				queue.push(child);
			}
		}
	}

	/** @param length how much of `text` counts */
	find(text: Uint8Array, length: number = text.length): Found {
		const [next, known, classes, ends, telling] = [this.#next, this.#class, this.#classes, this.#ends, this.#telling];
		const spans: Span[] = [];
		let open = length;
		let openOf = 0;
		let row = 0;
		for (let at = 0; at < length; at++) {
			row = next[row + (known[text[at] as number] as number)] as number;
			if (row === 0 || !telling[row]) continue;
			const ended = ends[row / classes] as Uint8Array[];
			for (const pattern of ended) {
				const start = at + 1 - Math.min(pattern.length, ANCHOR);
				const same = alike(pattern, text, start, length);
				if (same && start + pattern.length <= length) spans.push({ start, end: start + pattern.length });
				else if (same && start < open) [open, openOf] = [start, pattern.length];
			}
		}
		const node = row / classes;
		const begun = length - (this.#depth[node] as number);
		if (begun < open && this.#least[node] !== Number.POSITIVE_INFINITY) [open, openOf] = [begun, this.#least[node] as number];
		return { spans: apart(spans), open, openOf };
	}
}

/** Whether the pattern stands there, as far as there is text. The anchor was found already. */
function alike(pattern: Uint8Array, text: Uint8Array, start: number, length: number): boolean {
	const to = Math.min(pattern.length, length - start);
	for (let i = ANCHOR; i < to; i++) if (pattern[i] !== text[start + i]) return false;
	return true;
}

/** Overlapping ones made one. */
export function apart(spans: Span[]): Span[] {
	const joined: Span[] = [];
	for (const span of spans.sort((a, b) => a.start - b.start)) {
		const last = joined.at(-1);
		if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
		else joined.push({ ...span });
	}
	return joined;
}
