/** Ends sessions: a cookie that was copied, and every socket that was opened by it, end with them. */
import { system } from "./db.ts";
import { bus } from "./pubsub.ts";

const END = "UPDATE session SET ended_at = tg_now() WHERE ended_at IS NULL AND";

async function end(where: string, params: string[]): Promise<number> {
	const { rows } = await system.query<{ id: string }>(`${END} ${where} RETURNING id`, params);
	for (const { id } of rows) bus.session(id);
	return rows.length;
}

export const endSession = (id: string): Promise<number> => end("id = $1", [id]);

/**
 * All of a person's, the one that asks too. One that opens a single organization (a link that its admin made signs in as well) ends those of that
 * organization alone.
 * @returns how many there were
 */
export const endSessions = (userId: string, asking: string): Promise<number> =>
	end("user_id = $1 AND EXISTS (SELECT 1 FROM session a WHERE a.id = $2 AND (a.reach_id IS NULL OR a.reach_id = session.reach_id))", [
		userId,
		asking,
	]);
