/** Why a queued run waits: from what the pool's rules say and what its agents do. */
import type { Outputs } from "../../../browser/api.ts";
import { plural } from "../../../ui/format.ts";
import type { RunView } from "./view.ts";

type Agent = Pick<Outputs["agents"]["list"]["agents"][number], "name" | "pool" | "state" | "draining" | "slots" | "running">;
type Pool = Pick<Outputs["pools"]["list"]["pools"][number], "name" | "paused" | "limit" | "running">;

export type Reason =
	/** One sentence, after the pool's name. */
	| { kind: "said"; rest: string }
	/** Somebody has to bring an agent; these are enrolled. */
	| { kind: "nobody"; enrolled: string[] };

/** The first that holds, in the order in which people could change it; undefined where it should start any moment. */
export function reasonOf(pool: Pool | undefined, agents: readonly Agent[], store: RunView["kin"]["store"] = null): Reason | undefined {
	if (!pool) return undefined;
	if (pool.paused) return { kind: "said", rest: "is paused: nothing starts there until somebody resumes it." };
	const own = agents.filter((agent) => agent.pool === pool.name && agent.state !== "revoked");
	const online = own.filter((agent) => agent.state === "online");
	if (online.length === 0) return { kind: "nobody", enrolled: own.map(({ name }) => name) };
	const serving = online.filter((agent) => !agent.draining);
	if (serving.length === 0) {
		const which = online.length === 1 ? "The only agent that is online is" : `All ${plural(online.length, "agent")} that are online are`;
		return { kind: "said", rest: `has nobody who takes work. ${which} draining: it starts when one takes work again, or another comes.` };
	}
	if (store && !store.reachable)
		return {
			kind: "said",
			rest: `has no agent at the moment that takes work and reaches the store ${store.id.slice(0, 8)}, where what was done before is kept${store.by ? ` (${store.by} wrote it)` : ""}: it starts when one comes. “Go on without its store” does all again, on any agent.`,
		};
	if (pool.limit !== null && pool.running >= pool.limit)
		return { kind: "said", rest: `is at its limit of ${plural(pool.limit, "run")} at once; it starts when one ends.` };
	// An agent that has not polled yet has room, as far as is known.
	if (serving.some(({ slots, running }) => slots === null || running < slots)) return undefined;
	const slots = serving.reduce((sum, agent) => sum + (agent.slots ?? 0), 0);
	return { kind: "said", rest: `has all its ${plural(slots, "slot")} taken; it starts when one is free.` };
}
