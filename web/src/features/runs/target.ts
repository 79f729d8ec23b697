/** What a trigger asks for by names, looked up: for the statement that queues the run, and for the one that finds out why none was. */

export interface Asked {
	flow: string;
	/** None: the live version. */
	number?: number;
	/** `number` is what the caller takes for the live version: refused where it is not any more. */
	live?: boolean;
	/** None: `default`, or the workspace's first. */
	pool?: string;
}

export interface Target {
	flow_id: string;
	version_id: string | null;
	number: number | null;
	live: boolean | null;
	kid: string | null;
	pool_id: string | null;
}

/** @param at where the workspace and what `asParams` gives stand among the statement's parameters, such as `$1`. */
export const targetSql = (at: { workspace: string; flow: string; number: string; pool: string }): string =>
	`SELECT f.id AS flow_id, v.id AS version_id, v.number, v.id = f.live_version_id AS live, v.kid, v.hooks, v.queue_timeout,
		(SELECT id FROM pool WHERE workspace_id = ${at.workspace} AND (${at.pool}::text IS NULL OR name = ${at.pool}) ORDER BY name = 'default' DESC, created_at, id LIMIT 1) AS pool_id
		FROM flow f LEFT JOIN version v ON v.flow_id = f.id AND (CASE WHEN ${at.number}::int IS NULL THEN v.id = f.live_version_id ELSE v.number = ${at.number} END)
		WHERE f.workspace_id = ${at.workspace} AND f.name = ${at.flow}`;

export const asParams = ({ flow, number, pool }: Asked): unknown[] => [flow, number ?? null, pool ?? null];
