/**
 * What of a text nobody sees: escapes of a terminal (colours, links, titles), control characters, characters without width; also as JSON and Python's
 * repr write them. Who reads a log does not see them, and so would read a secret whole that has some inside: a view that has any is searched again without.
 * The first search stays as it is, since what looks like an escape may be the secret's own, or hold it (the address of a link).
 */
import type { View } from "./view.ts";

const SLASHES = "\\\\\\\\?";
const ESCAPE = `(?:\\x1b|${SLASHES}(?:u001[bB]|x1[bB]|033))`;
const BELL = `(?:\\x07|${SLASHES}(?:u0007|x07))`;
/** Neither of these takes a quote or a backslash along: in JSON they would be half of something. */
const CSI = "\\[[0-?]*[ !#-/]*[@-\\[\\]-~]?";
const CHARSET = "[()](?:[0-2A-K]|$)";
const LETTER = "[ !#-/]*(?:[0-\\[\\]-~]|$)";
/** As UTF-8, read as Latin-1: C1, soft hyphen, U+200B to F, 202A to E, 2060 to F, FEFF. Or what the text's end leaves of one. */
const WIDTHLESS =
	"\\xc2[\\x80-\\x9f\\xad]|\\xe2\\x80[\\x8b-\\x8f\\xaa-\\xae]|\\xe2\\x81[\\xa0-\\xaf]|\\xef\\xbb\\xbf|(?:\\xc2|\\xe2[\\x80\\x81]?|\\xef\\xbb?)$";
const CONTROL = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]";
const CODE = "(?:0[0-8bcefBCEF]|1[\\da-fA-F]|7[fF])";
const WRITTEN = `${SLASHES}(?:u00(?:${CODE}|[89][\\da-fA-F]|[aA][dD])|x${CODE}|u20(?:0[b-fB-F]|2[a-eA-E]|6[\\da-fA-F])|u[fF][eE][fF][fF]|(?:u[\\da-fA-F]{0,3}|x[\\da-fA-F]?|03?)?$)`;

/** @param lettered an escape takes the letter after it along, as for a terminal, and a string ends with the next escape; else only what is surely no text */
function unseen(escaped: boolean, lettered: boolean): RegExp {
	const end = escaped ? "(?:\\\\\\\\){1,2}" : "\\\\{1,2}";
	// One that nothing ends is none, once so much follows.
	const string = `${lettered ? "[\\]PX^_]" : "\\]"}(?:(?!${BELL}|${ESCAPE})[^]){0,1024}(?:${BELL}|${ESCAPE}(?:${end}|$)|${lettered ? `(?=${ESCAPE})|` : ""}$)`;
	const sequence = `${ESCAPE}(?:${CSI}|${string}|${lettered ? LETTER : CHARSET})?`;
	// What is kept: a backslash with what it belongs to.
	return new RegExp(`(${sequence}|${CONTROL}|${WIDTHLESS}|${WRITTEN}${escaped ? "|\\\\[bf]" : ""})|\\\\[!-~]`, "g");
}

const ALONE = { raw: unseen(false, false), escaped: unseen(true, false) };
const LETTERED = { raw: unseen(false, true), escaped: unseen(true, true) };

/** Bytes that any of it begins with. */
const SUSPECT = Uint8Array.from({ length: 256 }, (_, byte) =>
	Number((byte < 32 && ![9, 10, 13].includes(byte)) || [92, 127, 0xc2, 0xe2, 0xef].includes(byte)),
);
const BACKSLASH = 92;
/** After a backslash: u, x, 0, b, f and another. */
const AFTER = new Set([117, 120, 48, 98, 102, BACKSLASH]);

/** The view, and without what nobody sees in it where there is any. */
export function withUnseen(view: View): View[] {
	if (!isSuspect(view)) return [view];
	const read = Buffer.from(view.text.buffer, view.text.byteOffset, view.length).toString("latin1");
	const kind = view.escaped ? "escaped" : "raw";
	const alone = without(view, read, ALONE[kind]);
	if (alone.length === view.length) return [view];
	const lettered = without(view, read, LETTERED[kind]);
	return lettered.length === alone.length ? [view, alone] : [view, alone, lettered];
}

/** Looks no further than it must: most text has none. */
function isSuspect({ text, length }: View): boolean {
	for (let i = 0; i < length; i++) {
		const byte = text[i] as number;
		if (SUSPECT[byte] && (byte !== BACKSLASH || i + 1 === length || AFTER.has(text[i + 1] as number))) return true;
	}
	return false;
}

function without(view: View, read: string, what: RegExp): View {
	const [text, at] = [new Uint8Array(view.length), new Int32Array(view.length)];
	let length = 0;
	const take = (from: number, to: number) => {
		text.set(view.text.subarray(from, to), length);
		at.set(view.at.subarray(from, to), length);
		length += to - from;
	};
	let from = 0;
	for (const { index, 0: whole, 1: left } of read.matchAll(what)) {
		if (left === undefined) continue;
		take(from, index);
		from = index + whole.length;
	}
	take(from, view.length);
	return { text, at, length, escaped: view.escaped };
}
