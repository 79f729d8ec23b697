/** The fields of a message of the protocol, read from the schemas that check it: the docs can't tell another list than the one in force. */
import { z } from "zod";

export interface Field {
	/** `executions[].segments[].start` */
	path: string;
	type: string;
	/** A binary part that was sealed before it left. */
	sealed: boolean;
}

/** Fields that name a sealed part of the frame by its index. */
const PARTS = new Set(["part", "sealed", "parameters", "manifest", "lock", "wait", "from", "error"]);

type Schema = z.core.JSONSchema.BaseSchema;

const isPart = (name: string, schema: Schema): boolean => PARTS.has(name) && typeOf(schema).startsWith("integer");

const variants = (schema: Schema): Schema[] => (schema.anyOf ?? schema.oneOf ?? []) as Schema[];

function typeOf(schema: Schema): string {
	const several = variants(schema);
	if (several.length > 0) return [...new Set(several.map(typeOf))].filter((type) => type !== "null").join(" or ") || "null";
	if (schema.const !== undefined) return JSON.stringify(schema.const);
	if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
	if (schema.format === "uuid") return "UUID";
	if (schema.format === "date-time") return "instant";
	if (schema.type === "string") return schema.maxLength === undefined ? "text" : `text, at most ${schema.maxLength} characters`;
	return String(schema.type ?? "any");
}

function walk(path: string, name: string, schema: Schema): Field[] {
	const several = variants(schema).filter((one) => one.type !== "null");
	if (several.some((one) => one.type === "object" || one.type === "array")) return several.flatMap((one) => walk(path, name, one));
	if (schema.type === "array") return walk(`${path}[]`, name, schema.items as Schema);
	if (schema.type === "object" && schema.properties) {
		return Object.entries(schema.properties).flatMap(([key, value]) => walk(path ? `${path}.${key}` : key, key, value as Schema));
	}
	if (schema.type === "object") return [{ path: `${path}[name]`, type: typeOf(schema.additionalProperties as Schema), sealed: false }];
	return [{ path, type: typeOf(schema), sealed: isPart(name, schema) }];
}

/** Each field once, in the order of the schema. */
export function fieldsOf(schema: z.ZodType): Field[] {
	const found = walk("", "", z.toJSONSchema(schema, { unrepresentable: "any", io: "input" }) as Schema);
	const byPath = new Map<string, Field>();
	for (const field of found) {
		const before = byPath.get(field.path);
		byPath.set(field.path, before && before.type !== field.type ? { ...before, type: `${before.type} | ${field.type}` } : field);
	}
	return [...byPath.values()];
}
