/** What a run remembers: finished tasks and moments, so that a flow's body that runs again from the top does only what is new. */
import { NotStorable, StoreError } from "./failures.ts";
import { codeDigest, digestOf, restored, stored } from "./kept.ts";
import { typeName } from "./preview.ts";
import type { Digests, ErrorRecord, Failure, Level, Memory, Recalled, Remembered, RunFile, Scope } from "./scope.ts";
import { CheckpointLog, type Kept, type Store, sha } from "./store.ts";
import { type Parts, partsOf, thrownOf } from "./thrown.ts";

interface Checkpoint {
	key: string;
	code?: string;
	inputs?: string;
	state: "succeeded" | "skipped";
	value?: Kept;
	digest?: string;
	unstored?: string;
	began?: number;
	at: number;
	run: string;
	mark?: boolean;
}
interface Moment {
	once: string;
	value: Kept;
	at: number;
	run?: string;
	began?: number;
}

/** What a run's log calls the value that it returned, where that is no JSON. */
export const RETURNED = "=result";

/** Follows the key of what an earlier attempt of the flow had failed. */
const AGAIN = " (attempt ";

const now = (): number => Math.round(Date.now() * 1000) / 1e6;

export class Checkpoints implements Memory {
	readonly store: Store;
	readonly #run: string;
	readonly #flow: string;
	readonly #refresh: boolean;
	readonly #attempt: number;
	/** Of the processes that do a run that resumes another. */
	readonly #first: boolean;
	#changed: "rerun" | "keep" = "rerun";
	readonly #log: CheckpointLog;
	readonly #note: (level: Level, text: string, scope: Scope | null) => void;
	readonly #kept = new Map<string, Checkpoint>();
	readonly #moments = new Map<string, Moment>();
	/** The digest of what each task returned, and of which value: of objects alone. */
	readonly #digests = new WeakMap<object, string>();
	readonly #code = new WeakMap<object, string>();
	/** What failed in this process. */
	readonly #failures = new Map<string, { code: string; inputs: string; attempt: number; error: ErrorRecord; thrown: Parts }>();

	/** Throws StoreError. */
	constructor(store: Store, info: RunFile, note: (level: Level, text: string, scope: Scope | null) => void) {
		this.store = store;
		this.#run = info.run;
		this.#flow = info.flow;
		this.#refresh = info.refresh === true;
		this.#attempt = info.attempt ?? 1;
		this.#note = note;
		this.#log = new CheckpointLog(store, info.run);
		const own = this.#log.read((count) => this.#damaged(info.run, count));
		this.#first = info.resumes !== undefined && info.resumes !== null && own.length === 0;
		if (info.resumes && this.#first) {
			const { resumes } = info;
			// Whom somebody chose to begin from runs again, though it was marked.
			const marks = (info.marks ?? []).filter(({ key }) => key !== resumes.from);
			own.push({ resumes }, ...marks.map((mark) => ({ ...marked(mark, resumes.run) })));
			for (const record of own) this.#log.append(record);
		}
		this.#take(info.run, own, new Set());
	}

