/**
 * Whom an identity provider's word makes somebody here. The rule under all of it (decisions/0004): an organization's provider is trusted for that
 * organization alone. It finds accounts by (organization, issuer, subject); by an address only among the organization's own members and invites, and
 * only where it says that the address is verified and the address is of a domain that the provider holds.
 */
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { type Sql, system } from "../db.ts";
import { UNSEEN } from "../inputs.ts";
import {
	accepted,
	ensureAccount,
	type Invite,
	join,
	type Known,
	lockAddress,
	membershipBy,
	membershipOf,
	noteSignIn,
	openInvite,
	openInviteOf,
	type SignedIn,
	SignInTrouble,
} from "../joining.ts";
import { server } from "../process.ts";
import type { Claims } from "./client.ts";
import { type Provider, vouchesFor } from "./providers.ts";

interface Person {
	subject: string;
	/** Undefined where the provider does not vouch for one. */
	email: string | undefined;
	/** Why there is none. */
	why: "oidc_no_email" | "oidc_unverified" | "oidc_domain" | undefined;
	name: string;
}

const yes = (value: unknown): boolean => value === true || value === "true" || value === 1 || value === "1";
const text = (value: unknown, most: number): string =>
	typeof value === "string" ? value.toWellFormed().replace(UNSEEN, " ").trim().slice(0, most) : "";

export function personOf(provider: Provider, claims: Claims): Person {
	const address = text(claims.email, 320).toLowerCase();
	const isAddress = /^[^\s@]+@[^\s@]+$/.test(address);
	const why = !isAddress
		? "oidc_no_email"
		: !yes(claims.email_verified) && !yes(claims.xms_edov)
			? "oidc_unverified"
			: vouchesFor(provider, address)
				? undefined
				: "oidc_domain";
	const name = text(claims.name, 100) || text(claims.preferred_username, 100) || address.split("@")[0] || "Somebody";
	return { subject: claims.sub, email: why ? undefined : address, why, name };
}

const firstWorkspace = "SELECT id FROM workspace WHERE organization_id = $1 ORDER BY created_at, id LIMIT 1";

async function workspaceOf(tx: Sql, organizationId: string): Promise<string> {
	const { rows } = await tx.query<{ id: string }>(firstWorkspace, [organizationId]);
	if (!rows[0]) throw new SignInTrouble("oidc_no_workspace");
	return rows[0].id;
}

async function knownIdentity(tx: Sql, provider: Provider, subject: string): Promise<string | undefined> {
	const { rows } = await tx.query<{ id: string }>(
		"SELECT user_id AS id FROM identity WHERE organization_id IS NOT DISTINCT FROM $1 AND issuer = $2 AND subject = $3",
		[provider.organizationId, provider.issuer, subject],
	);
	return rows[0]?.id;
}

/**
 * Ties a subject to an account. An account that has one at this provider already keeps it: addresses are given out again, and the next holder of one
 * is another person. By an invite the new one takes its place.
 */
async function remember(tx: Sql, provider: Provider, subject: string, userId: string, invited: boolean): Promise<void> {
	const row = [userId, provider.organizationId, provider.issuer];
	const others = "FROM identity WHERE user_id = $1 AND organization_id IS NOT DISTINCT FROM $2 AND issuer = $3";
	if (invited) await tx.query(`DELETE ${others}`, row);
	else if ((await tx.query(`SELECT 1 ${others}`, row)).rows.length > 0) throw new SignInTrouble("oidc_taken");
	await tx.query("INSERT INTO identity (id, user_id, organization_id, issuer, subject) VALUES ($4, $1, $2, $3, $5)", [...row, uuidv7(), subject]);
}

function addressOf({ email, why }: Person): string {
	if (email === undefined) throw new SignInTrouble(why);
	return email;
}

/** An organization's own provider. */
async function toOrganization(tx: Sql, provider: Provider, organizationId: string, person: Person, given: Invite | undefined): Promise<Known> {
	const known = await knownIdentity(tx, provider, person.subject);
	const standing = known ? await membershipBy(tx, organizationId, known) : await membershipOf(tx, organizationId, addressOf(person));
	const address = standing?.email ?? addressOf(person);
	// Who was removed comes back by invite alone.
	const invite = given ?? (standing && !standing.removed ? undefined : await openInviteOf(tx, organizationId, address));
	if (standing?.removed && !invite) throw new SignInTrouble("oidc_removed");
	const userId = known ?? standing?.userId ?? (await ensureAccount(tx, organizationId, address, person.name));
	if (!known) await remember(tx, provider, person.subject, userId, invite !== undefined);
	const workspace = invite?.workspace_id ?? (await workspaceOf(tx, organizationId));
	if (!standing || standing.removed) {
		const [role, by] = invite ? [invite.role, "invite"] : [provider.role, provider.name];
		await join(tx, { userId, email: address, organizationId, workspaceId: workspace, role, by });
	}
	if (invite) await accepted(tx, invite);
	return { id: userId, email: address, name: standing?.name ?? person.name, workspace, organization: organizationId };
}

