/** Tasks: the steps of a flow, recorded with their states. Outside a flow a task is the plain function. */
import { failure, preview } from "./preview.ts";
import { Scope, scopes, type TaskRecord } from "./scope.ts";

const TOGETHER = 32;

export interface TaskOptions {
	/** What pages call it. */
	name?: string;
}
export interface MapOptions {
	/** How many run at a time: 32 where nothing is said. */
	concurrency?: number;
}
export interface Task<Args extends unknown[], Result> {
	(...args: Args): Promise<Awaited<Result>>;
	/**
	 * Runs it once per item, as `task(item)`, and gives the values in the order of the items. After a failure no further item is begun;
	 * what runs is waited for, then the failure of the first item that failed is thrown.
	 */
	map(items: Iterable<Args[0]>, options?: MapOptions): Promise<Awaited<Result>[]>;
}

type Place = Pick<TaskRecord, "key" | "index" | "map">;

/** One call within a run. */
async function call<Result>(scope: Scope, place: Place, fn: string, options: TaskOptions, work: () => Result): Promise<Awaited<Result>> {
	const { recorder } = scope.run;
	const base = { ...place, fn, attempt: 1, ...(options.name === undefined ? {} : { name: options.name }) };
	recorder.task({ ...base, state: "running" });
	try {
		const value = await scopes.run(new Scope(scope.run, place.key), work);
		recorder.task({ ...base, state: "succeeded", preview: preview(value) });
		return value;
	} catch (thrown) {
		recorder.task({ ...base, state: "failed", error: failure(thrown) });
		throw thrown;
	}
}

/** Has the flow wait for it at its end, whether or not somebody awaits it; a failure that nobody awaits stays one of Node's. */
function held<Value>(scope: Scope, promise: Promise<Value>): Promise<Value> {
	const settled: Promise<unknown> = promise.then(
		() => scope.run.open.delete(settled),
		() => scope.run.open.delete(settled),
	);
	scope.run.open.add(settled);
	return promise;
}

async function inOrder<Item, Value>(items: Item[], width: number, one: (item: Item, index: number) => Promise<Value>): Promise<Value[]> {
	const values = new Array<Value>(items.length);
	const failures: { index: number; thrown: unknown }[] = [];
	let next = 0;
	const worker = async (): Promise<void> => {
		while (next < items.length && failures.length === 0) {
			const index = next++;
			try {
				values[index] = await one(items[index] as Item, index);
			} catch (thrown) {
				failures.push({ index, thrown });
			}
		}
	};
	await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
	const [first] = failures.sort((a, b) => a.index - b.index);
	if (first !== undefined) throw first.thrown;
	return values;
}

/** Makes a function a task: `task(async function load(path: string) { … })`. */
export function task<Args extends unknown[], Result>(fn: (...args: Args) => Result): Task<Args, Result>;
export function task<Args extends unknown[], Result>(options: TaskOptions, fn: (...args: Args) => Result): Task<Args, Result>;
export function task<Args extends unknown[], Result>(
	first: TaskOptions | ((...args: Args) => Result),
	second?: (...args: Args) => Result,
): Task<Args, Result> {
	const [options, fn] = typeof first === "function" ? [{}, first] : [first, second];
	if (typeof fn !== "function") throw new TypeError("task() takes a function: task(async function load() { … })");
	if (fn.name === "") throw new TypeError("task() needs a function with a name, by which its calls are known: task(async function load() { … })");
	const unknown = Object.keys(options).find((word) => word !== "name");
	if (unknown !== undefined) throw new TypeError(`task ${fn.name} has no option "${unknown}": there is name`);

	const one = async (...args: Args): Promise<Awaited<Result>> => {
		const scope = scopes.getStore();
		if (scope === undefined) return await fn(...args);
		const place = { key: scope.nextKey(fn.name), index: null, map: null };
		return held(
			scope,
			call(scope, place, fn.name, options, () => fn(...args)),
		);
	};
	const map = async (items: Iterable<Args[0]>, { concurrency = TOGETHER }: MapOptions = {}): Promise<Awaited<Result>[]> => {
		if (!Number.isInteger(concurrency) || concurrency < 1) throw new RangeError(`concurrency is a whole number from 1, not ${concurrency}`);
		const scope = scopes.getStore();
		const apply = (item: Args[0]): Result => fn(...([item] as unknown as Args));
		if (scope === undefined) return inOrder([...items], concurrency, async (item): Promise<Awaited<Result>> => await apply(item));
		const group = scope.nextKey(fn.name);
		const each = (item: Args[0], index: number) => call(scope, { key: `${group}[${index}]`, index, map: group }, fn.name, options, () => apply(item));
		return held(scope, inOrder([...items], concurrency, each));
	};
	return Object.defineProperty(Object.assign(one, { map }), "name", { value: fn.name });
}
