/** The audit log as its readers ask for it: newest first, a stretch at a time. */
import type { AuditAction } from "../../server/audit.ts";
import type { Sql } from "../../server/db.ts";

type TopicOf<A> = A extends `${infer Topic}.${string}` ? Topic : never;

/** What the actions are about: what stands before their point. */
export const TOPICS = [
	"run",
	"event",
	"flow",
	"version",
	"agent",
	"pool",
	"workspace",
	"key",
	"device",
	"login",
	"member",
	"invite",
	"provider",
	"session",
	"setting",
] as const satisfies readonly TopicOf<AuditAction>[];

export interface AuditEntry {
	id: string;
	at: string;
	/** An address, or `key NAME`, or `agent NAME`. */
	actor: string;
	action: AuditAction;
	/** What it was done to: an id, or a name. */
	target: string;
	data: Record<string, string | number>;
	/** Of a run: its flow. */
	flow: string | null;
}

export interface AuditFilter {
	/** In who, to what or how; case does not matter. */
	text?: string;
	topic?: (typeof TOPICS)[number];
	/** Seconds before now, by the database's clock. */
	within?: number;
	limit?: number;
	/** Entries before this one. */
	cursor?: string;
}

const PAGE = 50;
/** Entries that one question looks at: what is rare among millions is found by asking on, and no question is slow. */
const LOOKED = 20_000;

type Row = Omit<AuditEntry, "at" | "flow"> & { at: string };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `next` where there is more, or where there may be: `entries` may then be few, or none. `back` says how far was looked. */
export async function listAudit(
	door: Sql,
	workspaceId: string,
	{ text, topic, within, limit = PAGE, cursor }: AuditFilter,
): Promise<{ entries: AuditEntry[]; next: string | null; back: string | null }> {
	const { rows } = await door.query<{ found: Row[] | null; looked: number; last: string | null; back: Date | null }>(
		`WITH looked AS MATERIALIZED (
				SELECT id, at, actor, action, target, data FROM audit WHERE workspace_id = $1 AND ($2::uuid IS NULL OR id < $2)
					AND ($3::int IS NULL OR (at >= tg_now() - make_interval(secs => $3) AND id >= tg_first_id(tg_now() - make_interval(secs => $3) - interval '1 day')))
				ORDER BY id DESC LIMIT ${LOOKED}),
			found AS (SELECT * FROM looked WHERE ($4::text IS NULL OR split_part(action, '.', 1) = $4)
				AND ($5::text IS NULL OR strpos(lower(actor || ' ' || target || ' ' || data::text), lower($5)) > 0) ORDER BY id DESC LIMIT $6)
		SELECT (SELECT json_agg(f ORDER BY f.id DESC) FROM found f) AS found, (SELECT count(*)::int FROM looked) AS looked,
			(SELECT id FROM looked ORDER BY id LIMIT 1) AS last, (SELECT at FROM looked ORDER BY id LIMIT 1) AS back`,
		[workspaceId, cursor ?? null, within ?? null, topic ?? null, text || null, limit + 1],
	);
	const { found, looked, last, back } = rows[0] as (typeof rows)[number];
	const shown = (found ?? []).slice(0, limit);
	const flows = await flowsOf(
		door,
		workspaceId,
		shown.filter(({ action, target }) => action.startsWith("run.") && UUID.test(target)).map(({ target }) => target),
	);
	const entries = shown.map((row): AuditEntry => ({ ...row, at: new Date(row.at).toISOString(), flow: flows.get(row.target) ?? null }));
	const more = (found?.length ?? 0) > limit;
	return { entries, next: more ? (entries.at(-1)?.id ?? null) : looked === LOOKED ? last : null, back: back?.toISOString() ?? null };
}

async function flowsOf(door: Sql, workspaceId: string, runs: string[]): Promise<Map<string, string>> {
	if (runs.length === 0) return new Map();
	const { rows } = await door.query<{ id: string; name: string }>(
		"SELECT r.id, f.name FROM run r JOIN flow f ON f.id = r.flow_id WHERE r.workspace_id = $1 AND r.id = ANY($2::uuid[])",
		[workspaceId, runs],
	);
	return new Map(rows.map(({ id, name }) => [id, name]));
}
