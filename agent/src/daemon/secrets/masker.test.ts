import { expect, test } from "vitest";
import { text, utf8 } from "../../protocol/bytes.ts";
import { MASK } from "../../protocol/lines.ts";
import { guisesOf } from "./guises.ts";
import { LOOK_BACK, Masker } from "./masker.ts";

const nothing = new Uint8Array(0);
const record = (m: string, more: object = { s: "stdout" }): string => `${JSON.stringify({ t: 1732380000.123456, l: "info", m, ...more })}\n`;
const messages = (content: Uint8Array): string[] =>
	text(content)
		.split("\n")
		.filter(Boolean)
		.map((line) => JSON.parse(line).m);

/** As an agent reads a file that grows: in stretches, each from where the last one ended. */
function inStretches(masker: Masker, file: Uint8Array, ends: readonly number[], kind: "raw" | "records"): Uint8Array {
	const out: Uint8Array[] = [];
	let at = 0;
	for (const end of [...ends, file.length]) {
		const last = end === file.length;
		const to = kind === "records" && !last ? file.subarray(0, end).lastIndexOf(10) + 1 : end;
		if (to <= at && !last) continue;
		const before = file.subarray(Math.max(0, at - LOOK_BACK), at);
		const { content, taken } = masker[kind](before, file.subarray(at, to), last);
		expect(content.length).toBe(taken);
		out.push(content);
		at += taken;
	}
	expect(at).toBe(file.length);
	return Buffer.concat(out);
}

test("a secret is hidden in a text, in each guise that programs give it", () => {
	const secret = `p@ss "w/ö\\r😀d'&`;
	const masker = new Masker([secret]);
	const guises = [
		secret,
		JSON.stringify(secret).slice(1, -1),
		encodeURIComponent(secret),
		encodeURIComponent(secret).replaceAll("%20", "+"),
		Buffer.from(secret).toString("hex"),
		`${Buffer.from(`user:${secret}`).toString("base64")}`,
		`${Buffer.from(`u:${secret}:x`).toString("base64url")}`,
		Buffer.from(secret).toString("base64"),
		// bash -x, shlex, repr of a text, ascii of it, repr of its bytes, HTML, XML
		...[`p@ss "w/ö\\r😀d'\\''&`, `p@ss "w/ö\\r😀d'"'"'&`, `p@ss "w/ö\\\\r😀d\\'&`, `p@ss "w/\\xf6\\\\r\\U0001f600d\\'&`],
		...[`p@ss "w/\\xc3\\xb6\\\\r\\xf0\\x9f\\x98\\x80d\\'&`, `p@ss &quot;w/ö\\r😀d&#x27;&amp;`, `p@ss "w/ö\\r😀d'&amp;`],
	];
	for (const guise of guises) {
		const masked = masker.text(`before ${guise} after`);
		expect(masked, guise).toContain(MASK);
		expect(masked, guise).not.toContain(guise);
		expect(masked).toMatch(/^before .* after$/);
	}
	expect(masker.text("nothing to hide")).toBe("nothing to hide");
});

test("a secret that was wrapped over lines, or of several lines of which one is shown, is hidden", () => {
	const key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END KEY-----\n";
	const masker = new Masker([key, "abcdefghijklmnopqrstuvwxyz"]);
	expect(masker.text("x abcdefgh\nijklmnopq\r\nrstuvwxyz y")).toBe(`x ${MASK} y`);
	expect(masker.text("only BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj")).toBe(`only ${MASK}`);
	expect(masker.text(JSON.stringify({ key }))).toBe(`{"key":"${MASK}\\n"}`);
});

test("a preview that was cut in the middle of a secret shows nothing of it; a chance beginning stays", () => {
	const masker = new Masker(["correct-horse-battery"]);
	expect(masker.text("{'password': 'correct-horse-b…")).toBe(`{'password': '${MASK}…`);
	expect(masker.text("'correct-horse-b'… (6 bytes more)")).toBe(`'${MASK}'… (6 bytes more)`);
	expect(masker.text("that is cor… and more")).toBe("that is cor… and more");
	expect(masker.json({ "correct-horse-battery": ["correct-horse-battery", 1, null], n: 2 })).toEqual({ [MASK]: [MASK, 1, null], n: 2 });
});

test("values too short to be told from words are left alone, and so is a masker without any", () => {
	expect(guisesOf("short")).toEqual([]);
	expect(new Masker(["short", ""]).idle).toBe(true);
	expect(Masker.none.text("short")).toBe("short");
});

test("raw output keeps its length, whatever is hidden in it", () => {
	const masker = new Masker(["hunter22", "correct-horse-battery"]);
	const content = utf8("pw=hunter22; pw=correct-horse-battery; pw=correct-horse\n-battery!");
	const masked = masker.raw(nothing, content, true);
	expect(masked.content.length).toBe(content.length);
	expect(text(masked.content)).toBe("pw=****ffff; pw=••••fffffffff; pw=••••f\n****ffff!".replaceAll("f", "\x7f"));
});

