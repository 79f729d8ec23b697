/** How an execution's process is started, found again and ended. One interface, by which containers stand beside plain processes. */
import type { ProcessIdentity } from "./identity.ts";
import type { Measure } from "./memory.ts";

/** What to start, and where. */
export interface Order {
	run: string;
	execution: number;
	/** The run directory, absolute. The process's fds 1 and 2 go to out.log and err.log in it, its end to `exit`. */
	folder: string;
	/** The process's working directory. */
	cwd: string;
	command: readonly [string, ...string[]];
	/** The whole environment; the executor adds the two markers. */
	environment: NodeJS.ProcessEnv;
	/** The container that the command runs in; without one it is a plain process. */
	container?: Container | null;
}

export interface Container {
	image: string;
	/** Id of the agent, by which it finds what it left. */
	agent: string;
	/** Bytes. */
	memory: number | null;
	cpu: number | null;
	gpus: readonly string[];
	/** At the same paths as on the host. */
	mounts: readonly { path: string; writable: boolean }[];
}

/** Why a process never began, or what ended it. */
export interface Failure {
	type: string;
	message: string;
}

/** How a process ended. */
export type Exit = { code: number } | { signal: string };

/** What an executor needs to know of an execution that it did not start itself. */
export interface Held {
	run: string;
	execution: number;
	folder: string;
	process: ProcessIdentity;
}

export interface Executor {
	/** Starts and returns at once; the process does not belong to the agent and outlives it. Throws where it could not be started. */
	start(order: Order): Promise<ProcessIdentity>;
	/** A process of this execution that was started, but whose identity was not written down before the agent ended. */
	find(run: string, execution: number): Promise<ProcessIdentity | undefined>;
	isAlive(held: Held): boolean;
	/** How it ended, once `exit` stands in the run directory. */
	exit(folder: string): Exit | undefined;
	/** CPU seconds of all of it, once it has ended; null where the system did not tell. */
	cpuSeconds(folder: string): number | null;
	/** @param before what the last look found @param limit bytes of memory that it may have */
	measure(held: Held, before: Measure, limit: number | null): Measure;
	/** Asks, waits `graceMs`, then ends by force all that belongs to the execution. Resolves when nothing of it is left. */
	end(held: Held, graceMs: number): Promise<void>;
	/** After the process ended: ends what it left behind. */
	sweep(held: Held): Promise<void>;
	/** What the executor knows of a bad end that the process could not tell itself; asked after {@link sweep}. */
	failure(folder: string): Failure | null;
}
