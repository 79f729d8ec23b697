/** What ends with a membership or a role, and what somebody ends himself. */
import { audit } from "../../server/audit.ts";
import { type Caller, forgetCallers } from "../../server/callers.ts";
import { type Sql, system, type TenantDoor } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { log } from "../../server/log.ts";
import { endSessions } from "../../server/sessions.ts";

export const notEnded = (error: unknown): void => log.warn("what a member had could not be ended", { error });

/** A link acts in a member's name, and who made it may have kept it: it ends where the role of either changes, since it may no longer be allowed. */
export const endLinks = (tx: Sql, organizationId: string, userId: string): Promise<unknown> =>
	tx.query(
		"UPDATE sign_in_link SET expires_at = tg_now() WHERE organization_id = $1 AND (created_by = $2 OR user_id = $2) AND used_at IS NULL AND expires_at > tg_now()",
		[organizationId, userId],
	);

/**
 * What somebody who went could come back by, in all workspaces of the organization: credentials of command lines, devices, sign-ins under way, open
 * invites, and the links and enrolment tokens that he made for others and may have kept. None of his own is honoured while he is no member; this is so that
 * none of it is there when he is one again. Sessions stay until then, so that an open page can say what happened (joining.ts ends them).
 */
export async function endCredentials(organizationId: string, { id, email }: { id: string; email: string }): Promise<void> {
	const within = "workspace_id IN (SELECT id FROM workspace WHERE organization_id = $1)";
	await system
		.transaction(async (tx) => {
			await tx.query(`UPDATE api_key SET revoked_at = tg_now() WHERE user_id = $2 AND revoked_at IS NULL AND ${within}`, [organizationId, id]);
			await tx.query(`DELETE FROM device WHERE user_id = $2 AND ${within}`, [organizationId, id]);
			await tx.query(`UPDATE device_login SET state = 'denied', wrapped = NULL WHERE user_id = $2 AND state = 'approved' AND ${within}`, [
				organizationId,
				id,
			]);
			await tx.query(
				"UPDATE invite SET revoked_at = tg_now() WHERE organization_id = $1 AND email = $2 AND accepted_at IS NULL AND revoked_at IS NULL",
				[organizationId, email],
			);
			await endLinks(tx, organizationId, id);
			await tx.query(
				`UPDATE enrolment_token SET expires_at = tg_now() WHERE used_at IS NULL AND expires_at > tg_now() AND created_by = $2 AND ${within}`,
				[organizationId, email],
			);
		})
		.catch(notEnded);
	forgetCallers();
}

/** Signs a person out of all browsers, this one too. Command lines stay: they are devices, each with a credential of its own. */
export async function endAllSessions(door: TenantDoor, caller: Caller): Promise<{ ended: number }> {
	if (!caller.session) throw new Refused("forbidden", "Only somebody who is signed in in a browser can do this: an API key has no sessions.");
	const ended = await endSessions(caller.id, caller.session);
	await door.transaction((tx) => audit(tx, caller, "session.end_all", caller.id, { ended }));
	return { ended };
}
