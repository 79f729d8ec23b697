import type { RunState } from "tidegate/protocol/states.ts";
import type { Sql } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { unknownFlow } from "../flows/flows.ts";
import { type RunSummary, SUMMARY, SUMMARY_FROM, type SummaryRow, toSummary } from "./summary.ts";

export interface RunFilter {
	/** These alone. */
	ids?: string[];
	flow?: string;
	states?: RunState[];
	/** Of the version. */
	number?: number;
	/** `key=value`, or `key` for any value. */
	label?: string;
	/** Queued at this time or later, and before that one. */
	from?: string;
	to?: string;
	limit?: number;
	/** Runs before this one. */
	cursor?: string;
}

const PAGE = 50;

/** Newest first. */
export async function listRuns(door: Sql, workspaceId: string, filter: RunFilter): Promise<{ runs: RunSummary[]; next: string | null }> {
	const limit = filter.limit ?? PAGE;
	let flowId: string | undefined;
	if (filter.flow !== undefined) {
		const { rows } = await door.query<{ id: string }>("SELECT id FROM flow WHERE workspace_id = $1 AND name = $2", [workspaceId, filter.flow]);
		flowId = rows[0]?.id;
		if (flowId === undefined) throw await unknownFlow(door, workspaceId, filter.flow);
	}
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
	if (filter.ids) add("r.id = ANY(?::uuid[])", filter.ids);
	if (filter.from) addFrom(filter.from, add);
	if (filter.to) add("r.queued_at < ?::timestamptz", filter.to);
	if (filter.cursor) add("r.id < ?", filter.cursor);
	const { rows } = await door.query<SummaryRow>(
		`SELECT ${SUMMARY} ${SUMMARY_FROM} WHERE ${where.join(" AND ")} ORDER BY r.id DESC LIMIT ${limit + 1}`,
		params,
	);
	const runs = rows.slice(0, limit).map(toSummary);
	return { runs, next: rows.length > limit ? (runs.at(-1)?.id ?? null) : null };
}

/** An id is made at most a day before its run is queued: that much earlier the index on ids can stop. */
function addFrom(from: string, add: (condition: string, value: unknown) => void): void {
	add("r.queued_at >= ?::timestamptz", from);
	add("r.id >= tg_first_id(?::timestamptz - interval '1 day')", from);
}

function addLabel(label: string, add: (condition: string, value: unknown) => void): void {
	const at = label.indexOf("=");
	const key = at < 0 ? label : label.slice(0, at);
	if (key === "") throw new Refused("bad_request", "label: must look like key=value, or key.");
	if (at < 0) add("r.labels -> ? IS NOT NULL", key);
	else add("r.labels @> ?::jsonb", JSON.stringify({ [key]: label.slice(at + 1) }));
}
