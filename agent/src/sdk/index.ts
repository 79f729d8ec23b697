/**
 * The SDK for flows in TypeScript and JavaScript: `node flow.ts` runs one here, without a server, an agent or an account; `tidegate deploy` takes the same file.
 *
 *     import { flow, log, runFlow, task } from "tidegate";
 *     const double = task(async function double(n: number) { return 2 * n; });
 *     export const numbers = flow(async function numbers() { log.info(await double.map([1, 2, 3])); });
 *     await runFlow(numbers);
 */
import { scopeFor } from "./scope.ts";

/** The run that this code belongs to. */
export interface RunInfo {
	/** Of a local run: a new one each time. */
	id: string;
	flow: string;
	/** The key of the task that this code is in; null in the flow's own body. */
	task: string | null;
	/** Number of the deployed version; null in a local run. */
	version: number | null;
	/** 1, and one more for each retry of the run. */
	attempt: number;
	/** 1, and one more each time that an agent took the run up. */
	execution: number;
	/** The instant that the run stands for. */
	logicalDate: Date;
	/** The run's page. */
	url: string | null;
	/** Whether it was started as a plain program. */
	isLocal: boolean;
	/** Aborted when the run is cancelled, or the time of this task is over: for what takes a signal, as fetch does. */
	signal: AbortSignal;
}

/** The run that this code belongs to. Throws outside a flow. */
export function currentRun(): RunInfo {
	const scope = scopeFor("currentRun()");
	const { run, flow, version = null, attempt = 1, execution = 1, logicalDate, url = null } = scope.run.info;
	return {
		...{ id: run, flow, task: scope.key, version, attempt, execution, url, isLocal: version === null },
		logicalDate: logicalDate ? new Date(logicalDate) : new Date(),
		get signal() {
			return scope.signal;
		},
	};
}

// biome-ignore-start lint/performance/noBarrelFile: the package's door, which is bundled to one file
export { ParameterError } from "../protocol/parameters.ts";
export { artifact } from "./artifact.ts";
export type { Child, ChildOptions } from "./children.ts";
export { Cancelled, NoResult, SecretError, TimedOut, VariableError, WaitFailed } from "./failures.ts";
export { Dir, File, Model } from "./files.ts";
export { type Flow, type FlowOptions, flow, type RunFlow, runFlow } from "./flow.ts";
export { log } from "./log.ts";
export { now, once } from "./moments.ts";
export { type Duration, type Ended, exponential } from "./options.ts";
export { type ProgressOptions, progress } from "./progress.ts";
export { type ResultOptions, result } from "./results.ts";
export { secret } from "./secrets.ts";
export { type FailurePolicy, type MapOptions, type Task, type TaskOptions, task } from "./task.ts";
export { testing } from "./testing.ts";
export { type Connection, connection, variable } from "./variables.ts";
export { type Approval, approval, sleep, waitFor, waitUntil } from "./waits.ts";
// biome-ignore-end lint/performance/noBarrelFile: see above
