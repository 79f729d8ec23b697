/**
 * What of a stretch of a file is text that may hold a secret, and where each byte of it stands. Line ends are left out, so that a secret which was wrapped
 * over lines is found as one that was not. Of log records only the messages count, those of one task and source after each other: a secret that was
 * printed in two halves stands in two records.
 */
export interface View {
	/** Bytes of the text, the first `length` of it. */
	text: Uint8Array;
	length: number;
	/** By byte of the text: where it stands in the stretch. */
	at: Int32Array;
	/** It is the inside of JSON texts: quotes and what is not printed stand there escaped. */
	readonly escaped: boolean;
}

const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;
const BACKSLASH = 92;
/** How the SDK writes a record's message; its time and level come before it, and hold no text of the flow. */
const MESSAGE = Buffer.from('"m":"');
const HEAD = Buffer.from('{"t":');
/** The message follows within so many bytes. */
const HEAD_LENGTH = 80;

class Growing implements View {
	text: Uint8Array;
	at: Int32Array;
	length = 0;
	readonly escaped: boolean;

	constructor(room: number, escaped: boolean) {
		this.escaped = escaped;
		this.text = new Uint8Array(room);
		this.at = new Int32Array(room);
	}

	/** Appends bytes `from` to before `to`, without line ends; in JSON these are written `\n`. */
	take(content: Uint8Array, from: number, to: number): void {
		if (this.length + to - from > this.text.length) this.#grow(this.length + to - from);
		const { text, at, escaped } = this;
		let length = this.length;
		for (let i = from; i < to; i++) {
			const byte = content[i] as number;
			if (byte === NEWLINE || byte === RETURN) continue;
			if (escaped && byte === BACKSLASH && i + 1 < to) {
				const next = content[i + 1];
				if (next !== 110 && next !== 114) {
					text[length] = byte;
					at[length++] = i;
					text[length] = next as number;
					at[length++] = i + 1;
				}
				i++;
				continue;
			}
			text[length] = byte;
			at[length++] = i;
		}
		this.length = length;
	}

	#grow(wanted: number): void {
		const room = Math.max(wanted, 2 * this.text.length);
		const [text, at] = [new Uint8Array(room), new Int32Array(room)];
		text.set(this.text);
		at.set(this.at);
		[this.text, this.at] = [text, at];
	}
}

/** Of bytes as they came from a file descriptor. */
export function rawView(content: Uint8Array): View {
	const view = new Growing(content.length, false);
	view.take(content, 0, content.length);
	return view;
}

/** Of whole log records, one a line: one view for each task and source, one for what else they say, one for what is no record. */
export function recordViews(content: Buffer): View[] {
	const rest = new Growing(256, true);
	const foreign = new Growing(256, false);
	const views = new Map<string, Growing>();
	for (let start = 0; start < content.length; ) {
		const newline = content.indexOf(NEWLINE, start);
		const end = newline < 0 ? content.length : newline;
		const from = messageOf(content, start, end);
		const to = from < 0 ? -1 : closing(content, from, end);
		if (to < 0) foreign.take(content, start, end);
		else {
			const tail = content.toString("latin1", to, end);
			const source = tail.includes('"part"') || tail.includes('"r"') ? tail.replace(/,"(part|r)":true/g, "") : tail;
			let view = views.get(source);
			if (!view) {
				view = new Growing(4096, true);
				views.set(source, view);
			}
			view.take(content, from, to);
			rest.take(content, to, end);
		}
		start = end + 1;
	}
	return [...views.values(), rest, foreign];
}

/** Where the text of a record's message begins; -1 where the line is no record of the SDK. */
function messageOf(content: Buffer, start: number, end: number): number {
	if (content.compare(HEAD, 0, HEAD.length, start, Math.min(end, start + HEAD.length)) !== 0) return -1;
	const found = content.subarray(start, Math.min(end, start + HEAD_LENGTH)).indexOf(MESSAGE);
	return found < 0 ? -1 : start + found + MESSAGE.length;
}

/** The quote that ends the text which begins at `from`. */
function closing(content: Buffer, from: number, end: number): number {
	for (let at = content.indexOf(QUOTE, from); at >= 0 && at < end; at = content.indexOf(QUOTE, at + 1)) {
		let slashes = 0;
		while (content[at - 1 - slashes] === BACKSLASH && at - 1 - slashes >= from) slashes++;
		if (slashes % 2 === 0) return at;
	}
	return -1;
}
