/** Pools and agents of a workspace, live: first everything, then what changed. Whoever subscribes anew gets everything again, so that nothing is missed. */
import type { TenantDoor } from "../../server/db.ts";
import { bus } from "../../server/pubsub.ts";
import { release } from "../../server/release.ts";
import type { PoolItem } from "../pools/pools.ts";
import { wakeable } from "../runs/wakeable.ts";
import type { AgentItem } from "./agents.ts";
import { looksAt } from "./looks.ts";

/** A busy run changes many times a second; the page is read by people. Milliseconds. */
const GATHER = 300;
/** When agents were last heard is told without a signal. Milliseconds. */
const RECHECK = 2_000;

/** Nothing leaves the fleet: an agent that was turned away stays, revoked. */
export interface FleetChange {
	/** Those that are new or changed. */
	pools: PoolItem[];
	agents: AgentItem[];
	/** The first of a subscription: all there are. */
	whole: boolean;
	/** Of the server, so that agents that are older can be told. */
	release: string;
}

export interface Watching {
	door: TenantDoor;
	workspaceId: string;
	signal: AbortSignal;
	assertAllowed(): Promise<void>;
}

export async function* watchFleet({ door, workspaceId, signal, assertAllowed }: Watching): AsyncGenerator<FleetChange> {
	const wake = wakeable(signal);
	let heardAt = performance.now();
	const hear = (): void => {
		heardAt = performance.now();
		wake.now();
	};
	const offs = [bus.onFleet(workspaceId, hear), bus.onWorkspace(workspaceId, hear)];
	const looks = looksAt(door, workspaceId);
	const known = new Map<string, string>();
	try {
		for (let whole = true; !signal.aborted; whole = false) {
			await assertAllowed();
			const { pools, agents, prints } = await looks.at(heardAt);
			const isNew = ({ id }: { id: string }): boolean => {
				const now = prints.get(id) as string;
				if (known.get(id) === now) return false;
				known.set(id, now);
				return true;
			};
			const change: FleetChange = { whole, release, pools: pools.filter(isNew), agents: agents.filter(isNew) };
			if (whole || change.pools.length > 0 || change.agents.length > 0) yield change;
			await new Promise((resolve) => setTimeout(resolve, GATHER));
			await wake.next(RECHECK);
		}
	} finally {
		for (const off of offs) off();
		looks.end();
		wake.end();
	}
}
