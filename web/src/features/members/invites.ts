/** Invites: a link that is bound to an address, a role and a workspace, holds for seven days and works once. */
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { audit } from "../../server/audit.ts";
import type { Caller } from "../../server/callers.ts";
import { type Sql, system, type TenantDoor } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { lockAddress, openInvite, SignInTrouble } from "../../server/joining.ts";
import { waysInto } from "../../server/oidc/providers.ts";
import type { Role } from "../../server/roles.ts";
import { newToken } from "../../server/secrets.ts";
import { grantable } from "./rules.ts";

const LIFETIME = "7 days";
const MAX_OPEN = 500;

export interface InviteItem {
	id: string;
	email: string;
	role: Role;
	workspace: string;
	createdBy: string;
	createdAt: string;
	expiresAt: string;
	expired: boolean;
}

interface Row extends Omit<InviteItem, "createdAt" | "expiresAt"> {
	created: Date;
	expires: Date;
}

/** Those that were neither accepted nor revoked. */
export async function listInvites(door: Sql, caller: Caller): Promise<{ invites: InviteItem[] }> {
	const { rows } = await door.query<Row>(
		`SELECT i.id, i.email, i.role, w.name AS workspace, i.created_by AS "createdBy", i.created_at AS created, i.expires_at AS expires,
			i.expires_at <= tg_now() AS expired FROM invite i JOIN workspace w ON w.id = i.workspace_id
			WHERE i.organization_id = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL ORDER BY i.created_at DESC LIMIT ${MAX_OPEN}`,
		[caller.organization.id],
	);
	return {
		invites: rows.map(({ created, expires, ...row }) => ({ ...row, createdAt: created.toISOString(), expiresAt: expires.toISOString() })),
	};
}

/** @returns the invite's token, shown now and never again. A new invite to an address takes the place of the one before. */
export async function createInvite(
	door: TenantDoor,
	caller: Caller,
	wanted: { email: string; role: Role },
): Promise<{ id: string; token: string; expiresAt: string }> {
	const { email, role } = wanted;
	const { token, hash } = newToken("tgi");
	const id = uuidv7();
	return door.transaction(async (tx) => {
		const organizationId = caller.organization.id;
		// Of two invites at once the second takes the place of the first.
		await lockAddress(tx, email);
		// As it is now, and until this is done: an invite by somebody who was just removed would be nobody's to revoke.
		const { rows: standing } = await tx.query<{ role: Role }>(
			"SELECT role FROM member WHERE organization_id = $1 AND user_id = $2 AND removed_at IS NULL FOR SHARE",
			[organizationId, caller.id],
		);
		const own = standing[0]?.role;
		if (!own) throw new Refused("forbidden", "You are no member of this organization.");
		if (!grantable(own).includes(role)) throw new Refused("forbidden", role === "owner" ? "Only an owner makes owners." : `Your role is ${own}.`);
		const member = await tx.query("SELECT 1 FROM member WHERE organization_id = $1 AND email = $2 AND removed_at IS NULL", [organizationId, email]);
		if (member.rows.length > 0) throw new Refused("conflict", `${email} is a member already.`);
		const replaced = await tx.query(
			"UPDATE invite SET revoked_at = tg_now() WHERE organization_id = $1 AND email = $2 AND accepted_at IS NULL AND revoked_at IS NULL",
			[organizationId, email],
		);
		const { rows } = await tx.query<{ expires: Date }>(
			`INSERT INTO invite (id, organization_id, workspace_id, email, role, hash, created_by, expires_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, tg_now() + $8::interval) RETURNING expires_at AS expires`,
			[id, organizationId, caller.workspace.id, email, role, hash, caller.actor, LIFETIME],
		);
		await audit(tx, caller, "invite.create", id, { email, role, replaced: replaced.rowCount ?? 0 });
		return { id, token, expiresAt: (rows[0] as { expires: Date }).expires.toISOString() };
	});
}

export async function revokeInvite(door: TenantDoor, caller: Caller, id: string): Promise<{ id: string }> {
	return door.transaction(async (tx) => {
		const { rows } = await tx.query<{ email: string }>(
			"UPDATE invite SET revoked_at = tg_now() WHERE id = $1 AND organization_id = $2 AND accepted_at IS NULL AND revoked_at IS NULL RETURNING email",
			[id, caller.organization.id],
		);
		if (!rows[0]) throw new Refused("not_found", "There is no such open invite: it was accepted or revoked meanwhile.");
		await audit(tx, caller, "invite.revoke", id, { email: rows[0].email });
		return { id };
	});
}

export interface InviteLook {
	organization: string;
	workspace: string;
	email: string;
	role: Role;
	invitedBy: string;
	expiresAt: string;
	/** How the invited person may prove who he is. */
	providers: { id: string; name: string }[];
	/** The link itself is enough. */
	link: boolean;
}

const WORDS: Record<string, string> = {
	invite_unknown: "This invite is not one of ours: it may be cut off, or of another Tidegate.",
	invite_expired: "This invite has expired: each holds for seven days.",
	invite_revoked: "This invite was revoked, or a newer one took its place.",
	invite_used: "This invite was accepted before: each works once.",
};

/** What an invite says to whoever holds it. @throws Refused invite_… */
export async function lookAtInvite(token: string): Promise<InviteLook> {
	const invite = await system
		.transaction((tx) => openInvite(tx, token))
		.catch((error) => {
			const reason = error instanceof SignInTrouble ? (error.message as "invite_unknown") : undefined;
			throw reason && WORDS[reason] ? new Refused(reason, WORDS[reason]) : error;
		});
	const { organization, workspace, email, role } = invite;
	const ways = await waysInto(invite.organization_id, email);
	const providers = ways.providers.map(({ id, name }) => ({ id, name }));
	return {
		organization,
		workspace,
		email,
		role,
		invitedBy: invite.created_by,
		expiresAt: invite.expires_at.toISOString(),
		providers,
		link: ways.link,
	};
}
