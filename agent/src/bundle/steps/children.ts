/** Steps that are flows, where the flow lies in the same project: one of another project only the run finds. */
import { nearest } from "../../protocol/nearest.ts";
import { checkParameters, ParameterError } from "../../protocol/parameters.ts";
import type { DescribedFlow } from "../describe.ts";
import type { Plan, Planned } from "./compile.ts";
import { Problems, StepProblem } from "./problem.ts";

/** @returns names that were misspelt, most likely: they may be another project's. Throws StepProblem for parameters that do not fit. */
export function checkChildren({ steps }: Plan, flows: readonly DescribedFlow[]): StepProblem[] {
	const all = new Problems();
	const doubtful: StepProblem[] = [];
	for (const step of steps.filter(({ kind }) => kind === "flow")) {
		const flow = flows.find(({ name }) => name === step.does);
		if (flow) for (const problem of unfit(step, flow.parameters)) all.add(problem);
		else {
			const near = nearest(
				step.does as string,
				flows.map(({ name }) => name),
			);
			if (near !== undefined)
				doubtful.push(
					new StepProblem(["steps", step.name, "flow"], `the project has no flow ${step.does}, only another could: did you mean ${near}?`),
				);
		}
	}
	all.end();
	return doubtful;
}

function unfit({ name, with: data }: Planned, schema: DescribedFlow["parameters"]): StepProblem[] {
	const given = Object.entries(data as Record<string, unknown>);
	const missing = schema.required.filter((each) => !given.some(([word]) => word === each));
	const problems = said({ ...schema, required: missing }, {}).map((text) => new StepProblem(["steps", name, "flow"], text));
	for (const [word, value] of given) {
		const known = Object.hasOwn(schema.properties, word);
		// What a template comes to the run knows.
		if (known && isOpen(value)) continue;
		for (const text of said({ ...schema, required: [] }, { [word]: value }))
			problems.push(new StepProblem(["steps", name, "with", word], text, 0, !known));
	}
	return problems;
}

function said(schema: DescribedFlow["parameters"], given: Record<string, unknown>): readonly string[] {
	try {
		checkParameters(schema, given);
	} catch (problem) {
		if (problem instanceof ParameterError) return problem.problems;
		throw problem;
	}
	return [];
}

/** Whether there is a template in it. */
const isOpen = (value: unknown): boolean =>
	value !== null && typeof value === "object" && (Object.hasOwn(value, "$") || Object.values(value).some(isOpen));
