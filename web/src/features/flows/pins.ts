/**
 * Artifacts that a flow's page shows as its newest run made them. A pin names one artifact of one run; which artifact of a later run has the same
 * name only a browser with the key can tell, so it gets the sealed heads of the last runs beside the pin's own.
 */
import type { ArtifactKind } from "tidegate/protocol/states.ts";
import { audit } from "../../server/audit.ts";
import type { Caller } from "../../server/callers.ts";
import type { Sql, TenantDoor } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { toBase64 } from "../../server/inputs.ts";
import { bus } from "../../server/pubsub.ts";
import { flowIdOf } from "./flows.ts";

/** Of one flow: its page shows them all. */
const MAX_PINS = 12;
/** Newest runs, artifacts of each and sealed bytes among which a pin's name is looked for. */
const RUNS = 30;
const OF_RUN = 50;
const MAX_HEADS = 1024 * 1024;

export interface ArtifactHead {
	id: string;
	kind: ArtifactKind;
	task: string | null;
	execution: number;
	size: number;
	at: string;
	sealed: string;
	run: { id: string; flow: string; number: number; queuedAt: string };
}

interface HeadRow {
	id: string;
	kind: ArtifactKind;
	task_id: Buffer | null;
	execution: number;
	size: number;
	at: Date;
	sealed: Buffer;
	run_id: string;
	number: number;
	queued_at: Date;
}

const toHead = (row: HeadRow, flow: string): ArtifactHead => ({
	...{ id: row.id, kind: row.kind, execution: row.execution, size: row.size },
	task: row.task_id?.toString("hex") ?? null,
	at: row.at.toISOString(),
	sealed: toBase64(row.sealed) as string,
	run: { id: row.run_id, flow, number: row.number, queuedAt: row.queued_at.toISOString() },
});

const HEAD = "a.id, a.kind, a.task_id, a.execution, a.size, a.at, a.sealed, r.id AS run_id, v.number, r.queued_at";

export interface Pin {
	by: string;
	at: string;
	artifact: ArtifactHead;
}

/** `candidates` newest first. */
export async function readPins(door: TenantDoor, workspaceId: string, flow: string): Promise<{ pins: Pin[]; candidates: ArtifactHead[] }> {
	return door.transaction(async (tx) => {
		const flowId = await flowIdOf(tx, workspaceId, flow);
		const { rows } = await tx.query<HeadRow & { pinned_by: string; pinned_at: Date }>(
			`SELECT ${HEAD}, p.by AS pinned_by, p.at AS pinned_at FROM flow_pin p JOIN run r ON r.id = p.run_id JOIN version v ON v.id = r.version_id
				JOIN artifact a ON a.run_id = p.run_id AND a.id = p.artifact_id WHERE p.flow_id = $1 AND p.workspace_id = $2 ORDER BY p.at, p.artifact_id`,
			[flowId, workspaceId],
		);
		const pins = rows.map((row) => ({ by: row.pinned_by, at: row.pinned_at.toISOString(), artifact: toHead(row, flow) }));
		if (pins.length === 0) return { pins, candidates: [] };
		const kinds = [...new Set(rows.map(({ kind }) => kind))];
		const found = await tx.query<HeadRow>(
			`SELECT * FROM (SELECT ${HEAD}, sum(length(a.sealed)) OVER (ORDER BY r.id DESC, a.at DESC, a.id DESC) AS bytes
				FROM (SELECT id, version_id, queued_at FROM run WHERE flow_id = $1 AND workspace_id = $2 ORDER BY id DESC LIMIT ${RUNS}) r
				JOIN version v ON v.id = r.version_id CROSS JOIN LATERAL (SELECT * FROM artifact WHERE run_id = r.id AND workspace_id = $2 AND kind = ANY($3)
					ORDER BY at DESC, id DESC LIMIT ${OF_RUN}) a) h WHERE bytes <= ${MAX_HEADS} ORDER BY run_id DESC, at DESC, id DESC`,
			[flowId, workspaceId, kinds],
		);
		return { pins, candidates: found.rows.map((row) => toHead(row, flow)) };
	});
}

export interface Pinned {
	run: string;
	artifact: string;
}

/** The flow of the run, if the artifact is there; locked, so that pins are counted one after the other. */
async function flowOf(tx: Sql, workspaceId: string, { run, artifact }: Pinned): Promise<{ id: string; name: string }> {
	const { rows } = await tx.query<{ id: string; name: string }>(
		`SELECT f.id, f.name FROM artifact a JOIN run r ON r.id = a.run_id JOIN flow f ON f.id = r.flow_id
			WHERE a.run_id = $1 AND a.id = $2 AND a.workspace_id = $3 FOR NO KEY UPDATE OF f`,
		[run, artifact, workspaceId],
	);
	const flow = rows[0];
	if (!flow) throw new Refused("not_found", `There is no artifact ${artifact} of a run ${run} in this workspace.`);
	return flow;
}

export async function pin(door: TenantDoor, caller: Caller, what: Pinned): Promise<Pinned> {
	const workspaceId = caller.workspace.id;
	return door.transaction(async (tx) => {
		const flow = await flowOf(tx, workspaceId, what);
		const { rows } = await tx.query<{ n: number }>("SELECT count(*) AS n FROM flow_pin WHERE flow_id = $1", [flow.id]);
		if ((rows[0]?.n ?? 0) >= MAX_PINS)
			throw new Refused("too_many", `The page of ${flow.name} shows ${MAX_PINS} artifacts already: take one off it first.`);
		const { rowCount } = await tx.query(
			"INSERT INTO flow_pin (flow_id, run_id, artifact_id, workspace_id, by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
			[flow.id, what.run, what.artifact, workspaceId, caller.actor],
		);
		if (rowCount) await audit(tx, caller, "flow.pin", flow.name, { ...what });
		tx.afterCommit(() => bus.flow(workspaceId, flow.id));
		return what;
	});
}

export async function unpin(door: TenantDoor, caller: Caller, what: Pinned): Promise<Pinned> {
	return door.transaction(async (tx) => {
		const { rows } = await tx.query<{ id: string; name: string }>(
			`DELETE FROM flow_pin p USING flow f WHERE f.id = p.flow_id AND p.run_id = $1 AND p.artifact_id = $2 AND p.workspace_id = $3 RETURNING f.id, f.name`,
			[what.run, what.artifact, caller.workspace.id],
		);
		const flow = rows[0];
		// Somebody else was quicker: it is off, as was asked.
		if (!flow) return what;
		await audit(tx, caller, "flow.unpin", flow.name, { ...what });
		tx.afterCommit(() => bus.flow(caller.workspace.id, flow.id));
		return what;
	});
}
