/** What an identity provider's word opens, and what it never does: decisions/0004. */
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { browser, type ControlPlane, type House, startControlPlane } from "../../fixture.ts";
import { callerBySession, forgetCallers } from "../callers.ts";
import { system } from "../db.ts";
import { takeInvite } from "../links.ts";
import { server, setServer } from "../process.ts";
import type { Role } from "../roles.ts";
import { newToken } from "../secrets.ts";
import { settle } from "./accounts.ts";
import type { Claims } from "./client.ts";
import { INSTALLATION, type Provider } from "./providers.ts";

let at: ControlPlane;
let a: Provider;
let b: Provider;
let installation: Provider;

const providerOf = (house: House, domains: string[]): Provider => ({
	id: house.organizationId,
	organizationId: house.organizationId,
	name: `IdP of ${house.organization}`,
	issuer: `https://id.${house.organization.toLowerCase()}.test`,
	clientId: "tidegate",
	clientSecret: "secret",
	domains,
	role: "operator",
});

beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
	a = providerOf(at.a, ["acme.test"]);
	b = providerOf(at.b, ["bolt.test"]);
	installation = { ...a, id: INSTALLATION, organizationId: null, issuer: "https://id.install.test", domains: [], role: "viewer" };
	for (const { id, name, issuer, domains } of [a, b]) {
		await system.query(
			"INSERT INTO identity_provider (id, organization_id, name, issuer, client_id, client_secret, role) VALUES ($1, $1, $2, $3, 'x', '', 'operator')",
			[id, name, issuer],
		);
		for (const domain of domains)
			await system.query("INSERT INTO identity_domain (domain, organization_id, provider_id) VALUES ($1, $2, $2)", [domain, id]);
	}
});
afterAll(() => at.end());

let people = 0;
const person = (email: string, more: Partial<Claims> = {}): Claims => ({
	sub: `subject-${++people}`,
	email,
	email_verified: true,
	name: "Ada",
	...more,
});
const fresh = (domain: string): string => `person-${++people}@${domain}`;
const code = (work: Promise<unknown>): Promise<string> =>
	work.then(
		(value) => `signed in: ${JSON.stringify(value)}`,
		(error: Error) => error.message,
	);

async function invite(house: House, email: string, role: Role = "admin", more = "now", column = ""): Promise<string> {
	const { token, hash } = newToken("tgi");
	await system.query(
		`INSERT INTO invite (id, organization_id, workspace_id, email, role, hash, created_by, expires_at${column ? `, ${column}` : ""})
			VALUES ($1, $2, $3, $4, $5, $6, 'owner', tg_now() + interval '${more === "expired" ? "-1 second" : "7 days"}'${column ? ", tg_now()" : ""})`,
		[uuidv7(), house.organizationId, house.workspaceId, email, role, hash],
	);
	return token;
}

async function roleOf(house: House, email: string): Promise<string | undefined> {
	const { rows } = await system.query<{ role: string }>("SELECT role FROM member WHERE organization_id = $1 AND email = $2 AND removed_at IS NULL", [
		house.organizationId,
		email,
	]);
	return rows[0]?.role;
}

/** Whether a session opens a house's workspace. */
const opens = ({ id, session }: { id: string; session: string }, house: House): Promise<boolean> =>
	callerBySession({ id: session, userId: id }, house.workspaceId).then(
		() => true,
		() => false,
	);

/** The same, if its session said that it reaches everything. */
async function widened<S extends { session: string }>(signedIn: S): Promise<S> {
	await system.query("UPDATE session SET reach_id = NULL WHERE id = $1", [signedIn.session]);
	forgetCallers();
	return signedIn;
}

