/** Which of the lists a page holds are asked for again as runs change: those that show them, and those of all flows less often. */
import type { Query, QueryClient } from "@tanstack/react-query";
import type { RunChange } from "./changes.ts";

/** Lists change at most this often, however fast runs change. Milliseconds. */
const RENEW = 400;
/** Those that cost the server a look at many runs. Milliseconds. */
const RENEW_WIDE = 2_000;

/** Procedures whose answers runs change, and whether they look at many runs. A hint is of a run: one that starts may be the first of a new version. */
const LISTS: Record<string, boolean> = {
	"runs.list": false,
	"runs.waits": false,
	"flows.get": false,
	"versions.list": false,
	"flows.list": true,
	"flows.grid": true,
	"flows.metrics": true,
	"flows.pins": true,
};

const told = (query: Query): [path: string, flow: string | undefined] => {
	const [path, given] = query.queryKey as [string[]?, { input?: { flow?: string } }?];
	return [Array.isArray(path) ? path.join(".") : "", given?.input?.flow];
};

/** Hears of changes, and asks again for what they concern: soon after the first, then no more often than the list may be. */
export class Renewal {
	readonly #client: QueryClient;
	readonly #slow = new Round(RENEW, RENEW_WIDE, (flows) => this.#renew(flows, true));
	readonly #fast = new Round(RENEW, RENEW, (flows) => this.#renew(flows, false));

	constructor(client: QueryClient) {
		this.#client = client;
	}

	heard(change: RunChange): void {
		this.#fast.add(change.flow);
		this.#slow.add(change.flow);
	}

	stop(): void {
		this.#fast.stop();
		this.#slow.stop();
	}

	/** @returns whether it could be done now. */
	#renew(flows: ReadonlySet<string> | null, wide: boolean): boolean {
		// Asking anew would break off a next page that somebody waits for.
		if (this.#client.isFetching({ predicate: ({ state }) => Boolean(state.fetchMeta?.fetchMore) }) > 0) return false;
		const concerned = (query: Query): boolean => {
			const [path, flow] = told(query);
			return LISTS[path] === wide && (flow === undefined || flows === null || flows.has(flow));
		};
		void this.#client.invalidateQueries({ predicate: concerned });
		return true;
	}
}

/** Gathers the flows that changed until the next time. */
class Round {
	readonly #soon: number;
	readonly #every: number;
	readonly #go: (flows: ReadonlySet<string> | null) => boolean;
	#flows: Set<string> | null = new Set();
	#due: ReturnType<typeof setTimeout> | undefined;
	#last = Number.NEGATIVE_INFINITY;

	constructor(soon: number, every: number, go: (flows: ReadonlySet<string> | null) => boolean) {
		this.#soon = soon;
		this.#every = every;
		this.#go = go;
	}

	/** @param flow null: any of them may have changed */
	add(flow: string | null): void {
		if (flow === null) this.#flows = null;
		else this.#flows?.add(flow);
		this.#due ??= setTimeout(() => this.#end(), Math.max(this.#soon, this.#last + this.#every - performance.now()));
	}

	stop(): void {
		clearTimeout(this.#due);
	}

	#end(): void {
		this.#due = undefined;
		const flows = this.#flows;
		if (!this.#go(flows)) {
			this.#due = setTimeout(() => this.#end(), this.#soon);
			return;
		}
		this.#flows = new Set();
		this.#last = performance.now();
	}
}
