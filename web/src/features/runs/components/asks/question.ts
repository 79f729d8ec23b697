/** What a flow's question asks for, as fields, and what is sent for an answer. The form is the flow author's word: anything may stand in it. Pure. */
import { asAnswer } from "tidegate/protocol/form-answer.ts";
import type { ValueSchema } from "tidegate/protocol/parameters.ts";
import { check } from "../../../flows/components/form/check.ts";
import type { FieldProblem, Given } from "../../../flows/components/form/draft.ts";
import { type Entry, entriesOf } from "../../../flows/components/form/fields.ts";

/** Deeper or larger forms are answered as JSON: no person fills in so many fields, and a page would die of some. */
const DEEPEST = 8;
const MOST = 200;

export interface Question {
	schema: ValueSchema;
	entries: Entry[];
	/** The whole answer is one value, shown as a field of this name. */
	single: string | undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === "object" && !Array.isArray(value);

/** Whether it is of the part of JSON Schema that fields are made of. */
function sound(schema: unknown, left: { fields: number }, depth = 0): boolean {
	left.fields -= 1;
	if (!isObject(schema) || depth > DEEPEST || left.fields < 0) return false;
	const { type, anyOf, items, properties, required, additionalProperties, description, enum: options } = schema;
	const inner = (one: unknown): boolean => sound(one, left, depth + 1);
	return (
		(type === undefined || typeof type === "string") &&
		(description === undefined || typeof description === "string") &&
		(options === undefined || (Array.isArray(options) && options.length <= MOST)) &&
		(required === undefined || (Array.isArray(required) && required.every((name) => typeof name === "string"))) &&
		(anyOf === undefined || (Array.isArray(anyOf) && anyOf.length > 0 && anyOf.every(inner))) &&
		(items === undefined || inner(items)) &&
		(properties === undefined || (isObject(properties) && Object.values(properties).every(inner))) &&
		(additionalProperties === undefined || typeof additionalProperties === "boolean" || inner(additionalProperties))
	);
}

const ANSWER = "answer";

/** @returns undefined where yes or no is all that is asked. */
export function questionOf(form: unknown): Question | undefined {
	if (form === null || form === undefined || (isObject(form) && form.type === "boolean")) return undefined;
	const known: ValueSchema = sound(form, { fields: MOST }) ? (form as ValueSchema) : {};
	if (known.type === "object" && known.properties) {
		const schema = { required: [], ...known, additionalProperties: false };
		return { schema, entries: entriesOf(schema), single: undefined };
	}
	const schema = { type: "object", properties: { [ANSWER]: known }, required: [ANSWER], additionalProperties: false };
	return { schema, entries: entriesOf(schema), single: ANSWER };
}

/** What was filled in, as the answer. */
export function readAnswer({ schema, entries, single }: Question, given: Given): { value: unknown } | { problems: FieldProblem[] } {
	const checked = check(schema as Parameters<typeof check>[0], entries, given);
	if ("problems" in checked) return checked;
	const { values } = checked;
	if (single !== undefined) return { value: values[single] };
	return { value: asAnswer(values) };
}
