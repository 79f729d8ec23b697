/** What happened to a run, page by page: the events that every view of it is derived from. */
import type { Sql } from "../../server/db.ts";
import { toBase64 } from "../../server/inputs.ts";
import { assertRun, fitting } from "./content.ts";

const MAX_EVENTS = 200;

export interface RunEvent {
	at: string;
	execution: number | null;
	/** queued, claimed, started, task, artifact, result, error, cancel_requested, finished, lost, returned, ended, late. */
	type: string;
	/** The clear part. */
	data: Record<string, unknown>;
	sealed: string | null;
}

export interface EventsAsked {
	id: string;
	/** Position that the page begins behind. */
	after?: number;
	/** Only those of this task, with their sealed parts; a list of all goes without, which would be most of its bytes. */
	task?: string;
	limit?: number;
}

interface Row {
	seq: number;
	at: Date;
	execution: number | null;
	type: string;
	data: Record<string, unknown>;
	sealed: Buffer | null;
}

/** `next` is the position to ask for next; null where nothing is there yet beyond. @throws Refused unknown_run */
export async function readEvents(
	door: Sql,
	workspaceId: string,
	{ id, after = 0, task, limit = MAX_EVENTS }: EventsAsked,
): Promise<{ events: (RunEvent & { seq: number })[]; next: number | null }> {
	const { rows } = await door.query<Row>(
		`SELECT seq, at, execution, type, data, CASE WHEN $4::text IS NOT NULL THEN sealed END AS sealed FROM event
			WHERE run_id = $1 AND workspace_id = $2 AND seq > $3 AND ($4 IS NULL OR (type = 'task' AND data->>'task' = $4)) ORDER BY seq LIMIT $5`,
		[id, workspaceId, after, task ?? null, limit + 1],
	);
	if (rows.length === 0) await assertRun(door, workspaceId, id);
	const page = fitting(rows.slice(0, limit));
	const events = page.map(({ at, sealed, ...rest }) => ({ ...rest, at: at.toISOString(), sealed: toBase64(sealed) }));
	return { events, next: page.length < rows.length ? (page.at(-1)?.seq ?? null) : null };
}
