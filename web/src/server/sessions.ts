/** Ends sessions: a cookie that was copied, and every socket that was opened by it, end with them. */
import { forgetCallers } from "./callers.ts";
import { system } from "./db.ts";

const END = "UPDATE session SET ended_at = tg_now() WHERE ended_at IS NULL AND";

export async function endSession(id: string): Promise<void> {
	const { rowCount } = await system.query(`${END} id = $1`, [id]);
	if (rowCount) forgetCallers();
}

/**
 * All of a person's, the one that asks too. One that opens a single organization (a link that its admin made signs in as well) ends those of that
 * organization alone.
 * @returns how many there were
 */
export async function endSessions(userId: string, asking: string): Promise<number> {
	const { rowCount } = await system.query(
		`${END} user_id = $1 AND EXISTS (SELECT 1 FROM session a WHERE a.id = $2 AND (a.reach_id IS NULL OR a.reach_id = session.reach_id))`,
		[userId, asking],
	);
	forgetCallers();
	return rowCount ?? 0;
}
