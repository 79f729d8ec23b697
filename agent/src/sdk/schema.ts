/** Schemas as JSON Schema, in the words that the parameters' checks know: what a deploy, a form and the command line read. */
import type { ValueSchema } from "../protocol/parameters.ts";
import type { ObjectSchema, Parameters } from "./given.ts";

/** Asked of zod ≥ 4.2, arktype, valibot and others by the Standard JSON Schema, or by a method of their own. */
interface Said {
	"~standard"?: { jsonSchema?: { input(options: { target: string }): unknown } };
	toJSONSchema?(options: object): unknown;
	toJsonSchema?(): unknown;
}

/** @param what is named where it has no such form. Throws TypeError. */
export function schemaOf(schema: Parameters, what: string): ObjectSchema {
	const said = "~standard" in schema ? asked(schema as Said, what) : schema;
	const { type, properties = {}, required = [] } = said as ValueSchema;
	if (type !== "object") throw new TypeError(`${what} is a schema of an object: { name: …, … }`);
	const own = Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, plain(value)]));
	// What has a default need not be given, whatever side of it the schema speaks of.
	return { type: "object", properties: own, required: required.filter((name) => own[name]?.default === undefined), additionalProperties: false };
}

function asked(schema: Said, what: string): unknown {
	const options = { target: "draft-2020-12", io: "input" };
	try {
		const found = schema["~standard"]?.jsonSchema?.input(options) ?? schema.toJSONSchema?.(options) ?? schema.toJsonSchema?.();
		if (found !== undefined) return found;
	} catch (problem) {
		throw new TypeError(`${what} can't be said as JSON Schema: ${(problem as Error).message}`);
	}
	throw new TypeError(`${what} can't be said as JSON Schema by its library: use zod 4.2 or newer, or write { type: "object", properties: { … } }`);
}

/** Without what the checks do not know: it stays with the schema itself, which checks again before the flow begins. */
function plain(schema: ValueSchema & { const?: unknown; oneOf?: ValueSchema[]; $ref?: string }): ValueSchema {
	const { format, items, anyOf, oneOf, properties, additionalProperties: rest } = schema;
	const kept: ValueSchema = {};
	for (const word of ["type", "enum", "title", "default", "description", "required"] as const)
		if (schema[word] !== undefined) Object.assign(kept, { [word]: schema[word] });
	if (schema.const !== undefined) kept.enum = [schema.const];
	if (format === "date" || format === "date-time") kept.format = format;
	if (items && typeof items === "object") kept.items = plain(items);
	if (anyOf ?? oneOf) kept.anyOf = (anyOf ?? oneOf)?.map(plain) as ValueSchema[];
	if (properties) kept.properties = Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, plain(value)]));
	if (rest !== undefined) kept.additionalProperties = typeof rest === "object" ? plain(rest) : rest;
	return kept;
}
