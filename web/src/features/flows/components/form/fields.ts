/** What a version's schema asks for, as fields that people fill in. Pure. */
import { checkParameters, ParameterError, type ValueSchema } from "tidegate/protocol/parameters.ts";

export interface Entry {
	name: string;
	field: Field;
	/** Must be given: the code has no default for it. */
	required: boolean;
	/** The default where JSON can say it. */
	default?: unknown;
	description: string | undefined;
}

export type Field =
	| { kind: "text" | "date" | "instant" | "switch" | "json"; schema: ValueSchema }
	| { kind: "number"; schema: ValueSchema; integer: boolean }
	| { kind: "choice"; schema: ValueSchema; options: readonly unknown[] }
	| { kind: "list"; schema: ValueSchema; item: Field }
	| { kind: "dict"; schema: ValueSchema; item: Field }
	| { kind: "object"; schema: ValueSchema; entries: Entry[] }
	/** One of several types; `null` is one without anything to fill in. */
	| { kind: "union"; schema: ValueSchema; branches: Field[] }
	| { kind: "null"; schema: ValueSchema };

const NULL = "null";

export function fieldOf(schema: ValueSchema): Field {
	if (schema.anyOf) return { kind: "union", schema, branches: schema.anyOf.map(fieldOf) };
	if (schema.enum) return { kind: "choice", schema, options: schema.enum };
	switch (schema.type) {
		case "string":
			return { kind: schema.format === "date" ? "date" : schema.format === "date-time" ? "instant" : "text", schema };
		case "integer":
		case "number":
			return { kind: "number", schema, integer: schema.type === "integer" };
		case "boolean":
			return { kind: "switch", schema };
		case NULL:
			return { kind: "null", schema };
		case "array":
			return schema.items && Object.keys(schema.items).length > 0 ? { kind: "list", schema, item: fieldOf(schema.items) } : { kind: "json", schema };
		case "object":
			if (schema.properties) return { kind: "object", schema, entries: entriesOf(schema) };
			return typeof schema.additionalProperties === "object"
				? { kind: "dict", schema, item: fieldOf(schema.additionalProperties) }
				: { kind: "json", schema };
		default:
			return { kind: "json", schema };
	}
}

/** In the order of the source. */
export function entriesOf(schema: ValueSchema): Entry[] {
	return Object.entries(schema.properties ?? {}).map(([name, own]) => ({
		name,
		field: fieldOf(own),
		required: schema.required?.includes(name) ?? false,
		...(Object.hasOwn(own, "default") ? { default: own.default } : {}),
		description: own.description,
	}));
}

/** Whether `value` is what the schema asks for. */
export function fits(schema: ValueSchema, value: unknown): boolean {
	try {
		checkParameters(
			{ type: "object", properties: { x: schema as Record<string, unknown> }, required: [], additionalProperties: false },
			{ x: value },
		);
		return true;
	} catch (error) {
		if (error instanceof ParameterError) return false;
		throw error;
	}
}

/** For Optional[X], the place of X among its two branches. */
export function optionalOf(field: Field & { kind: "union" }): number | undefined {
	if (field.branches.length !== 2 || !field.branches.some(({ kind }) => kind === "null")) return undefined;
	return field.branches.findIndex(({ kind }) => kind !== "null");
}
