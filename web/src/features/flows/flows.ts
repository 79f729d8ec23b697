import { suggestion } from "tidegate/protocol/nearest.ts";
import type { RunState } from "tidegate/protocol/states.ts";
import type { Sql } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { toIso } from "../../server/inputs.ts";

/** Flows of one answer: a workspace with more has another problem. */
const MAX_FLOWS = 1_000;
/** Newest runs shown beside each flow. */
const RECENT = 20;

interface Recent {
	id: string;
	number: number;
	state: RunState;
	queuedAt: string;
	startedAt: string | null;
	finishedAt: string | null;
}

export interface FlowItem {
	id: string;
	name: string;
	/** The version that runs where none is named. */
	live: { id: string; number: number } | null;
	createdAt: string;
	/** Newest first. */
	recent: Recent[];
}

interface FlowRow {
	id: string;
	name: string;
	created_at: Date;
	live: { id: string; number: number } | null;
}

const LIVE = `CASE WHEN v.id IS NULL THEN NULL ELSE json_build_object('id', v.id, 'number', v.number) END AS live`;

export async function listFlows(door: Sql, workspaceId: string): Promise<{ flows: FlowItem[] }> {
	const { rows } = await door.query<FlowRow & { recent: Recent[] | null }>(
		`SELECT f.id, f.name, f.created_at, ${LIVE}, r.recent FROM flow f LEFT JOIN version v ON v.id = f.live_version_id
			LEFT JOIN LATERAL (SELECT json_agg(json_build_object('id', x.id, 'number', n.number, 'state', x.state, 'queuedAt', x.queued_at,
				'startedAt', x.started_at, 'finishedAt', x.finished_at) ORDER BY x.id DESC) AS recent
				FROM (SELECT * FROM run WHERE flow_id = f.id ORDER BY id DESC LIMIT ${RECENT}) x JOIN version n ON n.id = x.version_id) r ON true
			WHERE f.workspace_id = $1 ORDER BY f.name LIMIT ${MAX_FLOWS}`,
		[workspaceId],
	);
	const flows = rows.map(({ id, name, live, created_at, recent }) => ({
		id,
		name,
		live,
		createdAt: created_at.toISOString(),
		recent: (recent ?? []).map((run) => ({
			...run,
			queuedAt: new Date(run.queuedAt).toISOString(),
			startedAt: toIso(run.startedAt),
			finishedAt: toIso(run.finishedAt),
		})),
	}));
	return { flows };
}

export async function getFlow(door: Sql, workspaceId: string, name: string) {
	const { rows } = await door.query<FlowRow & { versions: number; runs: number }>(
		`SELECT f.id, f.name, f.created_at, ${LIVE}, (SELECT count(*) FROM version WHERE flow_id = f.id) AS versions, (SELECT count(*) FROM run WHERE flow_id = f.id) AS runs
			FROM flow f LEFT JOIN version v ON v.id = f.live_version_id WHERE f.workspace_id = $1 AND f.name = $2`,
		[workspaceId, name],
	);
	const flow = rows[0];
	if (!flow) throw await unknownFlow(door, workspaceId, name);
	return { id: flow.id, name: flow.name, live: flow.live, createdAt: flow.created_at.toISOString(), versions: flow.versions, runs: flow.runs };
}

/** The refusal for a flow that is not there, naming those of the workspace that may have been meant. */
export async function unknownFlow(door: Sql, workspaceId: string, name: string): Promise<Refused> {
	const { rows } = await door.query<{ name: string }>(`SELECT name FROM flow WHERE workspace_id = $1 ORDER BY name LIMIT ${MAX_FLOWS}`, [
		workspaceId,
	]);
	const names = rows.map((row) => row.name);
	const hint = names.length === 0 ? " Nothing is deployed here yet: tidegate deploy." : suggestion(name, names);
	return new Refused("unknown_flow", `There is no flow "${name}" in this workspace.${hint}`);
}
