/** Where a line of code stands in a run: in which task, of which run. It follows promises by itself. */
import { AsyncLocalStorage } from "node:async_hooks";
import { setMaxListeners } from "node:events";
import type { Policy } from "./options.ts";

export type Level = "debug" | "info" | "warn" | "error";
export type State = "pending" | "running" | "waiting" | "succeeded" | "failed" | "cancelled" | "skipped";

/** A failure as records have it: record 1. */
export interface ErrorRecord {
	type: string;
	module: string;
	message: string;
	traceback: string;
	frames: { file: string; line: number; function: string; code: string; own: boolean }[];
}

/** What a task tells at each of its states, as in records 1 and 7. */
export interface TaskRecord {
	key: string;
	fn: string;
	index: number | null;
	map: string | null;
	state: State;
	attempt: number;
	parents: string[];
	name?: string | undefined;
	inputs?: Record<string, string> | undefined;
	preview?: string | undefined;
	error?: ErrorRecord | undefined;
	until?: number | undefined;
	from?: { run: string; cached: boolean } | undefined;
}

/** Where a run's records go. */
export interface Recorder {
	task(...records: TaskRecord[]): void;
	log(level: Level, text: string, scope: Scope | null): void;
	/** @param by who made it @returns where it is kept. */
	artifact(kind: string, name: string, by: Scope, data: string | Uint8Array, extension: string): string;
	error(thrown: unknown): ErrorRecord;
	/** Only of a run directory, whose agent waits for what is told here. */
	event?(type: string, record: Record<string, unknown>): void;
	/** Brings all to the disk, and ends the process. */
	suspend?(on: string[], mode: "all" | "any"): never;
}

/** What run.json says; a local run has the first two, and the third to what it was told to resume. */
export interface RunFile {
	run: string;
	flow: string;
	resumes?: { run: string; from: string | null; changed: "rerun" | "keep" };
	version?: number;
	execution?: number;
	attempt?: number;
	logicalDate?: string | null;
	url?: string | null;
	refresh?: boolean;
	store?: string;
	marks?: { key: string; state: "succeeded" | "skipped"; value: unknown }[];
	parent?: string;
	step?: string;
	hook?: { on: "success" | "failure" | "cancel"; state: string; error: unknown };
	deadline?: string;
	entry?: string;
	parameters?: string;
}

/** A call, as far as it is remembered. */
export interface Remembered {
	scope: Scope;
	run: Run;
	key: string;
	fn: (...args: never[]) => unknown;
	policy: Policy | undefined;
	args: readonly unknown[];
}
/** What a call is known again by: its code, its inputs, when it began, and its name in the cache. */
export interface Digests {
	code: string;
	inputs: string;
	began: number;
	cached: string | undefined;
}
export interface Recalled {
	value: unknown;
	skipped: boolean;
	from: { run: string; cached: boolean };
}
/** What the last attempt of a task failed with. */
export interface Failure {
	attempt: number;
	error: ErrorRecord;
	thrown: unknown;
}
/** What a run remembers: memory.ts. All throw StoreError. */
export interface Memory {
	/** Whether something of a task is remembered, which may still not fit. */
	knows(key: string): boolean;
	/** The value that a call had before, or how it failed before a wait; none: then it runs, and is kept by these digests. */
	recall(call: Remembered): { digests?: Digests; found?: Recalled; failed?: Failure };
	keep(call: Remembered, digests: Digests, value: unknown): void;
	keepFailure(call: Remembered, digests: Digests, failure: Failure): void;
	/** The value that was made the first time. Throws NotStorable. */
	once<Value>(key: string, make: () => Value): Value;
	onceAsync<Value>(key: string, make: () => Value): Promise<Awaited<Value>>;
	/** What `once` remembers, and the run that did. */
	moment(key: string): { value: unknown; run: string } | undefined;
	/** The key by which a wait is told: another where it had `failed` before this attempt of the flow. */
	askedAs(key: string, failed?: (told: string) => boolean): string;
	/** Keeps what the flow returned and JSON does not say, for those who ask for it. */
	returned(value: unknown): void;
	/** Brings everything to the disk now. */
	sync(): void;
	/** The same, before the process ends for a wait. */
	suspends(): void;
}

/** Seconds that a timer of Node's can count. */
export const LONGEST_TIMER = (2 ** 31 - 1) / 1000;

/** Items of a result that are known as its own. */
const SMALL = 16;

