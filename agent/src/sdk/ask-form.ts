/** A form asked field by field in the terminal, by its JSON Schema. */
import { asAnswer } from "../protocol/form-answer.ts";
import { ParameterError, parseParameters, type ValueSchema } from "../protocol/parameters.ts";

/** `{"region": string, "share": number (0.1)}`: what a form asks for, its defaults in brackets. */
export function hintOf(properties: Record<string, ValueSchema>): string {
	const fields = Object.entries(properties).map(([name, schema]) => {
		const { default: given } = schema;
		return `${JSON.stringify(name)}: ${kindOf(schema)}${given === undefined ? "" : ` (${JSON.stringify(given)})`}`;
	});
	return `{${fields.join(", ")}}`;
}

/** Each field in its turn, until it has what fits; one that may be left out is left out by an empty line. Rejects as `ask` does. */
export async function filledIn(
	{ properties = {}, required = [] }: ValueSchema,
	ask: (asked: string) => Promise<string>,
	tell: (line: string) => void,
): Promise<Record<string, unknown>> {
	const found: [string, unknown][] = [];
	for (const [name, schema] of Object.entries(properties)) {
		const optional = schema.default !== undefined || !required.includes(name);
		const more = schema.default !== undefined ? `, or nothing for ${JSON.stringify(schema.default)}` : optional ? ", or nothing" : "";
		for (;;) {
			const text = await ask(`  ${name} (${kindOf(schema)}${more}): `);
			const empty = text.trim() === "";
			if (empty && optional) break;
			const value = empty ? undefined : read(schema, text);
			if (value !== undefined) {
				found.push([name, value]);
				break;
			}
			tell(`  ${name} takes ${kindOf(schema)}, not ${text.trim() || "nothing"}`);
		}
	}
	return asAnswer(Object.fromEntries(found));
}

/** @returns undefined for what does not fit */
function read(schema: ValueSchema, text: string): unknown {
	try {
		return parseParameters({ type: "object", properties: { it: schema }, required: ["it"], additionalProperties: false } as never, [["it", text]]).it;
	} catch (error) {
		if (error instanceof ParameterError) return undefined;
		throw error;
	}
}

function kindOf({ enum: values, anyOf, format, type }: ValueSchema): string {
	if (values) return values.map((one) => JSON.stringify(one)).join(" | ");
	return anyOf ? anyOf.map(kindOf).join(" | ") : (format ?? type ?? "anything");
}
