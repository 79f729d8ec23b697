/** The way in for new runs: names are looked up and the run is queued in one statement; only where that writes nothing is it found out why. */

import { uuidv7 } from "tidegate/protocol/ids.ts";
import { MAX_LABEL, MAX_LABELS } from "tidegate/protocol/limits.ts";
import { envelopeKid } from "tidegate/protocol/seal.ts";
import type { RunState } from "tidegate/protocol/states.ts";
import type { Caller } from "../../server/callers.ts";
import type { TenantDoor, Tx } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { isStorable, NOT_STORABLE } from "../../server/inputs.ts";
import { server } from "../../server/process.ts";
import { limitTriggers } from "../../server/rates.ts";
import { unknownFlow } from "../flows/flows.ts";
import { unknownPool } from "../pools/pools.ts";
import { unknownVersion } from "../versions/versions.ts";
import { wrongKey } from "../workspaces/workspaces.ts";
import { createResuming } from "./lifecycle/line.ts";
import { createRun, createRunByName } from "./lifecycle.ts";
import { type Asked, asParams, type Target, targetSql } from "./target.ts";

export interface Trigger extends Asked {
	/** The caller's, where parameters are sealed to it. */
	id?: string;
	/** Sealed; none: the flow's defaults. */
	parameters?: Buffer;
	labels?: Record<string, string>;
	/** An ended run of the flow whose finished tasks are not done again. */
	resumes?: { run: string; from?: Buffer; changed?: "rerun" | "keep" };
	refresh?: boolean;
}

export interface Triggered {
	id: string;
	flow: string;
	number: number;
	state: RunState;
}

const TARGET = { name: "trigger-target", text: targetSql({ workspace: "$1", flow: "$2", number: "$3", pool: "$4" }) };

/** The same id again answers the run that it made before, with the version that it has. */
async function madeBefore(tx: Tx, id: string, flow: string): Promise<number> {
	const { rows } = await tx.query<{ number: number; flow: string }>(
		"SELECT v.number, f.name AS flow FROM run r JOIN version v ON v.id = r.version_id JOIN flow f ON f.id = r.flow_id WHERE r.id = $1",
		[id],
	);
	if (rows[0]?.flow !== flow) throw new Refused("id_taken", `The id ${id} belongs to a run of another flow: make a new one for each run.`);
	return rows[0].number;
}

export function assertLabels(labels: Record<string, string>): void {
	const entries = Object.entries(labels);
	if (entries.length > MAX_LABELS) throw new Refused("bad_request", `labels: a run has at most ${MAX_LABELS}, these are ${entries.length}.`);
	for (const [key, value] of entries) {
		if (key === "" || key.length > MAX_LABEL || value.length > MAX_LABEL)
			throw new Refused("bad_request", `labels: keys and values have 1 to ${MAX_LABEL} characters.`);
		if (!isStorable(key)) throw new Refused("bad_request", `labels: the key ${JSON.stringify(key)} ${NOT_STORABLE}.`);
		if (!isStorable(value)) throw new Refused("bad_request", `labels: the value of ${JSON.stringify(key)} ${NOT_STORABLE}.`);
	}
}

/** @throws Refused unknown_flow, unknown_version, not_live, unknown_pool, wrong_workspace_key, id_clock, id_taken, too_many. */
export async function triggerRun(door: TenantDoor, caller: Caller, wanted: Trigger): Promise<Triggered> {
	limitTriggers(caller.id, server().triggersPerSecond);
	const { flow, parameters, labels = {}, id = uuidv7() } = wanted;
	if (parameters && (wanted.id === undefined || wanted.number === undefined)) {
		throw new Refused("bad_request", "Sealed parameters are bound to a run and a version: send the id and the number that they were sealed for.");
	}
	assertLabels(labels);
	const workspaceId = caller.workspace.id;
	const run = { id, workspaceId, parameters: parameters ?? null, labels, createdBy: caller.actor };
	const { resumes, refresh = false } = wanted;
	if (resumes?.from && wanted.id === undefined)
		throw new Refused("bad_request", "A sealed task to go on from is bound to a run: send the id that it was sealed for.");
	const isPlain = !resumes && !refresh;
	const made = isPlain && (await createRunByName(door, run, wanted, parameters ? envelopeKid(parameters) : null));
	if (made) return { id, flow, number: made.number, state: "queued" };
	// More is asked than one statement does, something is not as asked, or the run is there already: step by step it shows what.
	return door.transaction(async (tx) => {
		const { rows } = await tx.query<Target>(TARGET, [workspaceId, ...asParams(wanted)]);
		const target = rows[0];
		if (!target) throw await unknownFlow(tx, workspaceId, flow);
		const { flow_id: flowId, version_id: versionId, number, kid, pool_id: poolId } = target;
		if (versionId === null || number === null) throw unknownVersion(flow, wanted.number);
		if (wanted.live && !target.live) throw new Refused("not_live", `Version ${number} of flow "${flow}" is not the live one any more.`);
		if (poolId === null) throw await unknownPool(tx, workspaceId, wanted.pool);
		if (parameters && envelopeKid(parameters) !== kid) throw wrongKey(caller.workspace.name, kid, envelopeKid(parameters));
		const full = { ...run, flowId, versionId, poolId };
		const from = resumes && { run: resumes.run, from: resumes.from ?? null, changed: resumes.changed ?? "rerun" };
		const { state, created } = isPlain ? await createRun(tx, full) : await createResuming(tx, full, from, refresh, wanted.pool !== undefined);
		return { id, flow, number: created ? number : await madeBefore(tx, id, flow), state };
	});
}
