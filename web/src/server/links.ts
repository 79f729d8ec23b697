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

/** @throws SignInTrouble link_unknown, link_used, link_expired. */
export async function takeLink(token: string): Promise<SignedIn> {
	if (!isToken("tgl", token)) throw new SignInTrouble("link_unknown");
	const hash = hashToken(token);
	return system.transaction(async (tx) => {
		const { rows } = await tx.query<Known>(TAKE_LINK, [hash]);
		if (!rows[0]) throw new SignInTrouble(await whyNoLink(tx, hash));
		return noteSignIn(tx, rows[0], "link");
	});
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
