/**
 * The SDK for flows in TypeScript and JavaScript: `node flow.ts` runs one here, without a server, an agent or an account.
 *
 *     import { flow, log, runFlow, task } from "tidegate";
 *     const double = task(async function double(n: number) { return 2 * n; });
 *     const numbers = flow(async function numbers() { log.info(await double.map([1, 2, 3])); });
 *     if (import.meta.main) await runFlow(numbers);
 */
import { scopeFor } from "./scope.ts";

/** The run that this code belongs to. Throws outside a flow. */
export function currentRun(): { id: string; flow: string; task: string | null } {
	const { run, key } = scopeFor("currentRun()");
	return { id: run.id, flow: run.flow, task: key };
}

// biome-ignore-start lint/performance/noBarrelFile: the package's door, which is bundled to one file
export { ParameterError } from "../protocol/parameters.ts";
export { artifact } from "./artifact.ts";
export { type Flow, type FlowOptions, flow, runFlow } from "./flow.ts";
export { log } from "./log.ts";
export { type MapOptions, type Task, type TaskOptions, task } from "./task.ts";
// biome-ignore-end lint/performance/noBarrelFile: see above
