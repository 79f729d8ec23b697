/** Many runs are cancelled at once, where they are about as many as the asker saw. */
import { RUN_ENDED, RUN_STATES, type RunState } from "tidegate/protocol/states.ts";
import { audit } from "../../server/audit.ts";
import type { Caller } from "../../server/callers.ts";
import type { TenantDoor } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { again } from "../../server/ways.ts";
import { cancelRun } from "./lifecycle.ts";
import { countRuns, listRuns, type RunFilter } from "./list.ts";

/** Runs of one call: some seconds of work. */
const MOST = 1_000;
const PAGE = 200;
/** Runs come and go while a person reads a number: this much of it, and never fewer than this many, makes no difference. */
const SHARE = 0.1;
const FEW = 5;

const going: RunState[] = RUN_STATES.filter((state) => !(RUN_ENDED as readonly RunState[]).includes(state) && state !== "cancelling");

/** @param expected as the asker was told them @returns how many were asked to end, and how many of the filter are left @throws Refused count_changed */
export async function cancelMany(
	door: TenantDoor,
	caller: Caller,
	filter: Omit<RunFilter, "limit" | "cursor">,
	expected: number,
): Promise<{ cancelled: number; left: number }> {
	const workspaceId = caller.workspace.id;
	const states = filter.states?.length ? filter.states.filter((state) => going.includes(state)) : going;
	const wanted = { ...filter, states };
	const count = states.length ? await countRuns(door, workspaceId, wanted) : 0;
	if (Math.abs(count - expected) > Math.max(FEW, expected * SHARE))
		throw new Refused("count_changed", `These are ${count} runs by now, not ${expected}: look again, and ask for ${count}.`);
	let cancelled = 0;
	let cursor: string | undefined;
	while (cancelled < Math.min(count, MOST)) {
		const { runs, next } = await listRuns(door, workspaceId, { ...wanted, cursor, limit: Math.min(PAGE, MOST - cancelled) });
		for (const { id } of runs) await again(() => door.transaction((tx) => cancelRun(tx, { workspaceId, runId: id, by: caller.actor })));
		cancelled += runs.length;
		if (!next) break;
		cursor = next;
	}
	const left = Math.max(0, count - cancelled);
	await door.transaction((tx) => audit(tx, caller, "run.cancel_many", filter.flow ?? "all flows", { cancelled, left }));
	return { cancelled, left };
}