describe("a first sign-in", () => {
	test("makes the account in the provider's organization, with the role set for new people, and a second finds it again", async () => {
		const claims = person(fresh("acme.test"));
		const first = await settle(a, claims, undefined);
		expect(first).toMatchObject({ organization: at.a.organizationId, workspace: at.a.workspaceId, email: claims.email, name: "Ada" });
		expect(await roleOf(at.a, first.email)).toBe("operator");
		expect([await opens(first, at.a), await opens(first, at.b)]).toEqual([true, false]);
		// Known by the subject from now on, whatever becomes of the address.
		expect((await settle(a, { sub: claims.sub }, undefined)).id).toBe(first.id);
	});
	test("by two at once makes one account", async () => {
		const claims = person(fresh("acme.test"));
		const both = await Promise.all([settle(a, claims, undefined), settle(a, claims, undefined)]);
		expect(both[0]?.id).toBe(both[1]?.id);
	});
	test("needs an address that is verified and of a domain of the provider", async () => {
		expect(await code(settle(a, person(fresh("acme.test"), { email_verified: false }), undefined))).toBe("oidc_unverified");
		expect(await code(settle(a, person(fresh("acme.test"), { email_verified: undefined }), undefined))).toBe("oidc_unverified");
		expect(await code(settle(a, person("", {}), undefined))).toBe("oidc_no_email");
		for (const email of ["x@bolt.test", "x@acme.test.evil.test", "x@evilacme.test", "x@acme.test@evil.test"])
			expect(await code(settle(a, person(email), undefined))).toMatch(/^oidc_(domain|no_email)$/);
	});
});

describe("an account is not taken over", () => {
	test("by another organization's provider that claims its address", async () => {
		expect(await code(settle(b, person(at.a.email), undefined))).toBe("oidc_domain");
		// Even one that was given the domain makes an account of its own, which opens nothing of the first.
		const thief = await settle({ ...b, domains: ["acme.test"] }, person(at.a.email), undefined);
		expect(thief.id).not.toBe(at.a.userId);
		expect([await opens(thief, at.a), await opens(thief, at.b), await opens(await widened(thief), at.a)]).toEqual([false, true, false]);
		await system.query("DELETE FROM member WHERE user_id = $1", [thief.id]);
	});
	test("by another organization's provider that claims its issuer and subject", async () => {
		const claims = person(fresh("acme.test"));
		const own = await settle(a, claims, undefined);
		const thief = await settle({ ...b, issuer: a.issuer }, { ...claims, email: fresh("bolt.test") }, undefined);
		expect(thief.id).not.toBe(own.id);
		expect(await opens(thief, at.a)).toBe(false);
	});
	test("by an organization's provider outside that organization, though the account is a member of both", async () => {
		await system.query("INSERT INTO member (organization_id, user_id, role) VALUES ($1, $2, 'admin')", [at.b.organizationId, at.a.userId]);
		const owner = await settle(a, person(at.a.email), undefined);
		expect(owner.id).toBe(at.a.userId);
		expect([await opens(owner, at.a), await opens(owner, at.b)]).toEqual([true, false]);
		await system.query("DELETE FROM member WHERE organization_id = $1 AND user_id = $2", [at.b.organizationId, at.a.userId]);
		forgetCallers();
	});
	test("by the next holder of its address, who has another subject", async () => {
		const email = fresh("acme.test");
		const first = await settle(a, person(email), undefined);
		expect(await code(settle(a, person(email), undefined))).toBe("oidc_taken");
		// An invite says that this is who is meant, and the subject before is forgotten.
		const second = await settle(a, person(email), await invite(at.a, email));
		expect(second.id).toBe(first.id);
		const { rows } = await system.query("SELECT 1 FROM identity WHERE user_id = $1", [first.id]);
		expect(rows).toHaveLength(1);
	});
	test("by an invite that somebody made out to its address elsewhere", async () => {
		const stolen = await takeInvite(await invite(at.b, at.a.email, "owner"));
		expect(stolen.id).not.toBe(at.a.userId);
		expect([await opens(stolen, at.a), await opens(await widened(stolen), at.a)]).toEqual([false, false]);
	});
});

describe("who was removed", () => {
	test("does not come back by signing in, and does by an invite", async () => {
		const claims = person(fresh("acme.test"));
		const { id, email, session } = await settle(a, claims, undefined);
		await system.query("UPDATE member SET removed_at = tg_now() WHERE user_id = $1", [id]);
		forgetCallers();
		expect(await code(settle(a, claims, undefined))).toBe("oidc_removed");
		expect(await code(settle(a, person(email), undefined))).toBe("oidc_removed");
		await invite(at.a, email, "viewer");
		const again = await settle(a, claims, undefined);
		expect(again.id).toBe(id);
		expect(await roleOf(at.a, email)).toBe("viewer");
		// A cookie of the time before stays void.
		expect([await opens(again, at.a), await opens({ id, session }, at.a)]).toEqual([true, false]);
	});
});

