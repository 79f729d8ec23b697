import { audit } from "../../server/audit.ts";
import { type Caller, forgetCallers } from "../../server/callers.ts";
import { type Sql, system, type TenantDoor, type Tx } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { toIso } from "../../server/inputs.ts";
import { domainOf, waysInto } from "../../server/oidc/providers.ts";
import { ROLES, type Role } from "../../server/roles.ts";
import { newToken } from "../../server/secrets.ts";
import { endCredentials, endLinks, notEnded } from "./leaving.ts";
import { changeTrouble, grantable, mayLink } from "./rules.ts";

/** What a page shows at once; past it people are searched for. */
const MAX_SHOWN = 2_000;

export interface MemberItem {
	id: string;
	email: string;
	name: string;
	role: Role;
	joinedAt: string;
	lastSignInAt: string | null;
	/** Whoever asks. */
	self: boolean;
	/** Roles that whoever asks may give; one alone is the member's own, which stays. */
	roles: Role[];
	/** Why he can't be removed, or leave; null where he can. */
	stays: string | null;
	/** Whether whoever asks may make a one-time link for him, since no identity provider signs him in. */
	link: boolean;
}

interface Row {
	id: string;
	email: string;
	name: string;
	role: Role;
	joined: Date;
	seen: Date | null;
}

/** `grants`: roles that whoever asks may give to new people; none where he may not invite. */
export async function listMembers(door: Sql, caller: Caller): Promise<{ members: MemberItem[]; grants: Role[] }> {
	const { rows } = await door.query<Row>(
		`SELECT user_id AS id, email, name, role, created_at AS joined, last_sign_in_at AS seen FROM member
			WHERE organization_id = $1 AND removed_at IS NULL ORDER BY lower(name), email LIMIT ${MAX_SHOWN}`,
		[caller.organization.id],
	);
	const own = "role" in caller.standing ? caller.standing.role : "viewer";
	const grants = grantable(own);
	const owners = rows.filter((row) => row.role === "owner").length;
	const linked = new Map<string, Promise<boolean>>();
	const byLink = (email: string): Promise<boolean> => {
		const known = linked.get(domainOf(email)) ?? waysInto(caller.organization.id, email).then(({ link }) => link);
		linked.set(domainOf(email), known);
		return known;
	};
	const members = rows.map(async ({ joined, seen, ...row }): Promise<MemberItem> => {
		const self = row.id === caller.id;
		const change = { own, before: row.role, self, owners };
		return {
			...row,
			joinedAt: joined.toISOString(),
			lastSignInAt: toIso(seen),
			self,
			roles: ROLES.filter((role) => role === row.role || (grants.length > 0 && !changeTrouble({ ...change, after: role }))),
			stays: changeTrouble({ ...change, after: null })?.message ?? (self || grants.length > 0 ? null : "Only owners and admins remove members."),
			link: !self && mayLink(own, row.role) && (await byLink(row.email)),
		};
	});
	return { members: await Promise.all(members), grants };
}

interface Found {
	own: Role;
	other: { id: string; email: string; role: Role };
	owners: number;
}

/** Locks who belongs: of two who remove each other at once, one comes second and finds it done. The caller's role is read anew with it. */
async function find(tx: Tx, caller: Caller, id: string): Promise<Found> {
	const { rows } = await tx.query<{ id: string; email: string; role: Role }>(
		"SELECT user_id AS id, email, role FROM member WHERE organization_id = $1 AND removed_at IS NULL ORDER BY user_id FOR UPDATE",
		[caller.organization.id],
	);
	const own = rows.find((row) => row.id === caller.id);
	if (!own) throw new Refused("forbidden", "You are no member of this organization.");
	const other = rows.find((row) => row.id === id);
	if (!other) throw new Refused("not_found", "There is no such member: he may have been removed meanwhile.");
	return { own: own.role, other, owners: rows.filter((row) => row.role === "owner").length };
}

