/**
 * The language of `when` and `{{ … }}`: literals, names, comparisons, and/or/not, in, and dates that are moved by a span.
 * It is read here alone, into a tree that the plan carries; the agent's side evaluates trees and reads no text.
 */

export type Tree =
	| ["value", string | number | boolean | null]
	| ["list", ...Tree[]]
	| ["get", ...(string | number)[]]
	| ["not", Tree]
	| ["and" | "or", Tree, Tree]
	| [Comparison, Tree, Tree]
	| ["move", Tree, number];
type Comparison = (typeof COMPARISONS)[number];

const COMPARISONS = ["==", "!=", "<=", ">=", "<", ">", "in", "not in"] as const;
const WORDS = new Map<string, string | number | boolean | null>([
	["true", true],
	["True", true],
	["false", false],
	["False", false],
	["null", null],
	["None", null],
]);
const SPANS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
const DATES = ["ds", "logical_date"];
const TOKEN = /\s*(?:(\d+(?:\.\d+)?)([A-Za-z]\w*)?|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([A-Za-z_]\w*)|(==|!=|<=|>=|[<>()[\],.+-])|$)/y;
const MAX_LENGTH = 2_000;
const MAX_DEPTH = 40;

/** `at` counts characters of the expression from 0. */
export class ExpressionError extends Error {
	override readonly name = "ExpressionError";
	readonly at: number;
	constructor(message: string, at: number) {
		super(message);
		this.at = at;
	}
}

type Token = { kind: "number" | "span" | "text" | "name" | "sign" | "end"; text: string; value: string | number; at: number };

/** Throws ExpressionError. */
export function parseExpression(text: string): Tree {
	if (text.length > MAX_LENGTH) throw new ExpressionError(`longer than ${MAX_LENGTH} characters`, 0);
	return new Parser(tokensOf(text)).whole();
}

/** Every name that a tree asks for: `["steps", "a", "result"]`. */
export function namesIn(tree: Tree): (string | number)[][] {
	if (tree[0] === "get") return [tree.slice(1) as (string | number)[]];
	return tree.slice(1).flatMap((part) => (Array.isArray(part) ? namesIn(part as Tree) : []));
}

function tokensOf(text: string): Token[] {
	const tokens: Token[] = [];
	TOKEN.lastIndex = 0;
	for (;;) {
		const begin = TOKEN.lastIndex;
		const found = TOKEN.exec(text);
		if (!found) {
			const at = begin + (/^\s*/.exec(text.slice(begin)) as RegExpExecArray)[0].length;
			throw new ExpressionError(`${JSON.stringify(text[at])} means nothing here`, at);
		}
		const [all, number, unit, quoted, name, sign] = found;
		const at = begin + all.length - all.trimStart().length;
		const own = all.trimStart();
		if (number !== undefined && unit !== undefined) tokens.push({ kind: "span", text: own, value: span(number, unit, at), at });
		else if (number !== undefined) tokens.push({ kind: "number", text: own, value: Number(number), at });
		else if (quoted !== undefined) tokens.push({ kind: "text", text: own, value: quoted.slice(1, -1).replace(/\\(.)/gs, "$1"), at });
		else if (name !== undefined) tokens.push({ kind: "name", text: own, value: name, at });
		else if (sign !== undefined) tokens.push({ kind: "sign", text: own, value: sign, at });
		else {
			tokens.push({ kind: "end", text: "the end", value: "", at: text.length });
			return tokens;
		}
	}
}

function span(number: string, unit: string, at: number): number {
	const seconds = SPANS[unit];
	if (seconds === undefined || !Object.hasOwn(SPANS, unit))
		throw new ExpressionError(`${number}${unit} is no span of time: there are s, m, h, d and w, as in 1d`, at);
	return Number(number) * seconds;
}

class Parser {
	readonly #tokens: Token[];
	#place = 0;
	#depth = 0;

	constructor(tokens: Token[]) {
		this.#tokens = tokens;
	}

	whole(): Tree {
		const tree = this.#or();
		if (this.#next.kind !== "end") throw this.#unexpected("and, or, a comparison or the end");
		return tree;
	}

	get #next(): Token {
		return this.#tokens[this.#place] as Token;
	}

