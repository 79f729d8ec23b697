/** Tasks: the steps of a flow, recorded with their states. Outside a flow a task is the plain function. */
import { Call, held } from "./call.ts";
import { note } from "./errors.ts";
import { Cancelled } from "./failures.ts";
import { type Duration, Policy, type RetryOptions, refuseGenerator, refuseUnknown, TASK_WORDS } from "./options.ts";
import { labelOf, preview } from "./preview.ts";
import { type Scope, scopes } from "./scope.ts";
import { parked } from "./suspend.ts";

const TOGETHER = 32;
/** Of one map: a source that never ends is told while there is still memory. */
const MOST_ITEMS = 100_000;

export interface TaskOptions<Args extends unknown[] = never[]> extends RetryOptions {
	/** What pages call it. */
	name?: string;
	/**
	 * `true` takes the result of an earlier run that had the same code and arguments; a function of the arguments makes the key itself;
	 * `false` is for what is never kept, and runs each time.
	 */
	cache?: boolean | ((...args: Args) => unknown);
	/** How long such a result counts. */
	cacheFor?: Duration;
}
export interface MapOptions<Item = never> {
	/** How many run at a time: 32 where nothing is said. */
	concurrency?: number;
	/** Names each item's call among those of the map, in place of its index. */
	key?: (item: Item) => string;
}
const MAP_WORDS = ["concurrency", "key", "failed"];
/** What becomes of a map of which some item fails: see {@link Task.map}. */
export type FailurePolicy = "raise" | "skip" | "return";

export interface Task<Args extends unknown[], Result> {
	(...args: Args): Promise<Awaited<Result>>;
	/**
	 * Runs it once per item, as `task(item)`, and gives the values in the order of the items.
	 * Where one fails: with `failed: "raise"`, as where nothing is said, no further item is begun, what runs is waited for, and the failure of the
	 * first item that failed is thrown; with "skip" the others are run, and the values of those that succeeded given; with "return" what was thrown
	 * stands in its value's place.
	 */
	map(items: Iterable<Args[0]>, options: MapOptions<Args[0]> & { failed: "return" }): Promise<(Awaited<Result> | Error)[]>;
	map(items: Iterable<Args[0]>, options?: MapOptions<Args[0]> & { failed?: "raise" | "skip" }): Promise<Awaited<Result>[]>;
	/** The same call under a key of yours, where its place in the order says nothing: `await load.keyed("eu")("eu.csv")`. */
	keyed(key: string): (...args: Args) => Promise<Awaited<Result>>;
}

/** Names of all tasks that were made so far, in the order of the source. */
export const taskNames: string[] = [];

/** Makes a function a task: `task(async function load(path: string) { … })`. */
export function task<Args extends unknown[], Result>(fn: (...args: Args) => Result): Task<Args, Result>;
export function task<Args extends unknown[], Result>(options: TaskOptions<NoInfer<Args>>, fn: (...args: Args) => Result): Task<Args, Result>;
export function task<Args extends unknown[], Result>(
	first: TaskOptions<Args> | ((...args: Args) => Result),
	second?: (...args: Args) => Result,
): Task<Args, Result> {
	const [options, fn] = typeof first === "function" ? [{}, first] : [first, second];
	if (typeof fn !== "function") throw new TypeError("task() takes a function: task(async function load() { … })");
	if (fn.name === "") throw new TypeError("task() needs a function with a name, by which its calls are known: task(async function load() { … })");
	const what = `task ${fn.name}`;
	refuseGenerator("task", fn.name, fn);
	refuseUnknown(what, options, TASK_WORDS);
	if (options.name !== undefined && (typeof options.name !== "string" || options.name.trim() === ""))
		throw new TypeError(`${what}: name takes a name that is not empty`);
	const policy = Object.keys(options).some((word) => word !== "name") ? new Policy(what, options as Record<string, unknown>) : undefined;
	const made = { fn: fn as (...args: never[]) => unknown, name: fn.name, label: options.name, policy };
	if (!taskNames.includes(fn.name)) taskNames.push(fn.name);

	const begin = async (scope: Scope, key: string, args: Args): Promise<Awaited<Result>> => {
		const call = new Call(scope, made, { key, index: null, map: null }, args);
		return held(scope.run, scope.run.pausing && scope.key === null ? parked(scope.run).then(() => call.do()) : call.do()) as Promise<Awaited<Result>>;
	};
	const one = async (...args: Args): Promise<Awaited<Result>> => {
		const scope = scopes.getStore();
		return scope === undefined ? await fn(...args) : await begin(scope, scope.nextKey(fn.name), args);
	};
	const keyed =
		(key: string) =>
		async (...args: Args): Promise<Awaited<Result>> => {
			const scope = scopes.getStore();
			return scope === undefined ? await fn(...args) : await begin(scope, scope.ownKey(`${fn.name}#=`, key, ""), args);
		};
	const map = async (items: Iterable<Args[0]>, options: MapOptions<Args[0]> & { failed?: FailurePolicy } = {}) => {
		refuseOthers(fn.name, options);
		const { concurrency = TOGETHER, failed = "raise" } = options;
		if (!Number.isInteger(concurrency) || concurrency < 1) throw new RangeError(`concurrency is a whole number from 1, not ${concurrency}`);
		if (!["raise", "skip", "return"].includes(failed)) throw new RangeError(`failed is "raise", "skip" or "return", not ${JSON.stringify(failed)}`);
		const scope = scopes.getStore();
		const all = listed(`${fn.name}.map()`, items, MOST_ITEMS, "items", "Give each task a slice of them, or map over parts");
		if (scope === undefined) {
			const work = all.map((item) => ({ do: async () => await fn(...([item] as unknown as Args)), abandon: () => undefined }));
			return inOrder(work, concurrency, failed, () => false);
		}
		const group = scope.nextKey(fn.name);
		const calls = all.map((item, index) => {
			const key = options.key ? scope.ownKey(`${group}[=`, options.key(item), "]") : `${group}[${index}]`;
			return new Call(scope, made, { key, index, map: group }, [item]);
		});
		// What is remembered begins no more.
		scope.run.recorder.task(...calls.flatMap((call) => (scope.run.memory?.knows(call.key) ? [] : (call.record("pending") ?? []))));
		const before = scope.key === null ? () => (scope.run.pausing ? parked(scope.run) : undefined) : undefined;
		return held(
			scope.run,
			inOrder(calls, concurrency, failed, () => scope.run.ending || scope.run.signal.aborted, before),
		);
	};
	return Object.defineProperty(Object.assign(one, { map, keyed }), "name", { value: fn.name }) as unknown as Task<Args, Result>;
}

