/** What a person's answer has to be: by the form of the question. */
import { asAnswer, valuesOf } from "../protocol/form-answer.ts";
import type { ParameterSchema } from "../protocol/manifest.ts";
import { checkParameters, ParameterError, parseParameters, type ValueSchema } from "../protocol/parameters.ts";

interface Asked {
	key: string;
	/** JSON Schema; null where it is yes or no. */
	form: Record<string, unknown> | null;
}

/** False declines, with a form or without. Throws ParameterError. */
export function checkAnswer({ key, form }: Asked, value: unknown): void {
	if (form === null || form.type === "boolean") {
		if (typeof value !== "boolean") throw new ParameterError([`${key} is answered by yes or no, not by ${JSON.stringify(value)}`]);
	} else if (form.type === "object" && value !== false) {
		if (!isObject(value))
			throw new ParameterError([
				`${key} asks for ${Object.keys(fieldsOf(form)).join(", ") || "an object"}: answer with a JSON object of them, or no. On the command line --field NAME=VALUE gives them one by one`,
			]);
		ofFields(() => checkParameters(schemaOf(form), valuesOf(value)));
	}
}

/** The form as people type it, field by field. Throws ParameterError. */
export function filledIn({ key, form }: Asked, typed: readonly (readonly [name: string, text: string])[]): Record<string, unknown> {
	if (form === null || form.type === "boolean") throw new ParameterError([`${key} has no form: it is answered by yes or no`]);
	if (form.type !== "object") throw new ParameterError([`${key} asks for one value, which has no fields: give it as JSON`]);
	return asAnswer(ofFields(() => parseParameters(schemaOf(form), typed)));
}

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === "object" && !Array.isArray(value);
const fieldsOf = (form: Record<string, unknown>): Record<string, ValueSchema> => (form.properties ?? {}) as Record<string, ValueSchema>;
const schemaOf = (form: Record<string, unknown>): ParameterSchema =>
	({ required: [], ...form, properties: fieldsOf(form), additionalProperties: false }) as unknown as ParameterSchema;

/** The words of parameters, for fields. */
function ofFields<Value>(check: () => Value): Value {
	try {
		return check();
	} catch (error) {
		if (!(error instanceof ParameterError)) throw error;
		throw new ParameterError(error.problems.map((each) => each.replace(/^parameter /, "field ").replace("the flow takes none", "the form has none")));
	}
}
