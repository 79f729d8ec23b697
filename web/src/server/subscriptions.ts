import type { Context } from "./context.ts";
import { Refused } from "./errors.ts";

/** Subscriptions that one connection may hold: a page has a handful, and each is a query every two seconds. */
const MAX_SUBSCRIPTIONS = 50;

/** Callers inside this process may leave the signal out. */
export const NEVER = new AbortController().signal;

/** Counts a subscription of the connection for as long as it lasts. */
export async function* held<T>(open: Context["open"], following: AsyncGenerator<T>): AsyncGenerator<T> {
	if (open.subscriptions >= MAX_SUBSCRIPTIONS) throw new Refused("too_many", `One connection may hold ${MAX_SUBSCRIPTIONS} subscriptions.`);
	open.subscriptions += 1;
	try {
		yield* following;
	} finally {
		open.subscriptions -= 1;
	}
}