	#take(...texts: string[]): string | undefined {
		const { kind, text } = this.#next;
		if ((kind !== "sign" && kind !== "name") || !texts.includes(text)) return undefined;
		this.#place++;
		return text;
	}

	#unexpected(wanted: string): ExpressionError {
		return new ExpressionError(`${this.#next.text} stands where ${wanted} is expected`, this.#next.at);
	}

	#or(): Tree {
		if (++this.#depth > MAX_DEPTH) throw new ExpressionError(`more than ${MAX_DEPTH} levels deep`, this.#next.at);
		let tree = this.#and();
		while (this.#take("or")) tree = ["or", tree, this.#and()];
		this.#depth--;
		return tree;
	}

	#and(): Tree {
		let tree = this.#not();
		while (this.#take("and")) tree = ["and", tree, this.#not()];
		return tree;
	}

	#not(): Tree {
		let nots = 0;
		while (this.#take("not")) nots++;
		let tree = this.#comparison();
		if (nots > MAX_DEPTH) throw new ExpressionError(`more than ${MAX_DEPTH} times not`, this.#next.at);
		for (; nots > 0; nots--) tree = ["not", tree];
		return tree;
	}

	#comparison(): Tree {
		const left = this.#moved();
		const sign = this.#comparisonSign();
		if (!sign) return left;
		const tree: Tree = [sign, left, this.#moved()];
		if (this.#comparisonSign()) {
			this.#place--;
			throw new ExpressionError("comparisons are not chained: join them by and", this.#next.at);
		}
		return tree;
	}

	#comparisonSign(): Comparison | undefined {
		if (this.#take("not")) {
			if (!this.#take("in")) throw this.#unexpected("in");
			return "not in";
		}
		return this.#take("==", "!=", "<=", ">=", "<", ">", "in") as Comparison | undefined;
	}

	/** A date, moved by spans: `logical_date - 1d`. */
	#moved(): Tree {
		const at = this.#next.at;
		let tree = this.#primary();
		for (let sign = this.#take("+", "-"); sign; sign = this.#take("+", "-")) {
			const isDate = tree[0] === "move" || (tree[0] === "get" && tree.length === 2 && DATES.includes(String(tree[1])));
			if (!isDate) throw new ExpressionError(`only ds and logical_date are moved by ${sign}`, at);
			if (this.#next.kind !== "span") throw this.#unexpected("a span of time such as 1d");
			const seconds = this.#next.value as number;
			tree = ["move", tree, sign === "-" ? -seconds : seconds];
			this.#place++;
		}
		return tree;
	}

	#primary(): Tree {
		const token = this.#next;
		if (token.kind === "number" || token.kind === "text") {
			this.#place++;
			return ["value", token.value];
		}
		if (this.#take("-")) {
			if (this.#next.kind !== "number") throw this.#unexpected("a number");
			const value = -(this.#next.value as number);
			this.#place++;
			return ["value", value];
		}
		if (this.#take("(")) {
			const tree = this.#or();
			if (!this.#take(")")) throw this.#unexpected(")");
			return tree;
		}
		if (this.#take("[")) return this.#list();
		if (token.kind !== "name" || ["and", "or", "in"].includes(token.text)) throw this.#unexpected("a value or a name");
		this.#place++;
		const known = WORDS.get(token.text);
		return known === undefined ? this.#path(token.text) : ["value", known];
	}

	#list(): Tree {
		const items: Tree[] = [];
		while (!this.#take("]")) {
			items.push(this.#or());
			if (this.#take(",")) continue;
			if (!this.#take("]")) throw this.#unexpected(", or ]");
			break;
		}
		return ["list", ...items];
	}

	#path(first: string): Tree {
		const path: (string | number)[] = [first];
		for (;;) {
			if (this.#take(".")) {
				if (this.#next.kind !== "name") throw this.#unexpected("a name");
				path.push(this.#next.value);
				this.#place++;
			} else if (this.#take("[")) {
				const back = this.#take("-") ? -1 : 1;
				const { kind, value } = this.#next;
				if (kind !== "number" && (kind !== "text" || back < 0)) throw this.#unexpected("a number or a text in quotes");
				if (kind === "number" && !Number.isInteger(value)) throw this.#unexpected("a whole number");
				path.push(typeof value === "number" ? value * back : value);
				this.#place++;
				if (!this.#take("]")) throw this.#unexpected("]");
			} else return ["get", ...path];
		}
	}
}
