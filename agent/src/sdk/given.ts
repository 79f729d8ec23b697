/** A flow's parameters, checked before its first line: by a Standard Schema (zod, valibot, arktype) or by a JSON Schema of an object. */
import { checkParameters, ParameterError, type ValueSchema } from "../protocol/parameters.ts";

interface Issue {
	readonly message: string;
	readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
type Outcome<Value> = { readonly value: Value; readonly issues?: undefined } | { readonly issues: readonly Issue[] };

/** https://standardschema.dev, the part that is asked for here. */
export interface StandardSchema<Given, Value> {
	readonly "~standard": {
		readonly validate: (value: unknown) => Outcome<Value> | Promise<Outcome<Value>>;
		readonly types?: { readonly input: Given; readonly output: Value } | undefined;
	};
}
/** `{ type: "object", properties: { n: { type: "integer", default: 3 } } }`: the words that the SDKs write, see ValueSchema. */
export interface ObjectSchema extends ValueSchema {
	type: "object";
	properties: Record<string, ValueSchema>;
}
export type Parameters = StandardSchema<unknown, unknown> | ObjectSchema;

/** The type of what fits a JSON Schema, as far as these words say it. */
type Fitting<Schema> = Schema extends { enum: readonly (infer One)[] }
	? One
	: Schema extends { type: "string" }
		? string
		: Schema extends { type: "integer" | "number" }
			? number
			: Schema extends { type: "boolean" }
				? boolean
				: Schema extends { type: "array"; items: infer Item }
					? Fitting<Item>[]
					: unknown;
type There<Schema> = Schema extends { required: readonly (infer Name)[] } ? Name : never;
/** Names of properties that the flow always gets: required ones, and those with a default. */
type Always<Schema extends ObjectSchema> = {
	[Name in keyof Schema["properties"]]: Schema["properties"][Name] extends { default: unknown } ? Name : Name extends There<Schema> ? Name : never;
}[keyof Schema["properties"]];
type Properties<Schema extends ObjectSchema, Needed extends keyof Schema["properties"]> = {
	[Name in Needed]: Fitting<Schema["properties"][Name]>;
} & { [Name in Exclude<keyof Schema["properties"], Needed>]?: Fitting<Schema["properties"][Name]> };

/** What may be given, and what the flow gets. */
export type Given<Schema> =
	Schema extends StandardSchema<infer Input, unknown>
		? Input
		: Schema extends ObjectSchema
			? Properties<Schema, There<Schema> & keyof Schema["properties"]>
			: Record<string, unknown>;
export type Taken<Schema> =
	Schema extends StandardSchema<unknown, infer Output>
		? Output
		: Schema extends ObjectSchema
			? Properties<Schema, Always<Schema>>
			: Record<string, unknown>;

function issue({ message, path = [] }: Issue): string {
	const names = path.map((step) => String(typeof step === "object" ? step.key : step));
	return names.length === 0 ? message : `parameter "${names.join(".")}": ${message}`;
}

function withDefaults({ properties }: ObjectSchema, given: Record<string, unknown>): Record<string, unknown> {
	const defaults = Object.entries(properties).flatMap(([name, schema]) => (schema.default === undefined ? [] : [[name, schema.default] as const]));
	return { ...structuredClone(Object.fromEntries(defaults)), ...given };
}

/** @returns what the flow is called with. Throws ParameterError. */
export async function checked(schema: Parameters | undefined, given: Record<string, unknown>): Promise<unknown> {
	if (schema === undefined) return checkParameters({ type: "object", properties: {}, required: [], additionalProperties: false }, given);
	if (!("~standard" in schema)) {
		const required = schema.required ?? [];
		const whole = withDefaults(schema, given);
		return checkParameters({ ...schema, required: [...required], additionalProperties: false } as never, whole);
	}
	const outcome = await schema["~standard"].validate(given);
	if (outcome.issues !== undefined) throw new ParameterError(outcome.issues.map(issue));
	return outcome.value;
}