async function change(door: TenantDoor, caller: Caller, id: string, after: Role | null): Promise<{ id: string }> {
	const organizationId = caller.organization.id;
	const who = await door.transaction(async (tx) => {
		const { own, other, owners } = await find(tx, caller, id);
		const self = id === caller.id;
		const trouble = changeTrouble({ own, before: other.role, after, self, owners });
		if (trouble) throw new Refused(trouble.reason, trouble.message);
		const where = "WHERE organization_id = $1 AND user_id = $2";
		const row = [organizationId, id];
		if (after === null) await tx.query(`UPDATE member SET removed_at = tg_now() ${where}`, row);
		else await tx.query(`UPDATE member SET role = $3 ${where}`, [...row, after]);
		await revokeInvites(tx, organizationId, other, after);
		const action = after !== null ? "member.role" : self ? "member.leave" : "member.remove";
		await audit(tx, caller, action, id, { email: other.email, before: other.role, ...(after ? { after } : {}) });
		// At once: the next request is refused, and whoever follows a run is cut off.
		tx.afterCommit(forgetCallers);
		return other;
	});
	await (after === null ? endCredentials(organizationId, who) : endLinks(system, organizationId, id).catch(notEnded));
	return { id };
}

/** An invite holds for as long as whoever made it could make it: else he could keep one for himself. In the transaction in which that ends. */
async function revokeInvites(tx: Tx, organizationId: string, { email }: { email: string }, after: Role | null): Promise<void> {
	await tx.query(
		`UPDATE invite SET revoked_at = tg_now() WHERE organization_id = $1 AND created_by = $2 AND NOT role = ANY($3) AND accepted_at IS NULL AND revoked_at IS NULL`,
		[organizationId, email, after === null ? [] : grantable(after)],
	);
}

export const setRole = (door: TenantDoor, caller: Caller, id: string, role: Role): Promise<{ id: string }> => change(door, caller, id, role);

export async function removeMember(door: TenantDoor, caller: Caller, id: string): Promise<{ id: string }> {
	if (id === caller.id) throw new Refused("bad_request", "To leave the organization, leave it: nobody removes himself.");
	return change(door, caller, id, null);
}

export const leave = (door: TenantDoor, caller: Caller): Promise<{ id: string }> => change(door, caller, caller.id, null);

/** What others see of whoever asks, in all workspaces of the organization. What an identity provider says at the next sign-in does not change it back. */
export async function rename(door: TenantDoor, caller: Caller, name: string): Promise<{ name: string }> {
	return door.transaction(async (tx) => {
		const { rows } = await tx.query<{ before: string }>(
			`WITH before AS (SELECT name FROM member WHERE organization_id = $1 AND user_id = $2 AND removed_at IS NULL FOR UPDATE)
				UPDATE member SET name = $3 FROM before WHERE organization_id = $1 AND user_id = $2 RETURNING before.name AS before`,
			[caller.organization.id, caller.id, name],
		);
		const before = rows[0]?.before;
		if (before === undefined) throw new Refused("forbidden", "You are no member of this organization.");
		if (before !== name) await audit(tx, caller, "member.rename", caller.id, { email: caller.email ?? "", before, after: name });
		tx.afterCommit(forgetCallers);
		return { name };
	});
}

/** @returns the token of a one-time link that signs a member in to this organization, for whom no identity provider does. Shown once. */
export async function createLink(door: TenantDoor, caller: Caller, id: string): Promise<{ token: string; email: string }> {
	return door.transaction(async (tx) => {
		const { own, other } = await find(tx, caller, id);
		if (id === caller.id) throw new Refused("bad_request", "You are signed in: a link is for somebody who can't.");
		if (!mayLink(own, other.role)) throw new Refused("forbidden", "A link acts in the member's name: only an owner makes one for an owner or admin.");
		const ways = await waysInto(caller.organization.id, other.email);
		if (!ways.link) throw new Refused("forbidden", `${other.email} signs in by ${ways.providers[0]?.name}: no link is needed.`);
		const { token, hash } = newToken("tgl");
		await tx.query(
			`INSERT INTO sign_in_link (hash, user_id, workspace_id, organization_id, created_by, expires_at) VALUES ($1, $2, $3, $4, $5, tg_now() + interval '24 hours')`,
			[hash, id, caller.workspace.id, caller.organization.id, caller.id],
		);
		await audit(tx, caller, "member.link", id, { email: other.email });
		return { token, email: other.email };
	});
}