/** One doing of a flow in this process. */
export class Run {
	readonly info: RunFile;
	readonly recorder: Recorder;
	readonly root: Scope;
	/** Calls that were begun and have not ended: the flow waits for them at its end. */
	readonly open = new Set<Promise<unknown>>();
	/** How those end that the flow does not wait for: told as cancelled. */
	readonly calls = new Set<{ abandon(): void }>();
	/** Tasks whose function is under way. */
	running = 0;
	/** Delays are skipped: a local run may ask for it, and a test does. */
	fast = false;
	/** Its body has ended, and what has not begun never does. */
	ending = false;
	/** Somebody wants it to pause at its next task. */
	pausing = false;
	memory: Memory | undefined;
	/** Which task returned a value. Text and numbers have no identity, so they tell nothing. */
	readonly made = new WeakMap<object, string>();
	readonly #controller = new AbortController();
	readonly #left = new Set<(reason: Error) => void>();

	constructor(recorder: Recorder, info: RunFile) {
		this.recorder = recorder;
		this.info = info;
		this.root = new Scope(this, null);
		setMaxListeners(0, this.#controller.signal);
	}

	/** Remembers who made a value, and the items of a small one: it may be unpacked. */
	produced(key: string, value: unknown): void {
		if (typeof value !== "object" || value === null) return;
		this.made.set(value, key);
		const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
		const items: unknown[] = plain ? Object.values(value) : [];
		if (items.length > SMALL) return;
		for (const item of items) if (typeof item === "object" && item !== null && !this.made.has(item)) this.made.set(item, key);
	}

	/** Aborted once the run is cancelled. */
	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	/** Ends all that waits in it: it was cancelled, or its time is over. */
	stop(reason: Error): void {
		if (this.signal.aborted) return;
		this.#controller.abort(reason);
		for (const leave of this.#left) leave(reason);
	}

	/**
	 * Settles as `work` does, or rejects at once where the run is stopped or the time is over: JavaScript cannot end what goes on, so that is left behind.
	 * By Promise.all, of which the engine's stack traces know the way back to who awaits it; of Promise.race they do not.
	 */
	async until<Value>(work: Promise<Value>, seconds: number | undefined, over: () => Error): Promise<Value> {
		let free: () => void = () => undefined;
		const guard = new Promise<void>((resolve, reject) => {
			const timer = seconds === undefined || seconds > LONGEST_TIMER ? undefined : setTimeout(() => reject(over()), seconds * 1000);
			this.#left.add(reject);
			free = () => {
				clearTimeout(timer);
				this.#left.delete(reject);
				resolve();
			};
			if (this.signal.aborted) reject(this.signal.reason);
		});
		work.then(free, free);
		const [value] = await Promise.all([work, guard]);
		return value;
	}
}

/** The flow's body, or one attempt of one task; numbers what is called in it by name. */
export class Scope {
	readonly run: Run;
	/** null: the flow itself. */
	readonly key: string | null;
	readonly attempt: number;
	/** Why nothing more may be called from here: its time was over, though its function may go on. */
	over: Error | undefined;
	readonly #counts = new Map<string, number>();
	#controller: AbortController | undefined;

	constructor(run: Run, key: string | null, attempt = 1) {
		this.run = run;
		this.key = key;
		this.attempt = attempt;
	}

	/** How many of this name came before in this scope. */
	occurrence(name: string): number {
		const count = this.#counts.get(name) ?? 0;
		this.#counts.set(name, count + 1);
		return count;
	}

	/** `name#occurrence`, below the caller's key. */
	nextKey(name: string): string {
		if (this.over) throw this.over;
		const count = this.occurrence(name);
		return `${this.key === null ? "" : `${this.key}/`}${name}#${count}`;
	}

	/** A key that the caller gave, once. */
	ownKey(head: string, key: string, tail: string): string {
		if (this.over) throw this.over;
		if (typeof key !== "string" || key === "" || key.length > 200)
			throw new TypeError(`a key is a text of 1 to 200 characters, not ${String(JSON.stringify(key)).slice(0, 80)}`);
		const found = `${this.key === null || head.startsWith(`${this.key}/`) ? "" : `${this.key}/`}${head}${key}${tail}`;
		if (this.#counts.has(found)) throw new RangeError(`the key "${key}" is given to two calls: ${found}`);
		this.#counts.set(found, 1);
		return found;
	}

	/** Aborted where the run is cancelled, or this attempt's time is over. */
	get signal(): AbortSignal {
		if (this.key === null) return this.run.signal;
		this.#controller ??= new AbortController();
		if (this.over) this.#controller.abort(this.over);
		return AbortSignal.any([this.run.signal, this.#controller.signal]);
	}

	leave(why: Error): void {
		this.over = why;
		this.#controller?.abort(why);
	}
}

/** Named by what is used of it: who installs the package needs no types of Node's. */
export const scopes: { run<T>(scope: Scope, what: () => T): T; exit<T>(what: () => T): T; getStore(): Scope | undefined } =
	new AsyncLocalStorage<Scope>();

/** The scope, for what has no meaning outside a flow. */
export function scopeFor(what: string): Scope {
	const scope = scopes.getStore();
	if (scope === undefined) throw new Error(`${what} belongs into a flow: call it from a function made by flow(), or from its tasks`);
	return scope;
}
