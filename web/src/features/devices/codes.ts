/** The short code that a person reads on a terminal and compares, or types, in the browser. */
import { createHmac, randomInt } from "node:crypto";
import { server } from "../../server/process.ts";

/** No vowels, so that no word comes out; nothing that is taken for something else (0 O, 1 I L, 2 Z, 5 S, 6 G, 8 B, U V). 21^8 are 4 · 10^10 codes. */
const ALPHABET = "CDFGHJKMNPQRTWXY34789";
const LENGTH = 8;

/** @returns `WXYK-3467` */
export function newCode(): string {
	const letters = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
	return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

/** The code as it was made, however it was typed; null where it can't be one. */
export function readCode(typed: string): string | null {
	const letters = typed.toUpperCase().replace(/[\s-]/g, "");
	if (letters.length !== LENGTH || [...letters].some((letter) => !ALPHABET.includes(letter))) return null;
	return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

/** Keyed: a code is short enough to be found from a plain hash. */
export const hashCode = (code: string): Buffer => createHmac("sha256", server().secret).update(`device code ${code}`).digest();
