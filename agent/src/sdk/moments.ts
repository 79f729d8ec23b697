/** What a flow may ask that would differ when its body runs again: the time, and whatever `once` wraps. */
import { preview } from "./preview.ts";
import { scopeFor } from "./scope.ts";

/** The time, remembered: a run that is resumed gets the same again. */
export function now(): Date {
	const scope = scopeFor("now()");
	const key = scope.nextKey("now");
	return scope.run.memory ? scope.run.memory.once(key, () => new Date()) : new Date();
}

/** What a function returns, remembered: for random numbers, ids and what the outside says. Its value has to be one that can be stored. */
export async function once<Value>(make: () => Value): Promise<Awaited<Value>> {
	if (typeof make !== "function") throw new TypeError(`once takes a function that makes the value, not ${preview(make)}`);
	const scope = scopeFor("once()");
	const key = scope.nextKey("once");
	return scope.run.memory ? await scope.run.memory.onceAsync(key, make) : await make();
}
