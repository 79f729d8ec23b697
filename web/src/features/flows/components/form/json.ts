/** JSON as people type it: read, or told where it goes wrong. Browsers tell that each in other words, and some not at all. Pure. */
import { numberProblem } from "tidegate/protocol/json.ts";

export interface JsonProblem {
	/** From 1. */
	line: number;
	column: number;
	what: string;
	/** It is JSON, and holds a number that would be another one. */
	inexact?: true;
}

export const toldOf = ({ line, column, what, inexact }: JsonProblem): string =>
	inexact ? `line ${line}, column ${column}: ${what}` : `this is no JSON: ${what} in line ${line}, column ${column}`;

/** More than this many brackets inside each other are no value that anybody types. */
const MAX_DEPTH = 500;

class Wrong extends Error {}
class Inexact extends Wrong {}

/** Only finds what is wrong; the value itself is read by JSON.parse. */
class Reader {
	readonly #text: string;
	at = 0;
	constructor(text: string) {
		this.#text = text;
	}

	whole(): void {
		this.#value(0);
		this.#space();
		if (this.at < this.#text.length) throw new Wrong(`${this.#here()} after the end of the value`);
	}

	#here(): string {
		const char = this.#text[this.at];
		return char === undefined ? "it ends too early" : `unexpected ${char === "\n" ? "end of line" : `“${char}”`}`;
	}

	#space(): void {
		while (/[ \t\r\n]/.test(this.#text[this.at] ?? "")) this.at += 1;
	}

	#value(depth: number): void {
		if (depth > MAX_DEPTH) throw new Wrong("too many brackets inside each other");
		this.#space();
		const char = this.#text[this.at];
		if (char === "{") this.#items("}", depth, true);
		else if (char === "[") this.#items("]", depth, false);
		else if (char === '"') this.#string();
		else this.#word(char);
	}

	#word(char: string | undefined): void {
		const word = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/.exec(this.#text.slice(this.at, this.at + 400))?.[0];
		if (word) {
			const problem = /\d/.test(word) ? numberProblem(word) : undefined;
			if (problem) throw new Inexact(problem);
			this.at += word.length;
			return;
		}
		if (char === "'") throw new Wrong('text stands in "double quotes"');
		throw new Wrong(/[A-Za-z]/.test(char ?? "") ? `${this.#here()}: text stands in "double quotes"` : this.#here());
	}

	#items(close: string, depth: number, named: boolean): void {
		this.at += 1;
		this.#space();
		if (this.#text[this.at] === close) {
			this.at += 1;
			return;
		}
		for (;;) {
			if (named) this.#name();
			this.#value(depth + 1);
			this.#space();
			const char = this.#text[this.at];
			if (char !== "," && char !== close) throw new Wrong(`${this.#here()}: a comma or ${close} is missing`);
			this.at += 1;
			if (char === close) return;
			this.#space();
			if (this.#text[this.at] === close) throw new Wrong(`nothing follows the comma before ${close}`);
		}
	}

	#name(): void {
		this.#space();
		if (this.#text[this.at] !== '"') throw new Wrong(`${this.#here()}: a name in "double quotes" is missing`);
		this.#string();
		this.#space();
		if (this.#text[this.at] !== ":") throw new Wrong(`${this.#here()}: a colon after the name is missing`);
		this.at += 1;
	}

	#string(): void {
		const begin = this.at;
		for (this.at += 1; this.#text[this.at] !== '"'; this.at += 1) {
			const char = this.#text[this.at];
			if (char === undefined || char < " ") {
				if (char === undefined || char === "\n") this.at = begin;
				throw new Wrong(char === undefined || char === "\n" ? "this text has no closing quote" : "a tab in a text is written \\t");
			}
			if (char !== "\\") continue;
			const sequence = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(this.#text.slice(this.at, this.at + 6))?.[0];
			if (!sequence) throw new Wrong("a backslash is written twice");
			this.at += sequence.length - 1;
		}
		this.at += 1;
	}
}

export function readJson(text: string): { value: unknown } | JsonProblem {
	const reader = new Reader(text);
	try {
		reader.whole();
		return { value: JSON.parse(text) };
	} catch (error) {
		const before = text.slice(0, reader.at).split("\n");
		const what = error instanceof Wrong ? error.message : "unreadable";
		return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, what, ...(error instanceof Inexact && { inexact: true }) };
	}
}
