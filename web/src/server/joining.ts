/** How somebody becomes a member: by an invite, or as whom a provider vouches for. All of it in the transaction of the sign-in. */
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { audit } from "./audit.ts";
import type { Sql } from "./db.ts";
import type { Role } from "./roles.ts";
import { hashToken, isToken } from "./secrets.ts";
import { SESSION_SECONDS } from "./session.ts";

/** Codes that pages turn into words. */
export class SignInTrouble extends Error {
	override readonly name = "SignInTrouble";
}

export interface Invite {
	id: string;
	organization_id: string;
	organization: string;
	workspace_id: string;
	workspace: string;
	email: string;
	role: Role;
	created_by: string;
	expires_at: Date;
}

const FIND = `SELECT i.id, i.organization_id, o.name AS organization, i.workspace_id, w.name AS workspace, i.email, i.role, i.created_by, i.expires_at,
	i.accepted_at IS NOT NULL AS used, i.revoked_at IS NOT NULL AS revoked, i.expires_at <= tg_now() AS expired
	FROM invite i JOIN organization o ON o.id = i.organization_id JOIN workspace w ON w.id = i.workspace_id`;

/** The invite of a token, locked until the transaction ends. @throws SignInTrouble invite_unknown, invite_used, invite_revoked, invite_expired. */
export async function openInvite(tx: Sql, token: string): Promise<Invite> {
	if (!isToken("tgi", token)) throw new SignInTrouble("invite_unknown");
	const { rows } = await tx.query<Invite & { used: boolean; revoked: boolean; expired: boolean }>(`${FIND} WHERE i.hash = $1 FOR UPDATE OF i`, [
		hashToken(token),
	]);
	const row = rows[0];
	if (!row) throw new SignInTrouble("invite_unknown");
	if (row.used) throw new SignInTrouble("invite_used");
	if (row.revoked) throw new SignInTrouble("invite_revoked");
	if (row.expired) throw new SignInTrouble("invite_expired");
	return row;
}

/** The newest invite that an address has from an organization. */
export async function openInviteOf(tx: Sql, organizationId: string, email: string): Promise<Invite | undefined> {
	const { rows } = await tx.query<Invite>(
		`${FIND} WHERE i.organization_id = $1 AND i.email = $2 AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > tg_now()
			ORDER BY i.created_at DESC LIMIT 1 FOR UPDATE OF i`,
		[organizationId, email],
	);
	return rows[0];
}

export interface Membership {
	userId: string;
	email: string;
	name: string;
	removed: boolean;
}

const STANDING = `SELECT user_id AS "userId", email, name, removed_at IS NOT NULL AS removed FROM member WHERE organization_id = $1`;

/** Who has this address in an organization, or had it. */
export async function membershipOf(tx: Sql, organizationId: string, email: string): Promise<Membership | undefined> {
	return (await tx.query<Membership>(`${STANDING} AND email = $2 FOR UPDATE`, [organizationId, email])).rows[0];
}

/** Whether an account is a member, or was. */
export async function membershipBy(tx: Sql, organizationId: string, userId: string): Promise<Membership | undefined> {
	return (await tx.query<Membership>(`${STANDING} AND user_id = $2 FOR UPDATE`, [organizationId, userId])).rows[0];
}

/** One at a time for an address: two first sign-ins at once make one account. */
export const lockAddress = (tx: Sql, email: string): Promise<unknown> => tx.query("SELECT pg_advisory_xact_lock(7412, hashtext($1))", [email]);

/** The account of an address in a home, made where there is none. @param homeId null: of the installation. */
export async function ensureAccount(tx: Sql, homeId: string | null, email: string, name: string): Promise<string> {
	await tx.query("INSERT INTO app_user (id, email, name, home_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", [uuidv7(), email, name, homeId]);
	const { rows } = await tx.query<{ id: string }>("SELECT id FROM app_user WHERE email = $1 AND home_id IS NOT DISTINCT FROM $2", [email, homeId]);
	return (rows[0] as { id: string }).id;
}

/** Makes an account a member, or one that was removed a member again. */
export async function join(
	tx: Sql,
	who: { userId: string; email: string; organizationId: string; workspaceId: string; role: Role; by: string },
): Promise<void> {
	// What he was signed in by before he was removed stays closed.
	await tx.query(
		`UPDATE session SET ended_at = tg_now() WHERE user_id = $1 AND coalesce(reach_id, $2) = $2 AND ended_at IS NULL
			AND EXISTS (SELECT 1 FROM member m WHERE m.organization_id = $2 AND m.user_id = $1 AND m.removed_at IS NOT NULL)`,
		[who.userId, who.organizationId],
	);
	await tx.query(
		`INSERT INTO member (organization_id, user_id, role) VALUES ($1, $2, $3)
			ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role, removed_at = NULL WHERE member.removed_at IS NOT NULL`,
		[who.organizationId, who.userId, who.role],
	);
	await audit(tx, { actor: who.email, workspace: { id: who.workspaceId } }, "member.join", who.userId, { role: who.role, by: who.by });
}

export const accepted = (tx: Sql, invite: Invite): Promise<unknown> =>
	tx.query("UPDATE invite SET accepted_at = tg_now() WHERE id = $1", [invite.id]);

/** Who came in. */
export interface Known {
	id: string;
	email: string;
	name: string;
	workspace: string;
	/** The one organization that the session opens; null: all of the account's. */
	organization: string | null;
}

/** What a session's cookie is made of. */
export interface SignedIn extends Known {
	/** Id of the session's row. */
	session: string;
}

/** Makes the session, and writes that somebody came in, and by what. */
export async function noteSignIn(tx: Sql, who: Known, by: string): Promise<SignedIn> {
	const session = uuidv7();
	await tx.query("INSERT INTO session (id, user_id, reach_id, expires_at) VALUES ($1, $2, $3, tg_now() + $4 * interval '1 second')", [
		...[session, who.id, who.organization, SESSION_SECONDS],
	]);
	await tx.query(
		"UPDATE member SET last_sign_in_at = tg_now() WHERE user_id = $1 AND organization_id = (SELECT organization_id FROM workspace WHERE id = $2)",
		[who.id, who.workspace],
	);
	await audit(tx, { actor: who.email, workspace: { id: who.workspace } }, "member.sign_in", who.id, { by });
	return { ...who, session };
}
