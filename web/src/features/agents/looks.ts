/** What the fleet of a workspace looks like, asked of the database once for all who watch it on this server. */
import type { TenantDoor } from "../../server/db.ts";
import { shared } from "../../server/shared.ts";
import { listPools, type PoolItem } from "../pools/pools.ts";
import { type AgentItem, listAgents } from "./agents.ts";

/** A look that nothing called for may be this old: agents are heard all the time. Milliseconds. */
const FRESH = 1_000;

export interface Look {
	pools: PoolItem[];
	agents: AgentItem[];
	/** What is compared, by id. */
	prints: Map<string, string>;
}

/** Instants of memory differ by a millisecond each time they are read. */
const print = (item: PoolItem | AgentItem): string =>
	JSON.stringify(item, (key, value) => (key === "lastSeenAt" && value ? Math.round(Date.parse(value) / 1_000) : value));

class Looks {
	#watchers = 0;
	/** When the newest began, and what it saw or will see. */
	#began = Number.NEGATIVE_INFINITY;
	#newest: Promise<Look> | undefined;
	#isDone = true;

	enter(): void {
		this.#watchers += 1;
	}

	/** @returns whether somebody still watches. */
	leave(): boolean {
		this.#watchers -= 1;
		return this.#watchers > 0;
	}

	/** One that began at `since` or later, and is fresh. Never two at once: who comes meanwhile shares the next. */
	async at(door: TenantDoor, workspaceId: string, since: number): Promise<Look> {
		for (;;) {
			if (this.#newest && this.#began >= since && performance.now() - this.#began < FRESH) return this.#newest;
			if (this.#isDone) return this.#begin(door, workspaceId);
			await this.#newest?.catch(() => undefined);
		}
	}

	#begin(door: TenantDoor, workspaceId: string): Promise<Look> {
		this.#began = performance.now();
		this.#isDone = false;
		const look = Promise.all([listPools(door, workspaceId), listAgents(door, workspaceId)]).then(([{ pools }, { agents }]) => ({
			pools,
			agents,
			prints: new Map([...pools, ...agents].map((item) => [item.id, print(item)])),
		}));
		this.#newest = look;
		look.then(
			() => {
				this.#isDone = true;
			},
			() => {
				// Nobody shares a failure that is over.
				this.#isDone = true;
				this.#newest = undefined;
			},
		);
		return look;
	}
}

const byWorkspace = shared("fleet looks", () => new Map<string, Looks>());

/** @returns how to look, and how to stop. */
export function looksAt(door: TenantDoor, workspaceId: string): { at(since: number): Promise<Look>; end(): void } {
	const looks = byWorkspace.get(workspaceId) ?? new Looks();
	byWorkspace.set(workspaceId, looks);
	looks.enter();
	return {
		at: (since) => looks.at(door, workspaceId, since),
		end: () => {
			if (!looks.leave()) byWorkspace.delete(workspaceId);
		},
	};
}
