/** Parameters that the YAML declares, as the JSON Schema that the SDK makes of a function's. */
import type { z } from "zod";
import type { ParameterSchema } from "../../protocol/manifest.ts";
import { checkParameters, ParameterError, type ValueSchema } from "../../protocol/parameters.ts";
import type { Parameter } from "../../protocol/project-yaml.ts";
import { StepProblem } from "./problem.ts";

type Declared = z.infer<typeof Parameter>;

/** Throws StepProblem for a default that does not fit its own type. */
export function parametersSchema(declared: Record<string, Declared>): ParameterSchema {
	const properties = Object.fromEntries(Object.entries(declared).map(([name, one]) => [name, schemaOf(one)]));
	const required = Object.keys(declared).filter((name) => declared[name]?.default === undefined);
	for (const [name, one] of Object.entries(declared)) {
		if (one.default === undefined) continue;
		try {
			checkParameters(
				{ type: "object", properties: { default: properties[name] as Record<string, unknown> }, required: [], additionalProperties: false },
				{ default: one.default },
			);
		} catch (error) {
			if (!(error instanceof ParameterError)) throw error;
			throw new StepProblem(["parameters", name, "default"], error.problems[0]?.replace('parameter "default": ', "") ?? error.message);
		}
	}
	return { type: "object", properties: properties as ParameterSchema["properties"], required, additionalProperties: false };
}

function schemaOf(one: Declared): ValueSchema {
	const schema: ValueSchema = one.choices ? { enum: one.choices } : typed(one.type);
	if (one.description !== undefined) schema.description = one.description;
	if (one.default !== undefined) schema.default = one.default;
	return schema;
}

function typed(type: string): ValueSchema {
	if (type.startsWith("list of ")) {
		const items = typed(type.slice("list of ".length));
		return Object.keys(items).length > 0 ? { type: "array", items } : { type: "array" };
	}
	if (type === "any") return {};
	return type === "date" || type === "date-time" ? { type: "string", format: type } : { type };
}
