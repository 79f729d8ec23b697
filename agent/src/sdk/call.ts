/** One call of a task: its key, its records, its attempts. The state goes pending → running → one end. */
import { setTimeout as sleep } from "node:timers/promises";
import { Cancelled, FlowTimedOut, TimedOut } from "./failures.ts";
import type { Policy } from "./options.ts";
import { preview } from "./preview.ts";
import { type Digests, type Remembered, type Run, Scope, type State, scopes, type TaskRecord } from "./scope.ts";

export interface Definition {
	fn: (...args: never[]) => unknown;
	name: string;
	/** What pages call it. */
	label: string | undefined;
	policy: Policy | undefined;
}
type Place = Pick<TaskRecord, "key" | "index" | "map">;

/** What a traced argument is looked into: items of a list, and of lists in it. */
const WIDE = 100;

export class Call implements Remembered {
	readonly run: Run;
	readonly key: string;
	readonly args: readonly unknown[];
	readonly #task: Definition;
	readonly #base: Omit<TaskRecord, "state">;
	/** That of the attempt that is under way. */
	scope: Scope;
	#ended = false;

	constructor(parent: Scope, made: Definition, place: Place, args: readonly unknown[]) {
		this.run = parent.run;
		this.#task = made;
		this.key = place.key;
		this.args = args;
		this.scope = new Scope(this.run, this.key);
		const inputs = Object.fromEntries(args.map((value, at) => [namesOf(made.fn)[at] ?? `*${at}`, preview(value, 120)]));
		this.#base = { ...place, fn: made.name, attempt: 1, parents: this.#parents(), name: made.label, inputs };
		this.run.calls.add(this);
	}

	get fn(): Definition["fn"] {
		return this.#task.fn;
	}

	get policy(): Policy | undefined {
		return this.#task.policy;
	}

	/** The tasks that made the arguments, or parts of them. */
	#parents(): string[] {
		const found = new Set<string>();
		const trace = (value: unknown, depth: number): void => {
			if (value === null || typeof value !== "object") return;
			const made = this.run.made.get(value);
			if (made !== undefined) found.add(made);
			else if (depth > 0 && (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype))
				for (const item of Object.values(value).slice(0, WIDE)) trace(item, depth - 1);
		};
		for (const value of this.args) trace(value, 2);
		return [...found];
	}

	/** The record of a state it comes to; undefined where it has ended: told as cancelled by the flow's end, while its function went on. */
	record(state: State, more: Partial<TaskRecord> = {}): TaskRecord | undefined {
		if (this.#ended) return undefined;
		this.#ended = !["pending", "running", "waiting"].includes(state);
		if (this.#ended) this.run.calls.delete(this);
		const record = { ...this.#base, state, ...more };
		// The first record carries them.
		this.#base.inputs = undefined;
		return record;
	}

	#tell(state: State, more?: Partial<TaskRecord>): void {
		const record = this.record(state, more);
		if (record) this.run.recorder.task(record);
	}

	#succeeded(value: unknown, more?: Partial<TaskRecord>): void {
		this.run.produced(this.key, value);
		this.#tell("succeeded", { preview: preview(value), ...more });
	}

	#failed(thrown: unknown): void {
		if (thrown instanceof Cancelled || thrown instanceof FlowTimedOut) this.#tell("cancelled");
		else this.#tell("failed", { error: this.run.recorder.error(thrown) });
	}

	/** The flow ended, and does not wait for it. */
	abandon(): void {
		this.#tell("cancelled");
		this.scope.leave(new Cancelled("the flow has ended"));
	}

	/** Its value, remembered or new. Throws what the last attempt threw. */
	async do(): Promise<unknown> {
		const { memory } = this.run;
		let digests: Digests | undefined;
		this.run.running++;
		try {
			if (this.run.signal.aborted) throw this.run.signal.reason;
			if (memory) {
				const { found, failed, digests: own } = memory.recall(this);
				if (failed) {
					this.#base.attempt = failed.attempt;
					this.#tell("failed", { error: failed.error });
					throw failed.thrown;
				}
				digests = own;
				if (found?.skipped) this.#tell("skipped", { from: found.from });
				else if (found) this.#succeeded(found.value, { from: found.from });
				if (found) return found.value;
			}
			for (;;) {
				this.#tell("running");
				try {
					const value = await this.#attempt();
					// A checkpoint stands before the task is told as succeeded: who reads that may count on it.
					if (digests) memory?.keep(this, digests, value);
					this.#succeeded(value);
					return value;
				} catch (thrown) {
					const pause = this.policy?.again(thrown, this.#base.attempt);
					if (pause === undefined || this.#ended || this.run.signal.aborted) {
						if (digests && !this.#ended && !this.run.signal.aborted)
							memory?.keepFailure(this, digests, { attempt: this.#base.attempt, error: this.run.recorder.error(thrown), thrown });
						throw thrown;
					}
					await this.#again(thrown, pause);
				}
			}
		} catch (thrown) {
			this.#failed(thrown);
			throw thrown;
		} finally {
			this.run.running--;
		}
	}

	async #attempt(): Promise<unknown> {
		const { scope, run, fn, args } = this;
		const seconds = this.policy?.timeout;
		const work = scopes.run(scope, async () => await fn(...(args as never[])));
		return await run.until(work, seconds, () => {
			const over = new TimedOut(`${this.key} took longer than its timeout of ${seconds} s`);
			scope.leave(over);
			return over;
		});
	}

	async #again(thrown: unknown, pause: number): Promise<void> {
		const { recorder, fast, signal } = this.run;
		recorder.task(
			{ ...this.#base, state: "failed", error: recorder.error(thrown) },
			{ ...this.#base, state: "waiting", until: Date.now() / 1000 + pause },
		);
		this.#base.attempt++;
		this.scope.leave(new Cancelled("its attempt is over"));
		// What is called in it has the keys that it had before.
		this.scope = new Scope(this.run, this.key, this.#base.attempt);
		if (pause > 0 && !fast) await sleep(pause * 1000, undefined, { signal }).catch(() => undefined);
		if (signal.aborted) throw signal.reason;
		if (this.#ended) throw new Cancelled("the flow ended before the next attempt");
	}
}

/** Has the flow wait for it at its end, whether or not somebody awaits it; a failure that nobody awaits stays one of Node's. */
export function held<Value>(run: Run, promise: Promise<Value>): Promise<Value> {
	const settled: Promise<unknown> = promise.then(
		() => run.open.delete(settled),
		() => run.open.delete(settled),
	);
	run.open.add(settled);
	return promise;
}

const known = new WeakMap<object, string[]>();

/** Names of a function's parameters, as far as its source says them plainly. */
function namesOf(fn: Definition["fn"]): string[] {
	let names = known.get(fn);
	if (!names) {
		const [, list = ""] = /^[^(]*\(([^()]*)\)/.exec(Function.prototype.toString.call(fn)) ?? [];
		names = list.split(",").map((one) => /^\s*(?:\.\.\.)?([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*(?:=.*)?$/u.exec(one)?.[1] ?? "");
		if (names.includes("")) names = [];
		known.set(fn, names);
	}
	return names;
}
