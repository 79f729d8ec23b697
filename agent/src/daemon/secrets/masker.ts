/**
 * Hides secrets in everything that leaves, before it is sealed: in stretches of files as they are read, and in texts taken from events. A stretch keeps its
 * length, since readers know by it where the next one begins; so a mask there is MASK, or stars where the secret is shorter than that,
 * and a filler. That of a log is MASK_FILLER, which readers leave out, so that the length is shown to nobody; a file that is kept has spaces.
 *
 * A secret may be cut by the end of a stretch: the stretch is then cut before it, until more has come. What stood before the stretch is read again
 * as `before`, so that one which began there is hidden to its end. Both make the outcome depend on the file alone, not on when it was read.
 */
import { type Bytes, text, utf8 } from "../../protocol/bytes.ts";
import { MASK, MASK_FILLER } from "../../protocol/lines.ts";
import { Automaton, apart, type Found, type Span } from "./automaton.ts";
import { guisesOf } from "./guises.ts";
import { withUnseen } from "./unseen.ts";
import { rawView, recordViews, type View } from "./view.ts";

const MASK_BYTES = utf8(MASK);
const STAR = 42;
const SPACE = 32;
const FILLER = MASK_FILLER.charCodeAt(0);
const NEWLINE = 10;
const BACKSLASH = 92;
/** Less of a secret at the end of a stretch is chance. Bytes. */
const OPEN = 4;
/** So much of a secret that was cut off for good is hidden, or half of it where that is less. Bytes. */
const TELLING = 8;
/** Where a text was cut, as the SDK and Python mark it. */
const CUT = /(?=['"]?(?:…|\.\.\.))/;
/** How far back a stretch is read again. Bytes. */
export const LOOK_BACK = 16 * 1024;
/** So much of a secret in a body may be line ends and what nobody sees. Bytes. */
const BETWEEN = 4 * 1024;

/** A stretch of a file as it may leave. */
export interface Masked {
	content: Bytes;
	/** How much of the stretch that is: the rest waits for what comes. */
	taken: number;
}

export class Masker {
	/** Where there is nothing to hide. */
	static readonly none = new Masker([]);
	readonly #plain: Automaton;
	readonly #escaped: Automaton;
	readonly #guises: string[];
	/** Bytes of the longest guise. */
	readonly #longest: number;

	constructor(values: Iterable<string>) {
		this.#guises = [...new Set([...values].flatMap(guisesOf))];
		const flat = (guise: string): Bytes => utf8(guise.replace(/[\r\n]/g, ""));
		const patterns = this.#guises.map(flat);
		this.#plain = new Automaton(patterns);
		// What a program wrote stands in a record escaped once more. As it is it would fit there too, and cut an escape in two.
		this.#escaped = new Automaton(this.#guises.map((guise) => utf8(JSON.stringify(guise.replace(/[\r\n]/g, "")).slice(1, -1))));
		this.#longest = Math.max(0, ...patterns.map(({ length }) => length));
	}

	get idle(): boolean {
		return this.#guises.length === 0;
	}

	/** Bytes that a body is read beyond both of its ends, for {@link body}. */
	get reach(): number {
		return this.#longest + BETWEEN;
	}

	/** A text that leaves as a whole. */
	text(given: string): string {
		if (this.idle || given.length < OPEN) return given;
		const content = Buffer.from(given);
		const spans = this.#search([rawView(content)]).flatMap(({ view, found }) => found.spans.map(({ start, end }) => reachOf(view, start, end)));
		let masked = given;
		if (spans.length > 0) {
			const parts: string[] = [];
			let at = 0;
			for (const { start, end } of apart(spans)) {
				parts.push(text(content.subarray(at, start)), MASK);
				at = end;
			}
			masked = parts.join("") + text(content.subarray(at));
		}
		return this.#withoutRemains(masked);
	}

	/** Every text in a value that is going to be JSON, names included. */
	json<T>(value: T): T {
		return this.idle ? value : (this.#walk(value) as T);
	}

	#walk(value: unknown): unknown {
		if (typeof value === "string") return this.text(value);
		if (Array.isArray(value)) return value.map((each) => this.#walk(each));
		if (typeof value === "number" && this.text(String(value)) !== String(value)) return MASK;
		if (!value || typeof value !== "object") return value;
		return Object.fromEntries(Object.entries(value).map(([name, each]) => [this.text(name), this.#walk(each)]));
	}

	/** Previews are cut, and a cut may go through a secret: its beginning stands before the mark of the cut. */
	#withoutRemains(given: string): string {
		if (!CUT.test(given)) return given;
		const parts = given.split(CUT);
		return parts.map((part, index) => (index + 1 < parts.length ? this.#withoutBeginning(part) : part)).join("");
	}

	#withoutBeginning(part: string): string {
		const content = Buffer.from(part);
		const begun = this.#search([rawView(content)]).flatMap(({ view, found }) => (isTelling(view, found) ? [view.at[found.open] as number] : []));
		return begun.length > 0 ? text(content.subarray(0, Math.min(...begun))) + MASK : part;
	}

	/** In each view as it is, and without what nobody sees. */
	#search(views: View[]): { view: View; found: Found }[] {
		return views.flatMap(withUnseen).map((view) => ({ view, found: (view.escaped ? this.#escaped : this.#plain).find(view.text, view.length) }));
	}

	/** A stretch of what came from a file descriptor. @param last nothing follows, or not for long */
	raw(before: Uint8Array, content: Uint8Array, last: boolean): Masked {
		return this.#stretch([rawView(Buffer.concat([before, content]))], before.length, content, last, false);
	}

	/** A stretch of log records; `before` and `content` begin at the beginning of a line. */
	records(before: Uint8Array, content: Uint8Array, last: boolean): Masked {
		return this.#stretch(recordViews(Buffer.concat([before, content])), before.length, content, last, true);
	}

	/** A piece of a file that is whole: with what stands on both of its sides. */
	body(before: Uint8Array, content: Uint8Array, after: Uint8Array): Bytes {
		const masked = this.#stretch([rawView(Buffer.concat([before, content, after]))], before.length, content, false, false, true);
		return masked.content;
	}

	/** @param whole the file is there to its end: nothing waits */
	#stretch(views: View[], before: number, content: Uint8Array, last: boolean, lines: boolean, whole = false): Masked {
		const all = this.#search(views);
		let taken = content.length;
		if (!last && !whole) {
			const open = all.flatMap(({ view, found }) => (view.length - found.open >= OPEN ? waitingIn(view, found.open, before) : []));
			const first = Math.min(taken, ...open);
			// A record is told whole or not at all.
			taken = lines && first < taken ? Buffer.from(content.buffer, content.byteOffset, first).lastIndexOf(NEWLINE) + 1 : first;
		}
		const filler = whole ? SPACE : FILLER;
		const masked = new Uint8Array(content.subarray(0, taken)) as Bytes;
		// What two views show is hidden as one: a mask upon a mask would cut it.
		const pieces = all.flatMap(({ view, found }) => [
			...found.spans.flatMap(({ start, end }) => piecesOf(view, start, end)),
			...(last && isTelling(view, found) ? piecesOf(view, found.open, view.length) : []),
		]);
		for (const { start, end } of apart(pieces)) cover(masked, start - before, end - before, filler);
		return { content: masked, taken };
	}
}

const telling = (length: number): number => Math.max(OPEN, Math.min(TELLING, Math.ceil(length / 2)));

const isTelling = (view: View, { open, openOf }: Found): boolean => view.length - open >= telling(openOf);

/** Where the stretch after `before` has the first of what is open, if any: its very beginning may have left as chance. */
function waitingIn({ at, length }: View, open: number, before: number): number[] {
	for (let i = open; i < length; i++) if ((at[i] as number) >= before) return [(at[i] as number) - before];
	return [];
}

const reachOf = ({ at }: View, start: number, end: number): Span => ({ start: at[start] as number, end: (at[end - 1] as number) + 1 });

/** Each run of bytes that stand together by itself: what lies between them (a line's end, a record's frame, a colour) stays. */
function piecesOf(view: View, begin: number, end: number): Span[] {
	const pieces: Span[] = [];
	const start = view.escaped ? withEscape(view, begin) : begin;
	for (let from = start; from < end; ) {
		let to = from + 1;
		while (to < end && view.at[to] === (view.at[to - 1] as number) + 1) to++;
		pieces.push(reachOf(view, from, to));
		from = to;
	}
	return pieces;
}

/** A secret that begins with the letter of an escape (`\t`) takes the whole escape along: half of it is no JSON. */
function withEscape({ text, at }: View, start: number): number {
	let slashes = 0;
	while (text[start - 1 - slashes] === BACKSLASH && at[start - 1 - slashes] === (at[start] as number) - 1 - slashes) slashes++;
	return start - (slashes % 2);
}

function cover(masked: Uint8Array, start: number, end: number, filler: number): void {
	const [from, to] = [Math.max(0, start), Math.min(masked.length, end)];
	if (from >= to) return;
	const room = to - from;
	masked.fill(room >= MASK_BYTES.length ? filler : STAR, from, to);
	if (room >= MASK_BYTES.length) masked.set(MASK_BYTES, from);
	else if (room > OPEN) masked.fill(filler, from + OPEN, to);
}
