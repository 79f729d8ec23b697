/** Open waits of the workspace: the inbox of who may answer, and what else runs wait for. */
import type { RunState, WaitKind } from "tidegate/protocol/states.ts";
import type { Sql } from "../../server/db.ts";
import { toBase64, toIso } from "../../server/inputs.ts";
import { fitting } from "./content.ts";

interface Row {
	run: string;
	flow: string;
	number: number;
	version: string;
	state: RunState;
	task: Buffer;
	kind: WaitKind;
	due: Date | null;
	child: string | null;
	sealed: Buffer;
	at: Date;
}

const PAGE = 50;
/** Counted no further: a page says "999+". */
const COUNTED = 1_000;

export interface WaitFilter {
	kind?: WaitKind;
	run?: string;
	limit?: number;
	/** Waits after this one: `run task`, as `next` gave it. */
	cursor?: string;
}

async function countWaits(door: Sql, workspaceId: string, filter: WaitFilter): Promise<number> {
	const { rows } = await door.query<{ count: number }>(
		`SELECT count(*)::int AS count FROM (SELECT FROM wait WHERE workspace_id = $1 AND state = 'open' AND ($2::text IS NULL OR kind = $2)
			AND ($3::uuid IS NULL OR run_id = $3) LIMIT ${COUNTED}) w`,
		[workspaceId, filter.kind ?? null, filter.run ?? null],
	);
	return rows[0]?.count ?? 0;
}

/** `open`: how many there are, on the first page. Those of the newest runs first. Question and key are sealed. */
export async function listWaits(door: Sql, workspaceId: string, filter: WaitFilter) {
	const limit = filter.limit ?? PAGE;
	const [afterRun = null, afterTask = null] = filter.cursor?.split(" ") ?? [];
	const { rows } = await door.query<Row>(
		`SELECT w.run_id AS run, f.name AS flow, v.number, r.version_id AS version, r.state, w.task, w.kind, w.due, w.child, w.sealed, w.at
			FROM wait w JOIN run r ON r.id = w.run_id JOIN flow f ON f.id = r.flow_id JOIN version v ON v.id = r.version_id
			WHERE w.workspace_id = $1 AND w.state = 'open' AND ($2::text IS NULL OR w.kind = $2) AND ($3::uuid IS NULL OR w.run_id = $3)
				AND ($4::uuid IS NULL OR (w.run_id, w.task) < ($4, decode($5, 'hex')))
			ORDER BY w.run_id DESC, w.task DESC LIMIT $6`,
		[workspaceId, filter.kind ?? null, filter.run ?? null, afterRun, afterTask, limit + 1],
	);
	const page = fitting(rows.slice(0, limit));
	const waits = page.map(({ task, due, at, sealed, ...row }) => ({
		...row,
		task: task.toString("hex"),
		due: toIso(due),
		at: at.toISOString(),
		sealed: toBase64(sealed) as string,
	}));
	const last = waits.at(-1);
	const more = rows.length > page.length;
	const open = filter.cursor ? undefined : more ? await countWaits(door, workspaceId, filter) : waits.length;
	return { waits, open, next: more && last ? `${last.run} ${last.task}` : null };
}
