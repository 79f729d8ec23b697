import { suggestion } from "tidegate/protocol/nearest.ts";
import type { RunState } from "tidegate/protocol/states.ts";
import type { Sql } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { toIso } from "../../server/inputs.ts";
import { OWN } from "../runs/own.ts";

/** Flows of one answer: a workspace with more has another problem. */
const MAX_FLOWS = 1_000;
/** Newest runs shown beside each flow. */
const RECENT = 20;
/** Newest runs that its figures are of. */
const MEASURED = 100;

interface Recent {
	id: string;
	number: number;
	state: RunState;
	queuedAt: string;
	startedAt: string | null;
	finishedAt: string | null;
}

type RecentRow = Omit<Recent, "number"> & { version: string };

export interface FlowItem {
	id: string;
	name: string;
	/** The version that runs where none is named. */
	live: { id: string; number: number } | null;
	createdAt: string;
	/** In the clear. */
	tags: string[];
	/** Whether the figures below were asked for; without them the newest run is told alone. */
	measured: boolean;
	/** Newest first. */
	recent: Recent[];
	/** Of its last hundred runs, those that ended by themselves; and the median of those that succeeded, in milliseconds. */
	succeeded: number;
	failed: number;
	median: number | null;
}

interface FlowRow {
	id: string;
	name: string;
	created_at: Date;
	tags: string[];
	live: { id: string; number: number } | null;
}

const LIVE = `CASE WHEN v.id IS NULL THEN NULL ELSE json_build_object('id', v.id, 'number', v.number) END AS live`;

type Row = FlowRow & Pick<FlowItem, "succeeded" | "failed" | "median"> & { recent: RecentRow[] | null; numbers: Record<string, number> | null };

/** Flows with no more than their newest run: 45 ms for a thousand, where the figures of all their last hundred runs take 400, of which 80 to read those. */
const BARE = `SELECT f.id, f.name, f.tags, f.created_at, ${LIVE}, 0 AS succeeded, 0 AS failed, NULL AS median,
	CASE WHEN r.id IS NOT NULL THEN json_build_array(json_build_object('id', r.id, 'version', r.version_id, 'state', r.state, 'queuedAt', r.queued_at,
		'startedAt', r.started_at, 'finishedAt', r.finished_at)) END AS recent,
	(SELECT json_build_object(id, number) FROM version WHERE id = r.version_id) AS numbers
	FROM flow f LEFT JOIN version v ON v.id = f.live_version_id
	LEFT JOIN LATERAL (SELECT id, version_id, state, queued_at, started_at, finished_at FROM run r WHERE flow_id = f.id AND ${OWN} ORDER BY id DESC LIMIT 1) r ON true
	WHERE f.workspace_id = $1 ORDER BY f.name LIMIT ${MAX_FLOWS}`;

/**
 * For each flow one stretch of an index: a thousand flows of a hundred thousand runs cost the last hundred of each. Version numbers are looked up
 * once a version: twenty look-ups a flow were half of it.
 * @param which a condition on flow f
 */
const measuring = (which: string): string =>
	`SELECT f.id, f.name, f.tags, f.created_at, ${LIVE}, r.recent, r.succeeded, r.failed, r.median,
		(SELECT json_object_agg(id, number) FROM version WHERE id = ANY(r.versions)) AS numbers
		FROM flow f LEFT JOIN version v ON v.id = f.live_version_id
		CROSS JOIN LATERAL (SELECT json_agg(json_build_object('id', x.id, 'version', x.version_id, 'state', x.state, 'queuedAt', x.queued_at,
			'startedAt', x.started_at, 'finishedAt', x.finished_at) ORDER BY x.place) FILTER (WHERE x.place <= ${RECENT}) AS recent,
			array_agg(DISTINCT x.version_id) FILTER (WHERE x.place <= ${RECENT}) AS versions,
			count(*) FILTER (WHERE x.state = 'succeeded') AS succeeded, count(*) FILTER (WHERE x.state = 'failed') AS failed,
			(1000 * percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM x.finished_at - x.started_at)) FILTER (WHERE x.state = 'succeeded'))::float8 AS median
			FROM (SELECT y.*, row_number() OVER (ORDER BY y.id DESC) AS place FROM (SELECT id, version_id, state, queued_at, started_at, finished_at
				FROM run r WHERE flow_id = f.id AND ${OWN} ORDER BY id DESC LIMIT ${MEASURED}) y) x) r
		WHERE f.workspace_id = $1 AND ${which} ORDER BY f.name LIMIT ${MAX_FLOWS}`;

const SOME = measuring("f.id = ANY($2::uuid[])");
const FIRST = measuring("f.id IN (SELECT id FROM flow WHERE workspace_id = $1 ORDER BY name LIMIT $2)");

interface Asked {
	/** Only these. */
	ids?: string[] | undefined;
	/** So many, the first by name, with their figures. */
	measured?: number | undefined;
}

export async function listFlows(door: Sql, workspaceId: string, { ids, measured = MAX_FLOWS }: Asked = {}): Promise<{ flows: FlowItem[] }> {
	if (ids) return { flows: (await door.query<Row>(SOME, [workspaceId, ids])).rows.map((row) => toItem(row, true)) };
	const [first, all] = await Promise.all([
		measured > 0 ? door.query<Row>(FIRST, [workspaceId, Math.min(measured, MAX_FLOWS)]) : undefined,
		measured < MAX_FLOWS ? door.query<Row>(BARE, [workspaceId]) : undefined,
	]);
	const whole = (first?.rows ?? []).map((row) => toItem(row, true));
	if (!all) return { flows: whole };
	const known = new Map(whole.map((flow) => [flow.id, flow]));
	return { flows: all.rows.map((row) => known.get(row.id) ?? toItem(row, false)) };
}

const toItem = ({ created_at, recent, numbers, ...flow }: Row, measured: boolean): FlowItem => ({
	...flow,
	measured,
	createdAt: created_at.toISOString(),
	recent: (recent ?? []).map(({ version, ...run }) => ({
		...run,
		number: numbers?.[version] ?? 0,
		queuedAt: new Date(run.queuedAt).toISOString(),
		startedAt: toIso(run.startedAt),
		finishedAt: toIso(run.finishedAt),
	})),
});

export async function getFlow(door: Sql, workspaceId: string, name: string) {
	const { rows } = await door.query<FlowRow & { versions: number; runs: number; pins: number }>(
		`SELECT f.id, f.name, f.tags, f.created_at, ${LIVE}, (SELECT count(*) FROM version WHERE flow_id = f.id) AS versions,
			(SELECT count(*) FROM run r WHERE flow_id = f.id AND ${OWN}) AS runs, (SELECT count(*) FROM flow_pin WHERE flow_id = f.id) AS pins
			FROM flow f LEFT JOIN version v ON v.id = f.live_version_id WHERE f.workspace_id = $1 AND f.name = $2`,
		[workspaceId, name],
	);
	const flow = rows[0];
	if (!flow) throw await unknownFlow(door, workspaceId, name);
	const { created_at, ...rest } = flow;
	return { ...rest, createdAt: created_at.toISOString() };
}

/** @throws Refused unknown_flow */
export async function flowIdOf(door: Sql, workspaceId: string, name: string): Promise<string> {
	const { rows } = await door.query<{ id: string }>("SELECT id FROM flow WHERE workspace_id = $1 AND name = $2", [workspaceId, name]);
	const flow = rows[0];
	if (!flow) throw await unknownFlow(door, workspaceId, name);
	return flow.id;
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
