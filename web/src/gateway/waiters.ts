/**
 * The held polls of this server. A pool's waiters are served by one claim at a time, together: woken at once by what is queued here, by a signal
 * from another server, and by a look of our own every second, which alone would be correct. One poll an agent: a newer one takes its place.
 */
import { type Claimed, claim, isFull } from "../features/runs/lifecycle/claim.ts";
import { type Hint, readHints } from "../features/runs/lifecycle/holding.ts";
import { refuseAgent } from "../features/runs/lifecycle/reporter.ts";
import { UNTAKEN_AFTER } from "../features/runs/tunables.ts";
import { system } from "../server/db.ts";
import { log } from "../server/log.ts";
import { bus } from "../server/pubsub.ts";
import { shared } from "../server/shared.ts";

/** How often pools with waiters are looked at, and by how much that varies, so that servers do not ask in step. Milliseconds. */
const LOOK = 1_000;
const JITTER = 400;
/** Waiters that one claim serves, longest waiting first: a thousand idle agents must not make each claim longer. */
const ASKERS = 50;
/** Far less than an assignment may lie untaken. Milliseconds. */
const GIVEN_FOR = UNTAKEN_AFTER / 5;

export interface Waiter {
	agent: string;
	session: number;
	pool: string;
	poll: string;
	free: number;
	stores: string[];
	/** As it was when the poll began: once that changed, the poll is answered, and the next one asks accordingly. */
	draining: boolean;
	/** Whether its agent should hear of any of this now. */
	hears(hint: Pick<Hint, "cancelling" | "news">): boolean;
	/** Called once, with what was claimed for it; empty when it has something else to hear, or waited long enough. */
	answer(claimed: Claimed[]): void;
	refuse(error: unknown): void;
}

interface Pool {
	entries: Set<Entry>;
	serving: boolean;
	/** Whether to claim once more: asked for, or a run of the pool ended, while a claim was under way. */
	again: boolean;
	freed: boolean;
	off(): void;
}

interface Entry extends Waiter {
	/** A claim under way may still bring it something: it is not let go before. */
	claiming: boolean;
	due: boolean;
	leave(): void;
}

class Waiters {
	readonly #pools = new Map<string, Pool>();
	readonly #agents = new Map<string, Entry>();
	/** What polls were given just now: for the same poll, repeated in the moment of its claim, when the database could not tell yet. */
	readonly #given = new Map<string, { poll: string; claimed: Claimed[] }>();
	#timer: NodeJS.Timeout | undefined;

	/** @returns `end` answers the waiter now, empty (at the latest after a claim that is under way); `drop` forgets it: nobody is there to be answered. */
	wait(waiter: Waiter): { end(): void; drop(): void } {
		this.#agents.get(waiter.agent)?.leave();
		const off = bus.onAgent(waiter.agent, () => void this.#hear([waiter.agent]));
		let open = true;
		const entry: Entry = { ...waiter, claiming: false, due: false, leave: () => end() };
		const close = (): boolean => {
			if (!open) return false;
			open = false;
			off();
			this.#remove(entry);
			return true;
		};
		entry.answer = (claimed) => {
			if (close()) waiter.answer(claimed);
			if (claimed.length) this.#give(entry, claimed);
		};
		entry.refuse = (error) => void (close() && waiter.refuse(error));
		const end = (): void => {
			if (entry.claiming) entry.due = true;
			else entry.answer([]);
		};
		this.#add(entry);
		const given = this.#given.get(waiter.agent);
		if (given?.poll === waiter.poll) entry.answer(given.claimed);
		else void this.#serve(entry.pool);
		return { end, drop: () => void close() };
	}

	#give({ agent, poll }: Waiter, claimed: Claimed[]): void {
		const again = this.#agents.get(agent);
		if (again?.poll === poll) {
			again.answer(claimed);
			return;
		}
		const given = { poll, claimed };
		this.#given.set(agent, given);
		setTimeout(() => this.#given.get(agent) === given && this.#given.delete(agent), GIVEN_FOR).unref();
	}

	#add(entry: Entry): void {
		const { pool } = entry;
		const there = this.#pools.get(pool) ?? this.#newPool(pool);
		there.entries.add(entry);
		this.#pools.set(pool, there);
		this.#agents.set(entry.agent, entry);
		this.#timer ??= this.#next();
	}

