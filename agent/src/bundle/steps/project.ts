/** How a plan goes with a project: a file that every agent carries as it carries all others, and a flow beside those in Python. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { writePrivate } from "../../keys.ts";
import { FlowOptions } from "../../protocol/manifest.ts";
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
	options: optionsOf(plan),
});

const UNITS: Record<string, number> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12, ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30, ti: 2 ** 40 };

/** As `tidegate.describe` tells those of a flow in Python. */
function optionsOf({ options = {}, hooks = {} }: Plan): FlowOptions | undefined {
	const names = Object.keys(hooks);
	if (Object.keys(options).length === 0 && names.length === 0) return undefined;
	const { retry_delay: delay, queue_timeout: queueTimeout, memory, ...same } = options;
	const [, size = "", unit = ""] = typeof memory === "string" ? (/^([\d.]+) ?(\w*)b$/i.exec(memory) ?? []) : [];
	return FlowOptions.parse({
		...same,
		...(queueTimeout === undefined ? {} : { queueTimeout }),
		...(memory === undefined ? {} : { memory: typeof memory === "number" ? memory : Math.floor(Number(size) * (UNITS[unit.toLowerCase()] ?? 1)) }),
		...(options.retries ? { retryDelay: Array.isArray(delay) ? null : (delay ?? 0) } : {}),
		hooks: names.sort(),
	});
}
