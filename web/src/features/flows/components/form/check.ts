/** What was typed, checked by the very rules of the CLI before anything is sealed, and each problem brought to its field. Pure. */
import type { ParameterSchema } from "tidegate/protocol/manifest.ts";
import { checkParameters, ParameterError } from "tidegate/protocol/parameters.ts";
import { type FieldProblem, type Given, readGiven } from "./draft.ts";
import type { Entry, Field } from "./fields.ts";

export type Checked = { values: Record<string, unknown> } | { problems: FieldProblem[] };

export function check(schema: ParameterSchema, entries: Entry[], given: Given): Checked {
	const { values, problems } = readGiven(entries, given);
	try {
		checkParameters(schema, values);
	} catch (error) {
		if (!(error instanceof ParameterError)) throw error;
		const paths = pathsOf(entries, given);
		// What is no JSON was left out of the values: that it is missing would be told twice.
		for (const line of error.problems) {
			const found = located(line, paths);
			if (!problems.some(({ path }) => path === found.path)) problems.push(found);
		}
	}
	if (problems.length === 0) return { values };
	const order = pathsOf(entries, given);
	return { problems: problems.sort((a, b) => order.indexOf(a.path) - order.indexOf(b.path)) };
}

/** `parameter "x[1]": expected …` at the innermost field that is shown for it. */
function located(line: string, paths: string[]): FieldProblem {
	const inside = (path: string) => {
		const head = `parameter "${path}`;
		return line.startsWith(head) && /^(?:":|\.|\[)/.test(line.slice(head.length));
	};
	const path = paths.filter(inside).reduce((longest, one) => (one.length > longest.length ? one : longest), "");
	const exact = `parameter "${path}": `;
	return { path, what: told(line.startsWith(exact) ? line.slice(exact.length) : line.replace(/^parameter /, "")) };
}

const told = (what: string): string => what.replaceAll(" (as JSON)", "");

/** Every field that is shown, from the top down. */
export function pathsOf(entries: Entry[], given: Given, prefix = ""): string[] {
	return entries.flatMap(({ name, field }) => {
		const own = Object.hasOwn(given, name) ? given[name] : undefined;
		return [prefix + name, ...(own ? inner(field, own.draft, prefix + name) : [])];
	});
}

function inner(field: Field, draft: Given[string]["draft"], path: string): string[] {
	if ("json" in draft) return [];
	if (field.kind === "object" && "fields" in draft) return pathsOf(field.entries, draft.fields, `${path}.`);
	if (field.kind === "list" && "items" in draft)
		return draft.items.flatMap((item, at) => [`${path}[${at}]`, ...inner(field.item, item, `${path}[${at}]`)]);
	if (field.kind === "dict" && "pairs" in draft)
		return draft.pairs.flatMap(([key, item]) => [`${path}.${key}`, ...inner(field.item, item, `${path}.${key}`)]);
	if (field.kind === "union" && "branch" in draft) {
		const [branch, own] = [field.branches[draft.branch], draft.drafts[draft.branch]];
		return branch && own ? inner(branch, own, path) : [];
	}
	return [];
}
