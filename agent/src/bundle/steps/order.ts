/** Which steps come before which. */
import { suggestion } from "../../protocol/nearest.ts";
import type { Step } from "../../protocol/project-yaml.ts";
import { needsOf } from "./names.ts";
import { StepProblem } from "./problem.ts";

/** Every step with all that has ended before it begins. Throws StepProblem for an unknown need, or one that comes round to itself. */
export function orderOf(steps: Record<string, Step>): Map<string, Set<string>> {
	const before = new Map<string, Set<string>>();
	const open: string[] = [];
	const visit = (name: string): Set<string> => {
		const known = before.get(name);
		if (known) return known;
		if (open.includes(name)) {
			const round = [...open.slice(open.indexOf(name)), name];
			throw new StepProblem(["steps", open.at(-1) as string, "needs"], `these steps wait for each other: ${round.join(" → ")}`);
		}
		open.push(name);
		const all = new Set<string>();
		for (const [index, need] of needsOf(steps[name] as Step).entries()) {
			if (!Object.hasOwn(steps, need)) {
				const place = Array.isArray(steps[name]?.needs) ? [index] : [];
				const others = Object.keys(steps).filter((other) => other !== name);
				throw new StepProblem(["steps", name, "needs", ...place], `there is no step ${need}.${suggestion(need, others)}`);
			}
			for (const each of [need, ...visit(need)]) all.add(each);
		}
		open.pop();
		before.set(name, all);
		return all;
	};
	for (const name of Object.keys(steps)) visit(name);
	return before;
}