describe("an invite", () => {
	test("that is open gives its role at the first sign-in by the provider", async () => {
		const email = fresh("acme.test");
		await invite(at.a, email, "admin");
		await settle(a, person(email), undefined);
		expect(await roleOf(at.a, email)).toBe("admin");
	});
	test("is for its address alone, and for its organization", async () => {
		const token = await invite(at.a, fresh("acme.test"));
		expect(await code(settle(a, person(fresh("acme.test")), token))).toBe("invite_email");
		expect(await code(settle(b, person(fresh("bolt.test")), token))).toBe("invite_elsewhere");
	});
	test("is told apart when unknown, expired, revoked and used", async () => {
		const email = fresh("outside.test");
		expect(await code(takeInvite("tgi_short"))).toBe("invite_unknown");
		expect(await code(takeInvite(newToken("tgi").token))).toBe("invite_unknown");
		expect(await code(takeInvite(await invite(at.a, email, "viewer", "expired")))).toBe("invite_expired");
		expect(await code(takeInvite(await invite(at.a, email, "viewer", "now", "revoked_at")))).toBe("invite_revoked");
		expect(await code(takeInvite(await invite(at.a, email, "viewer", "now", "accepted_at")))).toBe("invite_used");
	});
	test("to an address that no provider vouches for is accepted by its link, once, whoever comes at once", async () => {
		const email = fresh("outside.test");
		const token = await invite(at.a, email, "operator");
		const outcomes = await Promise.all(Array.from({ length: 6 }, () => code(takeInvite(token))));
		expect(outcomes.filter((outcome) => outcome.startsWith("signed in"))).toHaveLength(1);
		expect(outcomes.filter((outcome) => outcome === "invite_used")).toHaveLength(5);
		expect(await roleOf(at.a, email)).toBe("operator");
	});
	test("to an address of the organization's provider is accepted through it, not by the link", async () => {
		const token = await invite(at.a, fresh("acme.test"));
		expect(await code(takeInvite(token))).toBe("invite_provider");
		const guest = browser(at.url);
		const { csrfToken } = (await (await guest.ask("/api/auth/csrf")).json()) as { csrfToken: string };
		const body = new URLSearchParams({ csrfToken, token, json: "true" });
		expect(await (await guest.ask("/api/auth/callback/invite", { method: "POST", body })).text()).toContain("invite_provider");
	});
});

describe("the installation's provider", () => {
	test("lets in members and invited people, and nobody else unless an organization is set", async () => {
		expect(await code(settle(installation, person(fresh("else.test")), undefined))).toBe("oidc_uninvited");
		const owner = await settle(installation, person(at.a.email), undefined);
		expect(owner).toMatchObject({ id: at.a.userId, organization: null });
		const email = fresh("else.test");
		const guest = await settle(installation, person(email), await invite(at.b, email, "viewer"));
		expect([await opens(guest, at.b), await opens(guest, at.a), await roleOf(at.b, email)]).toEqual([true, false, "viewer"]);
	});
	test("makes new people members of the organization that is set", async () => {
		const before = server();
		const { issuer, clientId, name } = installation;
		setServer({ ...before, provider: { issuer, clientId, name, clientSecret: "x", domains: [], organization: "Acme", role: "viewer" } });
		const email = fresh("else.test");
		const claims = person(email);
		const { id } = await settle(installation, claims, undefined);
		expect(await roleOf(at.a, email)).toBe("viewer");
		await system.query("UPDATE member SET removed_at = tg_now() WHERE user_id = $1", [id]);
		expect(await code(settle(installation, claims, undefined))).toBe("oidc_removed");
		setServer(before);
	});
	test("takes no account that an organization made for itself", async () => {
		const email = fresh("acme.test");
		const homed = await settle(a, person(email), undefined);
		const given = await settle(installation, person(email), await invite(at.b, email));
		expect(given.id).not.toBe(homed.id);
		expect(await opens(given, at.a)).toBe(false);
	});
});

test("each sign-in and each joining is in the audit log", async () => {
	const email = fresh("acme.test");
	await settle(a, person(email), undefined);
	const { rows } = await system.query<{ action: string }>("SELECT action FROM audit WHERE actor = $1 ORDER BY action", [email]);
	expect(rows.map(({ action }) => action)).toEqual(["member.join", "member.sign_in"]);
});