/** The provider of the installation: its people may be members of several organizations. */
async function toInstallation(tx: Sql, provider: Provider, person: Person, invite: Invite | undefined): Promise<Known> {
	const known = await knownIdentity(tx, provider, person.subject);
	const joins = await organizationToJoin(tx);
	const email = known ? await emailOf(tx, known) : addressOf(person);
	if (!known && !invite && !joins && !(await accountExists(tx, email))) throw new SignInTrouble("oidc_uninvited");
	const userId = known ?? (await ensureAccount(tx, null, email, person.name));
	if (!known) await remember(tx, provider, person.subject, userId, invite !== undefined);
	if (invite) return throughInvite(tx, userId, email, person.name, invite);
	const { rows } = await tx.query<{ organization: string; removed: boolean }>(
		"SELECT organization_id AS organization, removed_at IS NOT NULL AS removed FROM member WHERE user_id = $1 ORDER BY created_at",
		[userId],
	);
	const active = rows.find(({ removed }) => !removed);
	if (active) return { id: userId, email, name: person.name, workspace: await workspaceOf(tx, active.organization), organization: null };
	if (!joins) throw new SignInTrouble(rows.length > 0 ? "oidc_removed" : "oidc_uninvited");
	const before = await membershipOf(tx, joins, email);
	if (before) throw new SignInTrouble(before.userId === userId || before.removed ? "oidc_removed" : "oidc_taken");
	const workspaceId = await workspaceOf(tx, joins);
	await join(tx, { userId, email, organizationId: joins, workspaceId, role: provider.role, by: provider.name });
	return { id: userId, email, name: person.name, workspace: workspaceId, organization: null };
}

/** An address that the organization knows already is that member, and the session opens the organization alone. */
async function throughInvite(tx: Sql, userId: string, email: string, name: string, invite: Invite): Promise<Known> {
	const before = await membershipOf(tx, invite.organization_id, email);
	const member = before?.userId ?? userId;
	await accepted(tx, invite);
	const { organization_id: organizationId, workspace_id: workspaceId, role } = invite;
	if (!before || before.removed) await join(tx, { userId: member, email, organizationId, workspaceId, role, by: "invite" });
	return { id: member, email, name, workspace: workspaceId, organization: member === userId ? null : organizationId };
}

async function emailOf(tx: Sql, userId: string): Promise<string> {
	const { rows } = await tx.query<{ email: string }>("SELECT email FROM app_user WHERE id = $1", [userId]);
	return (rows[0] as { email: string }).email;
}

async function accountExists(tx: Sql, email: string): Promise<boolean> {
	return (await tx.query("SELECT 1 FROM app_user WHERE email = $1 AND home_id IS NULL", [email])).rows.length > 0;
}

async function organizationToJoin(tx: Sql): Promise<string | undefined> {
	const name = server().provider?.organization;
	if (!name) return undefined;
	const { rows } = await tx.query<{ id: string }>("SELECT id FROM organization WHERE name = $1 ORDER BY created_at LIMIT 1", [name]);
	return rows[0]?.id;
}

/** @param token of the invite that the person came by. @throws SignInTrouble whose message is a code of the sign-in page. */
export async function settle(provider: Provider, claims: Claims, token: string | undefined): Promise<SignedIn> {
	const person = personOf(provider, claims);
	return system.transaction(async (tx) => {
		await lockAddress(tx, person.email ?? `${provider.issuer} ${person.subject}`);
		const invite = token ? await openInvite(tx, token) : undefined;
		if (invite) {
			if (provider.organizationId !== null && provider.organizationId !== invite.organization_id) throw new SignInTrouble("invite_elsewhere");
			if (addressOf(person) !== invite.email) throw new SignInTrouble("invite_email");
		}
		const { organizationId } = provider;
		const who = organizationId
			? await toOrganization(tx, provider, organizationId, person, invite)
			: await toInstallation(tx, provider, person, invite);
		return noteSignIn(tx, who, provider.name);
	});
}