/** What is no option was meant for the task, most likely. Throws TypeError. */
function refuseOthers(name: string, options: object | null): void {
	const other =
		options === null || typeof options !== "object" ? preview(options, 40) : Object.keys(options).find((word) => !MAP_WORDS.includes(word));
	if (other !== undefined)
		throw new TypeError(
			`${name}.map() takes the items and options, and knows no ${other} (known: ${MAP_WORDS.join(", ")}). What is the same for each item goes into the items: ${name}.map(items.map((item) => ({ item, … })))`,
		);
}

/** All items, of which too many are refused before the first is done. Throws TypeError, RangeError. */
export function listed<Item>(what: string, items: Iterable<Item>, most: number, noun: string, instead: string): Item[] {
	if (typeof items?.[Symbol.iterator] !== "function")
		throw new TypeError(`${what} takes a list, or what else gives one item after the other, not ${preview(items, 120)}`);
	const { length, size } = items as { length?: number; size?: number };
	const number = Array.isArray(items) ? length : size;
	if (typeof number === "number" && number > most)
		throw new RangeError(`${what} was given ${number.toLocaleString("en")} ${noun}, and takes at most ${most.toLocaleString("en")}. ${instead}`);
	const all: Item[] = [];
	for (const item of items) {
		if (all.length === most)
			throw new RangeError(`${what} was given more than ${most.toLocaleString("en")} ${noun}; does what makes them end? ${instead}`);
		all.push(item);
	}
	return all;
}

interface Work {
	/** Where it is one of a run. */
	readonly key?: string;
	readonly args?: readonly unknown[];
	do(): Promise<unknown>;
	abandon(): void;
}

async function inOrder(
	all: Work[],
	width: number,
	failed: FailurePolicy,
	over: () => boolean,
	before?: () => Promise<void> | undefined,
): Promise<never[]> {
	const ends = new Array<{ value: unknown } | { thrown: unknown }>(all.length);
	let next = 0;
	let stop = false;
	const worker = async (): Promise<void> => {
		while (next < all.length && !stop && !over()) {
			const paused = before?.();
			if (paused) {
				await paused;
				continue;
			}
			const index = next++;
			try {
				ends[index] = { value: await all[index]?.do() };
			} catch (thrown) {
				ends[index] = { thrown };
				stop ||= failed === "raise";
			}
		}
	};
	await Promise.all(Array.from({ length: Math.min(width, all.length) }, worker));
	for (const rest of all.slice(next)) rest.abandon();
	if (next < all.length && !stop) throw new Cancelled("the flow ended before all items had begun");
	const failures = ends.flatMap((end, index) => (end && "thrown" in end ? [{ thrown: end.thrown, item: all[index] }] : []));
	const [first] = failures;
	if (failed === "raise" && first) {
		const { key, args } = first.item as Work;
		const others = failures.length - 1;
		const more = others > 0 ? `; ${others.toLocaleString("en")} more failed so far` : "";
		if (key !== undefined)
			note(first.thrown, `the item was ${preview(args?.[0], 120)}: ${labelOf(key)}, one of ${all.length.toLocaleString("en")} items${more}`);
		throw first.thrown;
	}
	const told = failed === "skip" ? ends.filter((end) => "value" in end) : ends;
	return told.map((end) => ("value" in end ? end.value : end.thrown)) as never[];
}
