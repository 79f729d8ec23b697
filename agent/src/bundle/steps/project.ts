/** How a plan goes with a project: a file that every agent carries as it carries all others, and a flow beside those in Python. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { writePrivate } from "../../keys.ts";
import type { DescribedFlow } from "../describe.ts";
import type { ScannedFile } from "../scan.ts";
import { PLAN, type Plan } from "./compile.ts";

/** Writes the plan into the CLI's cache. @returns its file and its digest. */
export function writePlan(plan: Plan, home: string): { source: string; text: string; digest: string } {
	const text = `${JSON.stringify(plan)}\n`;
	const digest = createHash("sha256").update(text).digest("hex").slice(0, 32);
	const source = join(home, "cache", "steps", `${digest}.json`);
	writePrivate(source, text);
	return { source, text, digest };
}

/** @returns the project's files with the plan among them, in place of one that lies there already. */
export function keepPlan(plan: Plan, files: ScannedFile[], home: string): ScannedFile[] {
	const { source, text, digest } = writePlan(plan, home);
	const file: ScannedFile = { path: PLAN, source, size: Buffer.byteLength(text), mode: 0o644, mark: digest, modifiedAt: 0 };
	return [...files.filter(({ path }) => path !== PLAN), file].sort((a, b) => (a.path < b.path ? -1 : 1));
}

export const stepsFlow = (plan: Plan, description = ""): DescribedFlow => ({
	name: plan.flow,
	entry: `tidegate.yaml:${plan.flow}`,
	doc: description,
	parameters: plan.parameters,
	tasks: plan.steps.map(({ name }) => name),
	options: undefined,
});