	#newPool(pool: string): Pool {
		const offs = [bus.onPool(pool, () => void this.#serve(pool)), bus.onFreed(pool, () => this.#freed(pool))];
		const off = (): void => {
			for (const each of offs) each();
		};
		return { entries: new Set(), serving: false, again: false, freed: false, off };
	}

	/** Only where the limit kept runs waiting is the end of one a reason to claim. */
	#freed(pool: string): void {
		const there = this.#pools.get(pool);
		if (there?.serving) there.freed = true;
		else if (isFull(pool)) void this.#serve(pool);
	}

	#remove(entry: Entry): void {
		this.#pools.get(entry.pool)?.entries.delete(entry);
		this.#forget(entry.pool);
		if (this.#agents.get(entry.agent) === entry) this.#agents.delete(entry.agent);
	}

	/** A pool without waiters; not while a claim is under way, or a second one could begin beside it for the same poll. */
	#forget(pool: string): void {
		const there = this.#pools.get(pool);
		if (!there || there.serving || there.entries.size > 0) return;
		there.off();
		this.#pools.delete(pool);
	}

	async #serve(pool: string): Promise<void> {
		const there = this.#pools.get(pool);
		if (!there) return;
		there.again = true;
		if (there.serving) return;
		there.serving = true;
		try {
			while (there.again) {
				there.again = false;
				there.freed = false;
				const all = await this.#claim(pool, [...there.entries].filter((entry) => entry.free > 0).slice(0, ASKERS));
				// As much as was asked for: there may be more, for others.
				if (all || (there.freed && isFull(pool))) there.again = true;
			}
		} catch (error) {
			// They go on waiting: the next look tries again.
			log.warn("a claim failed", { pool, error });
		} finally {
			there.serving = false;
			this.#forget(pool);
		}
	}

	/** @returns whether all free slots were filled. */
	async #claim(pool: string, askers: Entry[]): Promise<boolean> {
		if (askers.length === 0) return false;
		for (const entry of askers) entry.claiming = true;
		let claimed: Claimed[] = [];
		try {
			claimed = await claim(pool, askers);
			return claimed.length === askers.reduce((sum, entry) => sum + entry.free, 0);
		} finally {
			for (const entry of askers) {
				entry.claiming = false;
				const own = claimed.filter((one) => one.poll === entry.poll && one.agent === entry.agent);
				if (own.length || entry.due) entry.answer(own);
			}
		}
	}

	#next(): NodeJS.Timeout {
		return setTimeout(() => void this.#look(), LOOK + (Math.random() - 0.5) * JITTER).unref();
	}

	async #look(): Promise<void> {
		this.#timer = undefined;
		if (this.#agents.size === 0) return;
		try {
			const { rows } = await system.query<{ pool: string }>(
				{ name: "pools-with-work", text: "SELECT pool FROM unnest($1::uuid[]) pool WHERE EXISTS (SELECT FROM queue_entry q WHERE q.pool_id = pool)" },
				[[...this.#pools.keys()]],
			);
			for (const { pool } of rows) void this.#serve(pool);
			await this.#hear([...this.#agents.keys()]);
		} catch (error) {
			log.warn("the look at waiting pools failed", { error });
		}
		this.#timer ??= this.#next();
	}

	/** Cancels, revocations, newer sessions and drains. */
	async #hear(agents: string[]): Promise<void> {
		const hints = await readHints(agents).catch((error) => void log.warn("hints for agents could not be read", { error }));
		for (const hint of hints ?? []) {
			const entry = this.#agents.get(hint.agent);
			if (!entry) continue;
			try {
				refuseAgent(hint, entry.session);
				if (entry.hears(hint) || entry.draining !== hint.draining) entry.leave();
			} catch (error) {
				entry.refuse(error);
			}
		}
	}
}

export const waiters = shared("waiters", () => new Waiters());
