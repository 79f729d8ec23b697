/** Where a line of code stands in a run: in which task, of which run. It follows promises by itself. */
import { AsyncLocalStorage } from "node:async_hooks";

export type Level = "debug" | "info" | "warn" | "error";
export type State = "pending" | "running" | "succeeded" | "failed" | "skipped";

/** What a task tells at each of its states, as in record 1. */
export interface TaskRecord {
	key: string;
	fn: string;
	index: number | null;
	map: string | null;
	state: State;
	attempt: number;
	name?: string;
	preview?: string;
	error?: { type: string; message: string };
}

/** Where a run's records go. */
export interface Recorder {
	task(record: TaskRecord): void;
	log(level: Level, text: string, key: string | null): void;
	/** @returns where it is kept. */
	artifact(kind: string, name: string, key: string | null, data: string | Uint8Array, extension: string): string;
}

export interface Run {
	id: string;
	flow: string;
	recorder: Recorder;
	/** Tasks that were begun and have not ended: the flow waits for them at its end. */
	open: Set<Promise<unknown>>;
}

export class Scope {
	readonly run: Run;
	/** null: the flow itself. */
	readonly key: string | null;
	private readonly counts = new Map<string, number>();

	constructor(run: Run, key: string | null) {
		this.run = run;
		this.key = key;
	}

	/** `name#occurrence`, below the caller's key. */
	nextKey(name: string): string {
		const count = this.counts.get(name) ?? 0;
		this.counts.set(name, count + 1);
		return `${this.key === null ? "" : `${this.key}/`}${name}#${count}`;
	}
}

export const scopes = new AsyncLocalStorage<Scope>();

/** The scope, for what has no meaning outside a flow. */
export function scopeFor(what: string): Scope {
	const scope = scopes.getStore();
	if (scope === undefined) throw new Error(`${what} belongs into a flow: call it from a function made by flow(), or from its tasks`);
	return scope;
}
