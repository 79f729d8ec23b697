import { hasEnded, type RunState } from "tidegate/protocol/states.ts";
import type { Sql } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { flowIdOf } from "../flows/flows.ts";
import { OWN } from "./own.ts";
import { type RunSummary, SUMMARY, SUMMARY_FROM, type SummaryRow, toSummary } from "./summary.ts";

export interface RunFilter {
	/** These alone. */
	ids?: string[];
	flow?: string;
	/** Children of this run. */
	parent?: string;
	/** Without those that are parts of others: of hooks, and of a task that is done elsewhere. */
	own?: boolean;
	states?: RunState[];
	/** Of the version. */
	number?: number;
	/** `key=value`, or `key` for any value. */
	label?: string;
	/** Queued at this time or later, and before that one. */
	from?: string;
	to?: string;
	/** Seconds before now, by the database's clock. */
	within?: number;
	limit?: number;
	/** Runs before this one. */
	cursor?: string;
}

const PAGE = 50;

async function whereOf(door: Sql, workspaceId: string, filter: RunFilter): Promise<{ where: string; params: unknown[] }> {
	const flowId = filter.flow === undefined ? undefined : await flowIdOf(door, workspaceId, filter.flow);
	const where = ["r.workspace_id = $1"];
	const params: unknown[] = [workspaceId];
	const add = (condition: string, value: unknown): void => {
		params.push(value);
		where.push(condition.replace("?", `$${params.length}`));
	};
	if (flowId !== undefined) add("r.flow_id = ?", flowId);
	if (filter.states?.length) add("r.state = ANY(?)", filter.states);
	if (filter.number !== undefined) add("v.number = ?", filter.number);
	if (filter.label) addLabel(filter.label, add);
	if (filter.parent) add("r.parent_id = ?", filter.parent);
	if (filter.own) where.push(OWN);
	if (filter.ids) add("r.id = ANY(?::uuid[])", filter.ids);
	if (filter.from) addFrom("?::timestamptz", filter.from, add);
	if (filter.within) addFrom("(SELECT tg_now() - make_interval(secs => ?))", filter.within, add);
	if (filter.to) addTo(filter.to, add);
	if (filter.cursor) add("r.id < ?", filter.cursor);
	return { where: where.join(" AND "), params };
}

/** Newest first. */
export async function listRuns(door: Sql, workspaceId: string, filter: RunFilter): Promise<{ runs: RunSummary[]; next: string | null }> {
	const limit = filter.limit ?? PAGE;
	const { where, params } = await whereOf(door, workspaceId, filter);
	const { rows } = await door.query<SummaryRow>(`SELECT ${SUMMARY} ${SUMMARY_FROM} WHERE ${where} ORDER BY r.id DESC LIMIT ${limit + 1}`, params);
	const runs = rows.slice(0, limit).map(toSummary);
	return { runs, next: rows.length > limit ? (runs.at(-1)?.id ?? null) : null };
}

// An id is made at most a day before or after its run is queued: that much around the stretch of time lies what the index on ids is read for.
/** @param at the instant, with ? for `value`; a subquery where it is computed, once */
function addFrom(at: string, value: unknown, add: (condition: string, value: unknown) => void): void {
	add(`r.queued_at >= ${at}`, value);
	add(`r.id >= (SELECT tg_first_id(${at} - interval '1 day'))`, value);
}

function addTo(to: string, add: (condition: string, value: unknown) => void): void {
	add("r.queued_at < ?::timestamptz", to);
	add("r.id < (SELECT tg_first_id(?::timestamptz + interval '1 day'))", to);
}

function addLabel(label: string, add: (condition: string, value: unknown) => void): void {
	const at = label.indexOf("=");
	const key = at < 0 ? label : label.slice(0, at);
	if (key === "") throw new Refused("bad_request", "label: must look like key=value, or key.");
	if (at < 0) add("r.labels -> ? IS NOT NULL", key);
	else add("r.labels @> ?::jsonb", JSON.stringify({ [key]: label.slice(at + 1) }));
}

export async function countRuns(door: Sql, workspaceId: string, filter: RunFilter): Promise<number> {
	const { where, params } = await whereOf(door, workspaceId, filter);
	const { rows } = await door.query<{ count: number }>(
		`SELECT count(*)::int AS count FROM run r JOIN version v ON v.id = r.version_id WHERE ${where}`,
		params,
	);
	return rows[0]?.count ?? 0;
}

/** @throws Refused unknown_run */
export async function stateOf(door: Sql, workspaceId: string, run: string): Promise<{ state: RunState; ended: boolean }> {
	const { rows } = await door.query<{ state: RunState }>("SELECT state FROM run WHERE id = $1 AND workspace_id = $2", [run, workspaceId]);
	const state = rows[0]?.state;
	if (!state) throw new Refused("unknown_run", `There is no run ${run} in this workspace.`);
	return { state, ended: hasEnded(state) };
}
