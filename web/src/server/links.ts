/** Sign-in by a token that somebody was given: the one-time link, and the invite. */
import { type Sql, system } from "./db.ts";
import {
	accepted,
	ensureAccount,
	join,
	type Known,
	lockAddress,
	membershipOf,
	noteSignIn,
	openInvite,
	type SignedIn,
	SignInTrouble,
} from "./joining.ts";
import { waysInto } from "./oidc/providers.ts";
import { hashToken, isToken } from "./secrets.ts";

/** Takes the link and tells whose it was, in one statement: of two at once, one gets it. An account with a home opens that alone. */
const TAKE_LINK = `UPDATE sign_in_link l SET used_at = tg_now() FROM app_user u
	WHERE l.hash = $1 AND l.used_at IS NULL AND l.expires_at > tg_now() AND u.id = l.user_id
	RETURNING u.id, u.email, u.name, l.workspace_id AS workspace, coalesce(l.organization_id, u.home_id) AS organization`;

/**
 * @param over id of a session that must be nobody else's: opening a link is no decision to sign out whoever is signed in.
 * @throws SignInTrouble link_unknown, link_used, link_expired; link_other, which leaves the link as good as it was.
 */
export async function takeLink(token: string, over?: string): Promise<SignedIn> {
	if (!isToken("tgl", token)) throw new SignInTrouble("link_unknown");
	const hash = hashToken(token);
	return system.transaction(async (tx) => {
		const { rows } = await tx.query<Known>(TAKE_LINK, [hash]);
		if (!rows[0]) throw new SignInTrouble(await whyNoLink(tx, hash));
		if (over && (await isOthers(tx, over, rows[0].id))) throw new SignInTrouble("link_other");
		return noteSignIn(tx, rows[0], "link");
	});
}

async function isOthers(tx: Sql, session: string, userId: string): Promise<boolean> {
	const { rows } = await tx.query("SELECT 1 FROM session WHERE id = $1 AND user_id <> $2 AND ended_at IS NULL AND expires_at > tg_now()", [
		session,
		userId,
	]);
	return rows.length > 0;
}

const LOOK = `SELECT u.email, o.name AS organization FROM sign_in_link l JOIN app_user u ON u.id = l.user_id JOIN workspace w ON w.id = l.workspace_id
	JOIN organization o ON o.id = w.organization_id WHERE l.hash = $1 AND l.used_at IS NULL AND l.expires_at > tg_now()`;

/** Whom a link signs in, for whoever holds it: it is not used up by that. Null where it signs nobody in: why is told to who tries. */
export async function lookAtLink(token: string): Promise<{ email: string; organization: string } | null> {
	if (!isToken("tgl", token)) return null;
	return (await system.query<{ email: string; organization: string }>(LOOK, [hashToken(token)])).rows[0] ?? null;
}

async function whyNoLink(tx: Sql, hash: Buffer): Promise<string> {
	const { rows } = await tx.query<{ used: boolean }>("SELECT used_at IS NOT NULL AS used FROM sign_in_link WHERE hash = $1", [hash]);
	return !rows[0] ? "link_unknown" : rows[0].used ? "link_used" : "link_expired";
}

/**
 * The invite itself as the proof, for an address that no identity provider vouches for: whoever holds the link was given it by somebody who may invite.
 * It opens the inviting organization alone, so that an address in it takes nobody's account elsewhere.
 * @throws SignInTrouble invite_…
 */
export async function takeInvite(token: string): Promise<SignedIn> {
	return system.transaction(async (tx) => {
		const invite = await openInvite(tx, token);
		const { organization_id: organizationId, workspace_id: workspace, email, role } = invite;
		if (!(await waysInto(organizationId, email, tx)).link) throw new SignInTrouble("invite_provider");
		await lockAddress(tx, email);
		const before = await membershipOf(tx, organizationId, email);
		// Came in meanwhile by another way: an old link must not be a second key.
		if (before && !before.removed) throw new SignInTrouble("invite_used");
		const name = email.split("@")[0] as string;
		const id = before?.userId ?? (await ensureAccount(tx, organizationId, email, name));
		await accepted(tx, invite);
		await join(tx, { userId: id, email, organizationId, workspaceId: workspace, role, by: invite.created_by });
		return noteSignIn(tx, { id, email, name, workspace, organization: organizationId }, "invite");
	});
}
