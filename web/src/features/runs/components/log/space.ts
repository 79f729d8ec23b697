/**
 * Where a place in a long list stands in an element that a browser can lay out: past some ten million pixels browsers no longer do (Firefox
 * at 17.8, Chromium at 33.5). Up to MOST one is the other. Past it, the first and the last pixels still are, what is between is pressed together,
 * and small steps move by as many pixels as they were, so that a wheel never skips a line. Pure.
 */

/** Pixels of the element, at most. */
export const MOST = 10_000_000;
/** At both ends, pixels that are what they seem. */
const EDGE = 200_000;
/** How far the element may be off its place before it is put right: rarely, for it ends the browser's own gliding. */
const SLACK = 100_000;

/** What is scrolled: `top` of the element, `at` of the list. */
export interface Stand {
	top: number;
	at: number;
}

export class Space {
	readonly height: number;
	readonly #last: number;
	readonly #lastTop: number;
	readonly #view: number;

	/** @param length pixels of the whole list @param view pixels of it that are seen */
	constructor(length: number, view: number) {
		this.height = Math.min(length, MOST);
		this.#view = view;
		this.#last = Math.max(0, length - view);
		this.#lastTop = Math.max(0, this.height - view);
	}

	toTop(at: number): number {
		const { before, after } = this.#folds();
		const place = Math.min(Math.max(at, 0), this.#last);
		if (place <= EDGE || before === after) return place;
		if (place >= this.#last - EDGE) return this.#lastTop - (this.#last - place);
		return EDGE + (place - EDGE) * (after / before);
	}

	toPlace(top: number): number {
		const { before, after } = this.#folds();
		const place = Math.min(Math.max(top, 0), this.#lastTop);
		if (place <= EDGE || before === after) return place;
		if (place >= this.#lastTop - EDGE) return this.#last - (this.#lastTop - place);
		return EDGE + (place - EDGE) * (before / after);
	}

	/** The stand after the element was scrolled to `top`. Where its `top` differs from that, the element is to be moved there. */
	step(from: Stand, top: number): Stand {
		const by = top - from.top;
		const glides = Math.abs(by) <= 3 * this.#view;
		const moved = glides ? from.at + by : this.#atEnds(top) ? this.toPlace(top) : from.at + this.toPlace(top) - this.toPlace(from.top);
		const at = Math.min(Math.max(moved, 0), this.#last);
		const right = this.toTop(at);
		const off = Math.abs(right - top);
		return { at, top: off > SLACK || (off > 1 && (this.#atEnds(top) || this.#atEnds(right))) ? right : top };
	}

	/** Pixels between the ends, of the list and of the element. */
	#folds(): { before: number; after: number } {
		return { before: this.#last - 2 * EDGE, after: this.#lastTop - 2 * EDGE };
	}

	#atEnds(top: number): boolean {
		return top <= EDGE || top >= this.#lastTop - EDGE;
	}
}
