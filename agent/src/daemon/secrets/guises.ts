/** Every guise in which a secret may appear in what a program writes: as it is, in base64, in a URL, in hex, quoted by JSON, Python, a shell or HTML. */
import { utf8 } from "../../protocol/bytes.ts";

/** A shorter value would hide ordinary words wherever they stand. Characters. */
export const SHORTEST = 6;
/** A line of a secret of several lines (a private key) is one of its own from here. Characters. */
const LINE = 12;
/** What of a secret inside a longer base64 text is still told from chance. Characters. */
const CODED = 6;

/** @returns nothing where the value is too short to be told from ordinary text. */
export function guisesOf(value: string): string[] {
	const whole = value.trim();
	if (whole.length < SHORTEST) return [];
	const lines = whole.split(/[\r\n]+/).map((line) => line.trim());
	const values = new Set([whole, ...(lines.length > 1 ? lines.filter((line) => line.length >= LINE) : [])]);
	const found = new Set<string>();
	for (const each of values) for (const guise of coded(each)) found.add(guise);
	return [...found];
}

function* coded(value: string): Generator<string> {
	yield value;
	yield* quoted(value);
	yield* inMarkup(value);
	yield* inUrls(value);
	yield* inBase64(value);
	const hex = Buffer.from(value).toString("hex");
	yield hex;
	yield hex.toUpperCase();
}

/** As JSON, Python's repr (of a text, and of its bytes) and a shell write it, in both ways of writing what is not ASCII. */
function* quoted(value: string): Generator<string> {
	const json = JSON.stringify(value).slice(1, -1);
	yield json;
	yield ascii(json);
	const lines = value.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/\r/g, "\\r").replace(/\t/g, "\\t");
	for (const each of new Set([json, lines, lines.replace(/'/g, "\\'")])) {
		yield each;
		yield ascii(each.replace(/[^\0-\uffff]/gu, (char) => `\\U${char.codePointAt(0)?.toString(16).padStart(8, "0")}`)).replace(
			/\\u00([0-9a-f]{2})/g,
			"\\x$1",
		);
		yield each.replace(/[^\0-\x7f]+/gu, (chars) => Buffer.from(chars).toString("hex").replace(/../g, "\\x$&"));
	}
	// bash -x, and Python's shlex.
	yield value.replaceAll("'", "'\\''");
	yield value.replaceAll("'", `'"'"'`);
}

/** As HTML and XML write it, with or without its quotes. */
function* inMarkup(value: string): Generator<string> {
	const text = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
	yield text;
	yield text.replaceAll('"', "&quot;");
	for (const quote of ["&#x27;", "&#39;", "&apos;"]) yield text.replaceAll('"', "&quot;").replaceAll("'", quote);
}

const ascii = (text: string): string => text.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** As JavaScript and Python write it into paths and queries; some write the digits small. */
function* inUrls(value: string): Generator<string> {
	// Half a surrogate would be refused.
	const script = encodeURIComponent(Buffer.from(value).toString());
	const python = script.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
	for (const each of [script, python, python.replaceAll("%2F", "/"), python.replaceAll("%20", "+"), script.replaceAll("%20", "+")]) {
		yield each;
		yield each.replace(/%[0-9A-F]{2}/g, (digits) => digits.toLowerCase());
	}
}

/** On its own, and in each of the three places that it can have in a longer text (`user:password`), without the digits that it shares with its neighbours. */
function* inBase64(value: string): Generator<string> {
	const bytes = utf8(value);
	for (let before = 0; before < 3; before++) {
		const padded = Buffer.concat([Buffer.alloc(before), bytes]);
		const from = Math.ceil((before * 8) / 6);
		const to = Math.floor((padded.length * 8) / 6);
		const coded = padded.toString("base64");
		const inner = coded.slice(from, to);
		if (inner.length < CODED) continue;
		// Where the text ends with the secret, its last digit is the secret's alone.
		for (const each of new Set([inner, coded.slice(from).replaceAll("=", ""), coded.slice(from)])) {
			yield each;
			yield each.replaceAll("+", "-").replaceAll("/", "_");
		}
	}
}
