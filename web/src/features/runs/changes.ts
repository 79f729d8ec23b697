/** Hints for lists: which runs and flows changed. They may be late or few, never wrong: whoever gets one asks again for what it shows. */
import type { RunState } from "tidegate/protocol/states.ts";
import type { TenantDoor } from "../../server/db.ts";
import { bus, type FlowSignal } from "../../server/pubsub.ts";
import { wakeable } from "./wakeable.ts";

/** A busy run changes many times a second; a list is read by people. Milliseconds. */
const GATHER = 100;
/** Runs of one look; past it everything may have changed. */
const MAX_CHANGED = 200;
const RECHECK = 5_000;

/** All null: signals were lost for a moment, anything may have changed. */
export interface RunChange {
	/** Name. */
	flow: string | null;
	/** Null beside a flow: the flow itself changed, by a deploy for example. */
	run: string | null;
	state: RunState | null;
}

const EVERYTHING: RunChange = { flow: null, run: null, state: null };

export interface Following {
	door: TenantDoor;
	workspaceId: string;
	/** Name; none: all flows of the workspace. */
	flow?: string;
	signal: AbortSignal;
	assertAllowed(): Promise<void>;
}

export async function* followRuns({ door, workspaceId, flow, signal, assertAllowed }: Following): AsyncGenerator<RunChange> {
	const wake = wakeable(signal);
	const changed = new Set<string>();
	let lost = false;
	const off = bus.onWorkspace(workspaceId, (told: FlowSignal | null) => {
		if (told === null || changed.size >= MAX_CHANGED) lost = true;
		else changed.add(told.run ?? told.flow);
		wake.now();
	});
	try {
		while (!signal.aborted) {
			await wake.next(RECHECK);
			await assertAllowed();
			if (changed.size === 0 && !lost) continue;
			await new Promise((resolve) => setTimeout(resolve, GATHER));
			const ids = [...changed];
			const all = lost;
			changed.clear();
			lost = false;
			if (all) yield EVERYTHING;
			else yield* await look(door, workspaceId, ids, flow);
		}
	} finally {
		off();
		wake.end();
	}
}

/** @param ids of runs and of flows */
async function look(door: TenantDoor, workspaceId: string, ids: string[], flow: string | undefined): Promise<RunChange[]> {
	const { rows } = await door.query<RunChange>(
		`SELECT f.name AS flow, NULL::uuid AS run, NULL AS state FROM flow f
			WHERE f.id = ANY($1::uuid[]) AND f.workspace_id = $2 AND ($3::text IS NULL OR f.name = $3)
		UNION ALL (SELECT f.name, r.id, r.state FROM run r JOIN flow f ON f.id = r.flow_id
			WHERE r.id = ANY($1::uuid[]) AND r.workspace_id = $2 AND ($3::text IS NULL OR f.name = $3) ORDER BY r.id)`,
		[ids, workspaceId, flow ?? null],
	);
	return rows;
}
