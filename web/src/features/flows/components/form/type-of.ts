import type { ValueSchema } from "tidegate/protocol/parameters.ts";

const SHORT: Record<string, string> = { string: "text", integer: "integer", number: "number", boolean: "yes or no", array: "list", object: "object" };

/** The type in a word or two: the same beside a field's name, in the docs and beside what a run was given. */
export function typeOf(schema: ValueSchema): string {
	if (schema.anyOf) {
		const known = schema.anyOf.filter(({ type }) => type !== "null");
		return known.map(typeOf).join(" or ") + (known.length < schema.anyOf.length ? ", optional" : "");
	}
	if (schema.enum) return "choice";
	if (schema.format === "date") return "date";
	if (schema.format === "date-time") return "date and time";
	if (schema.type === "array" && schema.items?.type) return `list of ${typeOf(schema.items)}`;
	if (schema.type === "object" && schema.title) return schema.title;
	if (schema.type === "object" && typeof schema.additionalProperties === "object") return `${typeOf(schema.additionalProperties)} by name`;
	return SHORT[schema.type ?? ""] ?? "any value";
}
