import type { Caller } from "./callers.ts";
import type { Context } from "./context.ts";
import { Refused } from "./errors.ts";
import { shared } from "./shared.ts";

/** Subscriptions that one connection may hold: a page has a handful, and each is a query every two seconds. */
const MAX_SUBSCRIPTIONS = 50;
/** Those of one person or key over all connections: a browser full of tabs, or a key by which many jobs follow their runs. */
const MAX_OF_CALLER = 500;

/** Callers inside this process may leave the signal out. */
export const NEVER = new AbortController().signal;

const byCaller = shared("subscriptions", () => new Map<string, number>());

/** Counts one more of `who`. @returns how to take it back @throws Refused too_many */
function count(who: string, most: number, refusal: string): () => void {
	const there = byCaller.get(who) ?? 0;
	if (there >= most) throw new Refused("too_many", refusal);
	byCaller.set(who, there + 1);
	return () => {
		const left = (byCaller.get(who) ?? 1) - 1;
		if (left > 0) byCaller.set(who, left);
		else byCaller.delete(who);
	};
}

interface Holder {
	open: Context["open"];
	caller: Pick<Caller, "by" | "id">;
}

/** Counts a subscription of the connection and its caller for as long as it lasts. @param own a narrower bound for its kind, where each costs much. */
export async function* held<T>({ open, caller }: Holder, following: AsyncGenerator<T>, own?: { kind: string; most: number }): AsyncGenerator<T> {
	if (open.subscriptions >= MAX_SUBSCRIPTIONS) throw new Refused("too_many", `One connection may hold ${MAX_SUBSCRIPTIONS} subscriptions.`);
	const who = `${caller.by} ${caller.id}`;
	const offs: (() => void)[] = [];
	open.subscriptions += 1;
	try {
		offs.push(count(who, MAX_OF_CALLER, `One person or key may hold ${MAX_OF_CALLER} subscriptions: close pages or programs that follow something.`));
		if (own)
			offs.push(count(`${who} ${own.kind}`, own.most, `One person or key may follow ${own.kind} ${own.most} times at once: close some pages.`));
		yield* following;
	} finally {
		open.subscriptions -= 1;
		for (const off of offs) off();
	}
}
