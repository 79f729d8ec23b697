/** What a flow asks of the machine: refused where this one does not have it, else given, and watched while the process runs. */
import type { Executor, Held } from "../executors/executor.ts";
import { capacity, type Measure, nothingMeasured, outOfMemoryKills } from "../executors/memory.ts";
import type { FlowOptions } from "../protocol/manifest.ts";
import type { RunFolder } from "./folder.ts";
import type { Gpus } from "./gpus.ts";
import { plural } from "./output.ts";

/** The flow asks for more than this agent has. */
export class TooMuch extends Error {}

/** Throws TooMuch. */
export function checkAsks({ memory, cpu, gpus }: FlowOptions, have: Gpus): void {
	const host = capacity();
	const refuse = (asks: string, has: string): never => {
		throw new TooMuch(
			`the flow asks for ${asks}, and this agent's machine has ${has}: run it in a pool with larger machines, or let it ask for less`,
		);
	};
	if (memory !== null && memory > host.memory)
		refuse(`${inUnitOf(memory, memory)} ${unitOf(memory)} of memory`, `${inUnitOf(host.memory, memory)} ${unitOf(memory)}`);
	if (cpu !== null && cpu > host.cpu) refuse(plural(cpu, "processor"), String(host.cpu));
	if (gpus !== null && gpus > have.count) refuse(plural(gpus, "GPU"), have.count === 0 ? "none" : String(have.count));
}

/** Libraries that would else begin as many threads as the host has processors. */
const THREADS = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "RAYON_NUM_THREADS", "POLARS_MAX_THREADS"];

/** What its process is told of it. @param around what the agent's own environment says goes before */
export function variablesOf({ cpu }: FlowOptions, gpus: readonly string[], around: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	const threads =
		cpu === null ? [] : THREADS.filter((name) => around[name] === undefined).map((name) => [name, String(Math.max(1, Math.floor(cpu)))]);
	return { ...Object.fromEntries(threads), ...(gpus.length > 0 ? { CUDA_VISIBLE_DEVICES: gpus.join(",") } : {}) };
}

/** Looks are this far apart where nothing is to be kept in bounds. Milliseconds. */
const LOOK_EVERY = 1000;
/** The SDK ends a flow that is out of time by itself, and says where it stood: only what does not hear it is ended here. Milliseconds. */
const OVERTIME = 3000;

export interface Breach {
	kind: "memory" | "time";
	/** For people with the key. */
	note: string;
}

/** One execution's process under watch. */
export class Bounds {
	readonly #folder: RunFolder;
	readonly #executor: Executor;
	readonly #onBreach: (breach: Breach) => void;
	#measure: Measure = nothingMeasured;
	#looked = Number.NEGATIVE_INFINITY;

	/** @param onBreach called at each look while it does what it may not */
	constructor(folder: RunFolder, executor: Executor, onBreach: (breach: Breach) => void) {
		this.#folder = folder;
		this.#executor = executor;
		this.#onBreach = onBreach;
	}

	get peak(): number | null {
		return this.#measure.peak;
	}

	get cpuSeconds(): number | null {
		return this.#measure.cpuSeconds;
	}

	look(held: Held): void {
		const { memory: limit, timeout } = this.#folder.notes.options ?? { memory: null, timeout: null };
		const now = performance.now();
		if (limit !== null || this.#measure.peak === null || now - this.#looked >= LOOK_EVERY) {
			this.#looked = now;
			this.#measure = this.#executor.measure(held, this.#measure, limit);
		}
		const { memory } = this.#measure;
		const { startedAt } = this.#folder.notes;
		const since = startedAt ? Date.now() - Date.parse(startedAt) : 0;
		if (limit !== null && memory !== null && memory > limit) this.#onBreach({ kind: "memory", note: `killed: memory ${ofLimit(memory, limit)}` });
		else if (timeout !== null && since > timeout * 1000 + OVERTIME)
			this.#onBreach({ kind: "time", note: `timed out: it ran longer than ${timeout} s, and was ended by force because it did not hear it` });
	}

	/** Whether a SIGKILL that nobody here sent was the kernel's, in words; null where nothing says so. */
	killedByKernel(): string | null {
		const now = outOfMemoryKills();
		const { kills } = this.#folder.notes;
		if (kills === null || now === null || now <= kills) return null;
		const most = this.#measure.peak === null ? "" : ` It had held ${inUnitOf(this.#measure.peak, this.#measure.peak)} ${unitOf(this.#measure.peak)}.`;
		return `killed: the machine ran out of memory, and the kernel ended this process.${most} Use less at once, or say with memory= what it needs`;
	}
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const power = (bytes: number): number => Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(bytes || 1) / 10)));
const unitOf = (bytes: number): string => UNITS[power(bytes)] as string;
const inUnitOf = (bytes: number, of: number, digits = 1): string => (bytes / 1024 ** power(of)).toFixed(digits).replace(/\.0+$/, "");

/** `4.1 of 4 GiB`: never a number that does not look above its limit. */
export function ofLimit(bytes: number, limit: number): string {
	const told = inUnitOf(limit, limit);
	const digits = [1, 2, 3].find((each) => inUnitOf(bytes, limit, each) !== told) ?? 3;
	return `${inUnitOf(bytes, limit, digits)} of ${told} ${unitOf(limit)}`;
}