	#damaged(run: string, count: number): void {
		this.#note("warn", `${count} checkpoints of run ${run} are damaged and left out: those tasks run again`, null);
	}

	/** Reads what a run kept, after what the runs did that it resumes. */
	#take(run: string, records: Record<string, unknown>[], seen: Set<string>): void {
		seen.add(run);
		for (const record of records) {
			if (record.resumes) {
				const line = record.resumes as NonNullable<RunFile["resumes"]>;
				if (!seen.has(line.run)) {
					const earlier = new CheckpointLog(this.store, line.run).read((count) => this.#damaged(line.run, count));
					this.#take(line.run, earlier, seen);
				}
				this.#changed = line.changed ?? "rerun";
				if (line.from) this.#forget(line.from);
			} else if (record.once) this.#moments.set(String(record.once), record as unknown as Moment);
			else this.#kept.set(String(record.key), record as unknown as Checkpoint);
		}
	}

	/** From a chosen task on, or a wait: what began before it stays, and the other items of its map. */
	#forget(told: string): void {
		const key = this.#kept.has(told) || this.#moments.has(told) ? told : (told.split(AGAIN, 1)[0] as string);
		const chosen: Moment | Checkpoint | undefined = this.#kept.get(key) ?? this.#moments.get(key);
		// It never finished: nothing of it is kept.
		if (!chosen) return;
		const group = key.endsWith("]") ? key.slice(0, key.lastIndexOf("[")) : null;
		// Another run began when its id was chosen; its answer came later.
		const asked = this.#moments.get(`${told}:${chosen.run}`) ?? chosen;
		const begun = chosen.began ?? asked.at;
		for (const table of [this.#kept, this.#moments] as Map<string, { began?: number; at: number }>[])
			for (const [one, record] of table) {
				const same = group !== null && one.startsWith(`${group}[`) && !one.startsWith(key);
				if (one.startsWith(`${key}/`) || one === key || ((record.began ?? record.at) >= begun && !same)) table.delete(one);
			}
	}

	#codeOf(fn: (...args: never[]) => unknown): string {
		let found = this.#code.get(fn);
		if (found === undefined) {
			found = codeDigest(fn);
			this.#code.set(fn, found);
		}
		return found;
	}

	/** A digest of the arguments; a task's own result counts by who made it. With `byContent` undefined where one has none. */
	#inputs({ args, run }: Remembered, byContent: boolean): string | undefined {
		const parts: string[] = [];
		for (const [place, value] of args.entries()) {
			const object = typeof value === "object" && value !== null ? value : undefined;
			const whole = object && !byContent ? this.#digests.get(object) : undefined;
			const part = whole === undefined ? digestOf(value) : `${run.made.get(object as object)}:${whole}`;
			if (part === undefined && byContent) return undefined;
			parts.push(`${place}=${part ?? `a ${typeName(value)}`}`);
		}
		return sha(parts.join("\0"));
	}

	knows(key: string): boolean {
		return this.#kept.has(key) || this.#moments.has(this.#failure(key));
	}

	/** The value that a call had before; undefined: then it runs. Throws StoreError. */
	recall(call: Remembered): { digests?: Digests; found?: Recalled; failed?: Failure } {
		const { key, policy } = call;
		const cache = policy?.cache;
		if (cache === false) return {};
		const code = this.#codeOf(call.fn);
		const inputs = this.#inputs(call, false) as string;
		const digests: Digests = { code, inputs, began: now(), cached: cache ? this.#cacheKey(call, cache, code) : undefined };
		const found = this.#kept.get(key);
		if (found && this.#fits(call, found, code, inputs)) {
			const from = { run: found.run, cached: false };
			if (found.state === "skipped") return { digests, found: { value: null, skipped: true, from } };
			if (found.unstored !== undefined)
				throw new StoreError(
					`${key} succeeded in run ${found.run}, but its result can't be taken up: ${found.unstored}. Return data or a file in its place, ` +
						`say cache: false if it may run each time, or resume from ${key}, which runs it again`,
				);
			const value = this.#restored(call, found.value as Kept);
			if (value) {
				this.#produced(value.value, found.digest ?? "");
				return { digests, found: { value: value.value, skipped: false, from } };
			}
		}
		const failed = this.#failedBefore(key, digests);
		if (failed) return { digests, failed };
		const cached = this.#fromCache(call, digests);
		return cached ? { digests, found: cached } : { digests };
	}

	/** A failure counts in its own run, and there until the flow is tried again. */
	#failure(key: string): string {
		return `${key}:failed:${this.#run}:${this.#attempt}`;
	}

	#failedBefore(key: string, { code, inputs }: Digests): Failure | undefined {
		const found = this.moment(this.#failure(key))?.value as
			| { code: string; inputs: string; attempt: number; error: ErrorRecord; thrown: Parts }
			| undefined;
		if (!found || found.code !== code || found.inputs !== inputs) return undefined;
		return { attempt: found.attempt, error: found.error, thrown: thrownOf(found.thrown) };
	}

	/** Remembers what a call failed with: after a wait the flow's body, which went on from there, must find it as it was. */
	keepFailure({ key, scope }: Remembered, { code, inputs }: Digests, { attempt, error, thrown }: Failure): void {
		const parts = partsOf(thrown);
		if (parts) this.#failures.set(this.#failure(key), { code, inputs, attempt, error, thrown: parts });
		else this.#note("info", `failed with a ${typeName(thrown)}, which can't be kept: should the run wait and go on, it is done again`, scope);
	}

	/** The process ends for a wait. Failures are kept by now, and not when they are met: of one that ends the flow, or of a process that died, nothing goes on from there. */
	suspends(): void {
		for (const [name, found] of this.#failures) {
			try {
				this.once(name, () => found);
			} catch (problem) {
				// It is done again then.
				if (!(problem instanceof NotStorable || problem instanceof StoreError)) throw problem;
			}
		}
		this.sync();
	}

	#produced(value: unknown, digest: string): void {
		if (typeof value === "object" && value !== null) this.#digests.set(value, digest);
	}

	#fits({ scope }: Remembered, found: Checkpoint, code: string, inputs: string): boolean {
		if (found.mark) {
			if (this.#first) this.#note("info", `was marked by hand on run ${found.run}, and is not run`, scope);
			return true;
		}
		if (found.code !== code) {
			if (this.#changed === "keep") return true;
			this.#note("info", `runs again: its code is not what it was in run ${found.run}`, scope);
			return false;
		}
		if (found.inputs !== inputs) {
			this.#note("info", `runs again: its inputs are not what they were in run ${found.run}`, scope);
			return false;
		}
		return true;
	}

	#restored({ scope }: Remembered, kept: Kept): { value: unknown } | undefined {
		try {
			return { value: restored(this.store, kept) };
		} catch (problem) {
			this.#note("warn", `runs again: its result (${kept.type}) can't be read back: ${(problem as Error).message}`, scope);
			return undefined;
		}
	}

	#cacheKey(call: Remembered, cache: true | ((...args: never[]) => unknown), code: string): string | undefined {
		if (cache === true) {
			const inputs = this.#inputs(call, true);
			if (inputs !== undefined) return sha(`node\0${call.fn.name}\0${code}\0${inputs}`);
			this.#note("warn", "is not cached: an argument can't be compared. Give cache a function that makes the key of its arguments", call.scope);
			return undefined;
		}
		const key = cache(...(call.args as never[]));
		const digest = digestOf(key);
		if (digest === undefined)
			throw new TypeError(`the cache key function of ${call.fn.name} returned a ${typeName(key)}; return text, numbers or lists of these`);
		return sha(`node\0${this.#flow}\0${call.fn.name}\0own\0${digest}`);
	}

	#fromCache(call: Remembered, digests: Digests): Recalled | undefined {
		if (digests.cached === undefined || this.#refresh) return undefined;
		const found = this.store.getCached(digests.cached) as { run: string; at: number; for: number | null; value: Kept; digest?: string } | undefined;
		if (!found || (found.for !== null && found.at + found.for < now())) return undefined;
		const value = this.#restored(call, found.value);
		if (!value) return undefined;
		this.#append(call, digests, { value: found.value, digest: found.digest ?? "" }, found.run);
		this.#produced(value.value, found.digest ?? "");
		return { value: value.value, skipped: false, from: { run: found.run, cached: true } };
	}

	/** Remembers a call's value. One that can't be stored is said, and fails a later run that would need it. Throws StoreError. */
	keep(call: Remembered, digests: Digests, value: unknown): void {
		let kept: Kept;
		let digest: string;
		try {
			({ kept, digest } = stored(this.store, value));
		} catch (problem) {
			if (!(problem instanceof NotStorable)) throw problem;
			const text = `the result of ${call.key} (a ${typeName(value)}) can't be stored: ${problem.message}`;
			this.#note(
				"warn",
				`${text}. A run that sleeps or is resumed after it will fail there. Return data or a file, or say cache: false if it may run again`,
				call.scope,
			);
			this.#produced(value, `${this.#run}:${now()}`);
			this.#append(call, digests, { unstored: text });
			return;
		}
		this.#produced(value, digest);
		this.#append(call, digests, { value: kept, digest });
		if (digests.cached !== undefined)
			this.store.putCached(digests.cached, { run: this.#run, task: call.key, at: now(), for: call.policy?.cacheFor ?? null, value: kept, digest });
	}

	#append({ key }: Remembered, { code, inputs, began }: Digests, more: Partial<Checkpoint>, run = this.#run): void {
		this.#log.append({ key, code, inputs, state: "succeeded", ...more, began, at: now(), run });
	}

	/** The value that was made the first time. Throws NotStorable, StoreError. */
	once<Value>(key: string, make: () => Value): Value {
		const found = this.#moments.get(key);
		if (found) return restored(this.store, found.value) as Value;
		const value = make();
		this.#remember(key, value);
		return value;
	}

	async onceAsync<Value>(key: string, make: () => Value): Promise<Awaited<Value>> {
		const found = this.#moments.get(key);
		if (found) return restored(this.store, found.value) as Awaited<Value>;
		const value = await make();
		this.#remember(key, value);
		return value;
	}

	#remember(key: string, value: unknown): void {
		const moment = { once: key, value: stored(this.store, value).kept, at: now(), run: this.#run };
		this.#log.append(moment);
		this.#moments.set(key, moment);
	}

	/** What `once` remembers, and the run that did. */
	moment(key: string): { value: unknown; run: string } | undefined {
		const found = this.#moments.get(key);
		return found && { value: restored(this.store, found.value), run: found.run ?? this.#run };
	}

	/** The key by which a wait is told. What had `failed` before this attempt of the flow met it is asked anew, once, by a key of its own. Throws StoreError. */
	askedAs(key: string, failed?: (told: string) => boolean): string {
		const name = `${key}:asked:${this.#run}`;
		const before = (this.moment(name)?.value ?? { attempt: 1, key }) as { attempt: number; key: string };
		if (!failed || before.attempt === this.#attempt) return before.key;
		const told = failed(before.key) ? `${key}${AGAIN}${this.#attempt})` : before.key;
		this.#remember(name, { attempt: this.#attempt, key: told });
		return told;
	}

	returned(value: unknown): void {
		try {
			this.#remember(RETURNED, value);
		} catch (problem) {
			this.#note("warn", `what the flow returned can't be stored, so no other run can read it: ${(problem as Error).message}`, null);
		}
	}

	sync(): void {
		this.#log.sync();
	}
}

/** A task that a person marked, as the checkpoint that it would have left. */
function marked({ key, state, value }: NonNullable<RunFile["marks"]>[number], run: string): Checkpoint {
	const text = JSON.stringify(value ?? null);
	const kept = { codec: "json", data: value ?? null, size: text.length, type: typeName(value) };
	return { key, state, value: kept, digest: `mark:${sha(text)}`, at: now(), run, mark: true };
}
