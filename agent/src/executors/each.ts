/** Each execution by the executor that it was started with, as its run directory says: also for an agent that restarts. */
import { containerOf, containers } from "./docker.ts";
import type { Executor } from "./executor.ts";
import { processes } from "./process.ts";

const by = (folder: string): Executor => (containerOf(folder) ? containers : processes);

export const executors: Executor = {
	...processes,
	start: (order) => (order.container ? containers : processes).start(order),
	cpuSeconds: (folder) => by(folder).cpuSeconds(folder),
	measure: (held, before, limit) => by(held.folder).measure(held, before, limit),
	end: (held, graceMs) => by(held.folder).end(held, graceMs),
	sweep: (held) => by(held.folder).sweep(held),
	failure: (folder) => by(folder).failure(folder),
};