test("a secret that was printed in two halves is hidden in both records, and other tasks may print between them", () => {
	const masker = new Masker(["correct-horse-battery"]);
	const content = utf8(
		record("it is correct-hor", { k: "a#0", s: "stdout" }) +
			record("hello", { k: "b#0", s: "stdout" }) +
			record("se-battery!", { k: "a#0", s: "stdout" }),
	);
	const masked = masker.records(nothing, content, true);
	expect(masked.content.length).toBe(content.length);
	const [first, between, last] = messages(masked.content);
	expect(first).toMatch(/^it is [•*]+\x7f*$/);
	expect(between).toBe("hello");
	expect(last).toMatch(/^[•*]+\x7f*!$/);
});

test("a record with half a secret waits for the next, and a last one that waited too long is hidden as far as it is telling", () => {
	const masker = new Masker(["correct-horse-battery"]);
	const first = utf8(record("fine") + record("correct-horse-"));
	const held = masker.records(nothing, first, false);
	expect(messages(held.content)).toEqual(["fine"]);
	expect(messages(masker.records(nothing, first, true).content)[1]).toMatch(/^••••\x7f*$/);
	// What comes later is hidden all the same.
	const rest = masker.records(first, utf8(record("battery")), true);
	expect(messages(rest.content)[0]).toMatch(/^\*+\x7f*$/);
});

test("hidden records are still records: no escape is cut in two", () => {
	const masker = new Masker(["tabulated", "abcdef\\", 'qu"ote"d']);
	for (const message of ["x\tabulated", 'abcdef"', "abcdef\\", 'a qu"ote"d b', "\\tabulated"]) {
		const content = utf8(record(message));
		const masked = masker.records(nothing, content, true).content;
		expect(masked.length).toBe(content.length);
		expect(() => messages(masked), message).not.toThrow();
	}
	expect(messages(masker.records(nothing, utf8(record('a qu"ote"d b')), true).content)[0]).toMatch(/^a \*{4}\x7f+ b$/);
});

test("a line that another program wrote between the records is searched too", () => {
	const masker = new Masker(["correct-horse-battery"]);
	const masked = masker.records(nothing, utf8(`no record: correct-horse-battery\n${record("fine")}`), true);
	expect(text(masked.content)).not.toContain("correct");
});

