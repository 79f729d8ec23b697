/** Texts with `{{ … }}` in them, and what becomes of them in the plan. */
import { ExpressionError, parseExpression, type Tree } from "./expression.ts";
import { Places } from "./places.ts";

/** A text in the plan: as it is, or in parts. A template that is the whole text keeps its value's type. */
export type Text = string | { $: (string | Tree)[] };

/** A shell script in parts. Values reach it as variables, which the shell does not read as commands but where Places says so; `quoted`: between double quotes. */
export type Script = (string | { tree: Tree; quoted: boolean })[];

/** Throws ExpressionError. */
export function parseText(text: string): Text {
	const parts = split(text);
	return parts.every((part) => typeof part === "string") ? text : { $: parts.map((part) => (typeof part === "string" ? part : part.tree)) };
}

function split(text: string): (string | { tree: Tree; at: number })[] {
	const parts: (string | { tree: Tree; at: number })[] = [];
	let place = 0;
	for (let open = text.indexOf("{{"); open >= 0; open = text.indexOf("{{", place)) {
		const close = text.indexOf("}}", open);
		if (close < 0) throw new ExpressionError("{{ has no }}", open);
		if (open > place) parts.push(text.slice(place, open));
		try {
			parts.push({ tree: parseExpression(text.slice(open + 2, close)), at: open });
		} catch (error) {
			if (error instanceof ExpressionError) throw new ExpressionError(error.message, open + 2 + error.at);
			throw error;
		}
		place = close + 2;
	}
	if (place < text.length) parts.push(text.slice(place));
	return parts;
}

/** Throws ExpressionError, also for a place where the shell would not put a value in. */
export function parseScript(text: string): Script {
	const places = new Places();
	const script = split(text).map((part) => {
		if (typeof part === "string") {
			places.read(part);
			return part;
		}
		if (places.quote === "'") throw new ExpressionError("a value can't be put between single quotes: leave them away, or use double ones", part.at);
		if (places.document) throw new ExpressionError("a value can't be put behind <<: name it under env, and write $NAME", part.at);
		const where = places.value(part.at);
		if (where) throw refusal(where, part.at);
		return { tree: part.tree, quoted: places.quote === '"' };
	});
	const refused = places.end();
	if (refused) throw refusal(refused.where, refused.at);
	return script;
}

const refusal = (where: string, at: number): ExpressionError =>
	new ExpressionError(
		`a value can't be put ${where}, where the shell may read commands in it: use [ … ] to compare, and where it must be computed with, name it under env, of a parameter whose type is integer`,
		at,
	);

export const treesOfText = (text: Text): Tree[] => (typeof text === "string" ? [] : text.$.filter((part): part is Tree => typeof part !== "string"));

export const treesOfScript = (script: Script): Tree[] => script.flatMap((part) => (typeof part === "string" ? [] : [part.tree]));
