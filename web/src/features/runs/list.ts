import type { RunState } from "tidegate/protocol/states.ts";
import type { Sql } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { flowIdOf } from "../flows/flows.ts";
import { type RunSummary, SUMMARY, SUMMARY_FROM, type SummaryRow, toSummary } from "./summary.ts";

export interface RunFilter {
	flow?: string;
	states?: RunState[];
	/** Of the version. */
	number?: number;
	/** `key=value`, or `key` for any value. */
	label?: string;
	/** Instants by the database's clock, of the runs' ids; the first is in it, the last is not. */
	from?: string;
	to?: string;
	/** Seconds before now. */
	within?: number;
	limit?: number;
	/** Runs before this one. */
	cursor?: string;
}

const PAGE = 50;

/** Newest first. */
export async function listRuns(door: Sql, workspaceId: string, filter: RunFilter): Promise<{ runs: RunSummary[]; next: string | null }> {
	const limit = filter.limit ?? PAGE;
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
	// Ids begin with their time: a stretch of time is a stretch of the index, and of partitions. In a subquery each bound is computed once.
	if (filter.from) add("r.id >= (SELECT tg_first_id(?::timestamptz))", filter.from);
	if (filter.to) add("r.id < (SELECT tg_first_id(?::timestamptz))", filter.to);
	if (filter.within) add("r.id >= (SELECT tg_first_id(tg_now() - make_interval(secs => ?)))", filter.within);
	if (filter.cursor) add("r.id < ?", filter.cursor);
	const { rows } = await door.query<SummaryRow>(
		`SELECT ${SUMMARY} ${SUMMARY_FROM} WHERE ${where.join(" AND ")} ORDER BY r.id DESC LIMIT ${limit + 1}`,
		params,
	);
	const runs = rows.slice(0, limit).map(toSummary);
	return { runs, next: rows.length > limit ? (runs.at(-1)?.id ?? null) : null };
}

function addLabel(label: string, add: (condition: string, value: unknown) => void): void {
	const at = label.indexOf("=");
	const key = at < 0 ? label : label.slice(0, at);
	if (key === "") throw new Refused("bad_request", "label: must look like key=value, or key.");
	if (at < 0) add("r.labels -> ? IS NOT NULL", key);
	else add("r.labels @> ?::jsonb", JSON.stringify({ [key]: label.slice(at + 1) }));
}
