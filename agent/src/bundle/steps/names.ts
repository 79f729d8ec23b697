/** What a step's expressions may speak of: its own parameters, needs and matrix, and what every run has. */

import { suggestion } from "../../protocol/nearest.ts";
import type { Step } from "../../protocol/project-yaml.ts";

export interface Known {
	parameters: readonly string[];
	/** Every step that has ended when this one begins. */
	before: readonly string[];
	/** All steps there are. */
	steps: readonly string[];
	matrix: readonly string[];
	/** Whether `secrets.NAME` may stand here: where it is neither shown nor kept. */
	secrets: boolean;
	/** Of a hook: the run is the one that ended. */
	ended?: boolean;
}

const PLAIN = ["ds", "logical_date"];
const RUN = ["id", "flow", "attempt"];

/** @returns what is wrong with a name, or null. */
export function problemOf(path: readonly (string | number)[], known: Known): string | null {
	const [first, second, third] = path.map(String);
	if (PLAIN.includes(first as string)) return second === undefined ? null : `${first} has no ${second}`;
	if (first === "params") return member("params", second, known.parameters, "parameter");
	if (first === "matrix") return member("matrix", second, known.matrix, "matrix value");
	if (first === "run") return member("run", second, known.ended ? [...RUN, "state", "error"] : RUN, "word");
	// Which there are only the agent knows.
	if (first === "variables") return second === undefined ? "name one variable: variables.NAME" : null;
	if (first === "secrets") {
		if (second === undefined || path.length > 2) return "name one secret: secrets.NAME";
		return known.secrets ? null : "a secret stands only in env, and in headers, json and body of http, where it is neither shown nor kept";
	}
	if (first === "steps") {
		if (second !== undefined && !known.steps.includes(second)) return `there is no step ${second}.${suggestion(second, known.steps)}`;
		if (second !== undefined && !known.before.includes(second)) {
			return known.before.length > 0
				? `${second} is not among its needs.${suggestion(second, known.before)}`
				: `${second} is not among its needs: name it there, so that it has ended by then`;
		}
		if (third === "result" || (third === "state" && path.length === 3)) return null;
		return `say what of the step: steps.${second ?? "NAME"}.result or .state`;
	}
	return `unknown name ${first}.${suggestion(first as string, [...PLAIN, "params", "steps", "matrix", "run", "variables", "secrets"])}`;
}

function member(what: string, name: string | undefined, known: readonly string[], noun: string): string | null {
	if (name === undefined) return `say which ${noun}: ${what}.NAME`;
	if (known.includes(name)) return null;
	return known.length > 0 ? `unknown ${noun} ${name}.${suggestion(name, known)}` : `unknown ${noun} ${name}: there is none`;
}

export const needsOf = (step: Step): string[] => (step.needs === undefined ? [] : Array.isArray(step.needs) ? step.needs : [step.needs]);