/** A small generator with a seed, so that what failed can be seen again. */
function random(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

/** Bytes that were changed though no guise of a secret stands there, found by looking for each guise by itself. */
function wrongly(file: Buffer, masked: Uint8Array, secrets: readonly string[]): number[] {
	const at = [...file.keys()].filter((index) => file[index] !== 10);
	const flat = Buffer.from(at.map((index) => file[index] as number));
	const meant = new Set<number>();
	for (const guise of secrets.flatMap(guisesOf).map((each) => Buffer.from(each.replaceAll("\n", ""))))
		for (let found = flat.indexOf(guise); found >= 0; found = flat.indexOf(guise, found + 1))
			for (let index = found; index < found + guise.length; index++) meant.add(at[index] as number);
	// What the file's end cuts off is hidden too, where it is telling.
	return [...file.keys()].filter((index) => index < file.length - 80 && file[index] !== masked[index] && !meant.has(index));
}

test("wherever a file is cut while it grows, no secret leaves, and all else leaves as it was", () => {
	const secrets = ["hunter2hunter3", 's3cr"t/with\\all', "aaaaaaab", "-----BEGIN-----\nQWxhZGRpbjpvcGVuIHNlc2FtZQ\n-----END-----"];
	const masker = new Masker(secrets);
	for (let seed = 1; seed <= 150; seed++) {
		const below = random(seed);
		const words = ["the ", "aaaa", "x", "hunter", "-----BEGIN", "\\", '"', "é", "s3cr"];
		const parts = Array.from({ length: 40 }, () =>
			below(3) === 0 ? (secrets[below(secrets.length)] as string) : (words[below(words.length)] as string),
		);
		const kind = seed % 2 ? "raw" : "records";
		const content = kind === "raw" ? parts.join("") : parts.map((part) => record(part)).join("");
		const file = Buffer.from(content);
		const ends = Array.from({ length: 6 }, () => below(file.length)).sort((a, b) => a - b);
		const masked = inStretches(masker, file, ends, kind);
		expect(masked.length, `seed ${seed}`).toBe(file.length);
		const seen = kind === "raw" ? text(masked) : messages(masked).join("");
		for (const secret of secrets) expect(seen.includes(secret), `seed ${seed}: ${secret}`).toBe(false);
		if (kind === "raw") expect(wrongly(file, masked, secrets), `seed ${seed}`).toEqual([]);
	}
});

const ofEach = (given: string, written: (char: string) => string): string => [...given].map((char) => (char < " " ? written(char) : char)).join("");
const REPR = (given: string): string => ofEach(given, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
const COLOURS = ["\x1b[31m", "\x1b[0m", "\x1b[38;5;196m", "\x1b[K", "\x1b]8;;http://x/\x07", "\x1b]0;t\x1b\\"];
const AROUND = ["plain ", "https://x/?p=", 'say \\ "hi" ', "\x1b[1m", "é… ", "\x1b"];
/** An escape alone, or with a letter: what follows a lone one may be either, so a text has only one of the two. */
const UNSEEN = [
	[...COLOURS, "\x1b", "\x00", "\b", "\u200b", "\u200d", "\u2060", "\ufeff", "\u202e", "\x9b"],
	[...COLOURS, "\x1b(B", "\x1b7", "\x1b="],
	[...COLOURS.slice(0, 5), "\x1b", "\x00"].map(REPR),
	[...COLOURS.slice(0, 5), "\x1b", "\u200b"].map((each) => JSON.stringify(each).slice(1, -1).replace("\u200b", "\\u200b")),
];

test("a secret with colours and what else nobody sees inside is hidden, wherever that stands and wherever the file is cut", () => {
	const secret = "VWXYZKQJGLVT";
	const masker = new Masker([secret]);
	for (let seed = 1; seed <= 400; seed++) {
		const below = random(seed);
		const unseen = UNSEEN[seed % UNSEEN.length] as string[];
		const around = seed % UNSEEN.length === 1 ? AROUND.slice(0, 5) : AROUND;
		const veil = (): string => [...secret].map((char, index) => (index > 0 && below(3) === 0 ? unseen[below(unseen.length)] : "") + char).join("");
		const before = around[below(around.length)] as string;
		expect(masker.text(`${before}${veil()} after`), `seed ${seed}`).toBe(`${before}${MASK} after`);

		const content = Array.from({ length: 5 }, () => `${around[below(around.length)]}${veil()} and `).join("");
		const cuts = [0, ...Array.from({ length: 12 }, () => below(content.length)).sort((a, b) => a - b)];
		const pieces = cuts.map((cut, index) => content.slice(cut, cuts[index + 1]));
		const file = Buffer.from(seed % 3 === 0 ? content : pieces.map((piece) => record(piece)).join(""));
		const ends = Array.from({ length: 6 }, () => below(file.length)).sort((a, b) => a - b);
		const masked = inStretches(masker, file, ends, seed % 3 === 0 ? "raw" : "records");
		const shown = seed % 3 === 0 ? text(masked) : messages(masked).join("");
		// Its first three letters may have left before the rest came.
		expect([...shown.matchAll(/[VWXYZQJGLT]+/g)].map(String).join(" "), `seed ${seed}`).toMatch(/^(?:[VWX]| )*$/);
		expect(shown.match(/ and /g), `seed ${seed}`).toHaveLength(5);
	}
});

test("what looks like an escape may be the secret's own, or hold it", () => {
	const masker = new Masker(["31mabcdef", "\\x1b[0mtoken"]);
	for (const before of ["\x1b[", "\\x1b[", "\x1b]8;;x", "\x1b"]) expect(masker.text(`${before}31mabcdef!`)).toBe(`${before}${MASK}!`);
	expect(masker.text("x\\x1b[0mtoken")).toBe(`x${MASK}`);
	expect(masker.text("\x1b]8;;http://x/?p=31mab\x1b[1mcdef")).toBe(`\x1b]8;;http://x/?p=${MASK}`);
	expect(masker.text("'31mab\x1b[1mcdef\x1b[")).toBe(`'${MASK}\x1b[`);
	expect(masker.text("'31mab\x1b[1mcd\x1b[0…")).toBe(`'${MASK}…`);
});

test("a piece of a body that is cut between colours is hidden on both sides", () => {
	const masker = new Masker(["correct-horse-battery"]);
	const file = Buffer.from(`|${[..."correct-horse-battery"].join("\x1b[38;2;100;100;100m")}|`);
	const cut = file.length >> 1;
	const seen = [masker.body(nothing, file.subarray(0, cut), file.subarray(cut)), masker.body(file.subarray(0, cut), file.subarray(cut), nothing)];
	expect(masker.reach).toBeGreaterThan(file.length);
	expect(seen.map(text).join("").replaceAll("\x1b[38;2;100;100;100m", "")).toMatch(/^\|\*+\|$/);
});

test("the base64 of a text that ends with a secret shows nothing of its end", () => {
	for (const secret of ["correct-horse", "correct-horse-", "correct-horse-b"])
		for (const user of ["u", "us", "use"]) {
			const coded = Buffer.from(`${user}:${secret}`).toString("base64");
			for (const each of [coded, coded.replaceAll("=", "")]) expect(new Masker([secret]).text(`Basic ${each}\n`)).toMatch(/^Basic \w{2,6}••••\n$/);
		}
});

test("a body is hidden over the ends of its pieces", () => {
	const masker = new Masker(["correct-horse-battery"]);
	const file = Buffer.from("|a|correct-horse-battery|");
	const cut = 10;
	const before = masker.body(nothing, file.subarray(0, cut), file.subarray(cut));
	const after = masker.body(file.subarray(0, cut), file.subarray(cut), nothing);
	expect(before.length + after.length).toBe(file.length);
	expect(text(before) + text(after)).not.toMatch(/corr|horse|batt/);
});
