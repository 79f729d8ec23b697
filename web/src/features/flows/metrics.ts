/** The metrics of a flow's runs, a page of runs at a time: sealed, so that a browser with the key can draw them over time. */
import type { RunState } from "tidegate/protocol/states.ts";
import type { Sql } from "../../server/db.ts";
import { toBase64 } from "../../server/inputs.ts";
import { OWN } from "../runs/own.ts";
import { flowIdOf } from "./flows.ts";

/** Runs of one answer. */
const RUNS = 20;
/** Newest metrics artifacts of each run: one told step by step counts each step, and its last value is what is drawn. */
const OF_RUN = 20;
/** Bytes of a body that comes along; a larger one holds a series whose points belong on the run's own page. */
const MAX_SIZE = 64 * 1024;
/** Bytes of the bodies of one answer: fewer runs come where those of twenty are more. All of one run always fit. */
const MAX_ANSWER = 4 * 1024 * 1024;

export interface RunMetrics {
	run: string;
	/** Of the version. */
	number: number;
	state: RunState;
	queuedAt: string;
	/** Newest first. */
	artifacts: SealedMetrics[];
}

export interface SealedMetrics {
	id: string;
	execution: number;
	size: number;
	/** Its name. */
	sealed: string;
	/** Its body, piece by piece; null where it is too large to come along. */
	pieces: { start: number; sealed: string }[] | null;
}

interface Row {
	run: string;
	number: number;
	state: RunState;
	queued_at: Date;
	id: string | null;
	execution: number;
	size: number;
	sealed: Buffer;
	starts: number[] | null;
	bodies: Buffer[] | null;
	total: number;
}

/** Newest run first. @param before the last run of the page before; `next` is what comes here for the next one */
export async function readMetrics(
	door: Sql,
	workspaceId: string,
	flow: string,
	before: string | undefined,
): Promise<{ runs: RunMetrics[]; next: string | null }> {
	const flowId = await flowIdOf(door, workspaceId, flow);
	const { rows } = await door.query<Row>(
		`SELECT a.*, c.* FROM (SELECT r.id AS run, v.number, r.state, r.queued_at, a.*,
				coalesce(sum(a.size) FILTER (WHERE a.size <= ${MAX_SIZE}) OVER (ORDER BY r.id DESC, a.at DESC, a.id DESC), 0)::bigint AS total
				FROM (SELECT id, version_id, state, queued_at FROM run r WHERE flow_id = $1 AND workspace_id = $2 AND ${OWN} AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT ${RUNS}) r
				JOIN version v ON v.id = r.version_id
				LEFT JOIN LATERAL (SELECT id, execution, size, sealed, at FROM artifact WHERE run_id = r.id AND workspace_id = $2 AND kind = 'metrics'
					ORDER BY at DESC, id DESC LIMIT ${OF_RUN}) a ON true) a
			LEFT JOIN LATERAL (SELECT array_agg(byte_from ORDER BY byte_from) AS starts, array_agg(sealed ORDER BY byte_from) AS bodies FROM artifact_chunk
				WHERE run_id = a.run AND artifact_id = a.id AND execution = a.execution AND a.size <= ${MAX_SIZE} AND a.total <= ${MAX_ANSWER}) c ON true
			ORDER BY a.run DESC, a.at DESC, a.id DESC`,
		[flowId, workspaceId, before ?? null],
	);
	const past = rows.find(({ total }) => total > MAX_ANSWER)?.run;
	const runs = new Map<string, RunMetrics>();
	for (const row of rows) {
		if (row.run === past) break;
		const one = runs.get(row.run) ?? { run: row.run, number: row.number, state: row.state, queuedAt: row.queued_at.toISOString(), artifacts: [] };
		runs.set(row.run, one);
		if (row.id === null) continue;
		const pieces = row.bodies?.map((body, at) => ({ start: Number(row.starts?.[at]), sealed: toBase64(body) as string })) ?? null;
		one.artifacts.push({ id: row.id, execution: row.execution, size: row.size, sealed: toBase64(row.sealed) as string, pieces });
	}
	const page = [...runs.values()];
	return { runs: page, next: past === undefined && page.length < RUNS ? null : (page.at(-1)?.run ?? null) };
}
