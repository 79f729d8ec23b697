/** Who reports, proven again with each statement: an access token outlives neither its agent's revocation nor its session. */
import type { Sql } from "../../../server/db.ts";
import { Refused } from "../../../server/errors.ts";

export interface Reporter {
	agent: string;
	session: number;
}

const read = { name: "agent-standing", text: "SELECT session, revoked_at IS NOT NULL AS revoked FROM agent WHERE id = $1" };

export function refuseAgent(row: { session: number; revoked: boolean } | undefined, session: number): void {
	if (!row || row.revoked)
		throw new Refused("revoked", "This agent was revoked: enrol it anew with a fresh token, `tidegate agent enrol TOKEN --force`.");
	if (row.session !== session) throw new Refused("superseded", "Another process with this agent's identity has taken over: this one must stop.");
}

export async function assertAgent(sql: Sql, who: Reporter): Promise<void> {
	const { rows } = await sql.query<{ session: number; revoked: boolean }>(read, [who.agent]);
	refuseAgent(rows[0], who.session);
}
