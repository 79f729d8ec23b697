/** Inputs of known names alone: one that is unknown is refused by its name. Dropped silently, a misspelt one would be done without. */
import { nearest } from "tidegate/protocol/nearest.ts";
import { z } from "zod";

/** Names that are told of an input, and characters of each. */
const TOLD = 3;
const LONG = 100;

type Shape = Record<string, z.ZodType>;

/** The same schema, whose objects, at any depth, take no name that they do not know. */
export function knownOnly(schema: z.ZodType): z.ZodType {
	if (schema instanceof z.ZodObject) return object(schema);
	if (schema instanceof z.ZodOptional) return knownOnly(schema.unwrap() as z.ZodType).optional();
	if (schema instanceof z.ZodNullable) return knownOnly(schema.unwrap() as z.ZodType).nullable();
	if (schema instanceof z.ZodArray) return schema.clone({ ...schema.def, element: knownOnly(schema.element as z.ZodType) });
	return schema;
}

function object(schema: z.ZodObject): z.ZodType {
	const shape: Shape = Object.fromEntries(Object.entries(schema.shape as Shape).map(([name, value]) => [name, knownOnly(value)]));
	const known = Object.keys(shape);
	const { error } = schema.def;
	return schema.clone({
		...schema.def,
		shape,
		catchall: z.never(),
		error: (issue: z.core.$ZodRawIssue) => (issue.code === "unrecognized_keys" ? unknown(issue.keys, known) : error?.(issue as never)),
	});
}

function unknown(keys: readonly string[], known: readonly string[]): string {
	const told = keys.slice(0, TOLD).map((key) => {
		const name = key.slice(0, LONG);
		const close = nearest(name, known) ?? known.find((each) => shortens(name, each));
		return `"${name}": unknown${close === undefined ? "" : `; did you mean "${close}"?`}`;
	});
	const more = keys.length > TOLD ? `, and ${keys.length - TOLD} more` : "";
	return `${told.join(", ")}${more} (${known.length === 0 ? "it takes no names" : `known: ${known.join(", ")}`})`;
}

/** Whether `name` is `whole` with some of its letters left out, as params of parameters. */
function shortens(name: string, whole: string): boolean {
	if (name.length < 3 || name[0] !== whole[0]) return false;
	let at = 0;
	for (const letter of whole) if (letter === name[at]) at++;
	return at === name.length;
}
