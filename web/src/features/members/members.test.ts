import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import { createSignInLink } from "../../../../prisma/seed.ts";
import { browser, type ControlPlane, startControlPlane } from "../../fixture.ts";
import { forgetCallers } from "../../server/callers.ts";
import { system } from "../../server/db.ts";
import { ROLES, type Role } from "../../server/roles.ts";
import { changeTrouble, grantable, mayLink } from "./rules.ts";

let at: ControlPlane;
beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
});
afterAll(() => at.end());

type Visitor = ReturnType<typeof browser> & { id: string; email: string };

let people = 0;
/** Somebody of a role, made without the pages and signed in. */
async function signedIn(role: Role): Promise<Visitor> {
	const email = `${role}-${++people}@acme.test`;
	const { rows } = await system.query<{ id: string }>("INSERT INTO app_user (id, email, name) VALUES (gen_random_uuid(), $1, $1) RETURNING id", [
		email,
	]);
	const id = rows[0]?.id as string;
	await system.query("INSERT INTO member (organization_id, user_id, role) VALUES ($1, $2, $3)", [at.a.organizationId, id, role]);
	const person = browser(at.url);
	await person.signIn(await createSignInLink(at.databaseUrl, { workspaceId: at.a.workspaceId, userEmail: email }));
	return { ...person, id, email };
}

async function ask<T = unknown>(
	person: Pick<Visitor, "ask">,
	path: string,
	input: unknown,
	type: "query" | "mutation" = "mutation",
): Promise<T | string> {
	const answer = await (type === "mutation"
		? person.ask(`/trpc/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(input) })
		: person.ask(`/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}`));
	const body = (await answer.json()) as { result?: { data: T }; error?: { data: { reason: string } } };
	return body.error ? body.error.data.reason : (body.result?.data as T);
}

async function roleOf(id: string): Promise<string | undefined> {
	return (await system.query<{ role: string }>("SELECT role FROM member WHERE user_id = $1 AND removed_at IS NULL", [id])).rows[0]?.role;
}

describe("the rules", () => {
	const every = ROLES.flatMap((own) => ROLES.flatMap((before) => [...ROLES, null].map((after) => ({ own, before, after }))));
	test("nobody raises himself", () => {
		for (const after of ROLES)
			for (const own of ROLES) {
				const higher = ROLES.indexOf(after) < ROLES.indexOf(own);
				if (higher)
					expect([own, after, changeTrouble({ own, before: own, after, self: true, owners: 2 })?.reason]).toEqual([own, after, "forbidden"]);
			}
	});
	test("only owners make owners, and touch them", () => {
		for (const { own, before, after } of every) {
			if (own === "owner" || (before !== "owner" && after !== "owner")) continue;
			expect([own, before, after, changeTrouble({ own, before, after, self: false, owners: 2 })?.reason]).toEqual([own, before, after, "forbidden"]);
		}
		expect(grantable("admin")).not.toContain("owner");
		expect(grantable("operator")).toEqual([]);
	});
	test("the last owner stays one", () => {
		for (const after of [...ROLES, null]) {
			const trouble = changeTrouble({ own: "owner", before: "owner", after, self: true, owners: 1 });
			expect([after, trouble?.reason]).toEqual([after, after === "owner" ? undefined : "last_owner"]);
		}
	});
	test("a link is made for those below alone, by owners for all", () => {
		expect([
			mayLink("admin", "operator"),
			mayLink("admin", "admin"),
			mayLink("admin", "owner"),
			mayLink("operator", "viewer"),
			mayLink("owner", "owner"),
		]).toEqual([true, false, false, false, true]);
	});
});

describe("members", () => {
	test("are listed with what may be done to each", async () => {
		const admin = await signedIn("admin");
		const list = await ask<{ members: Record<string, unknown>[]; grants: string[] }>(admin, "members.list", {}, "query");
		if (typeof list === "string") throw new Error(list);
		expect(list.grants.sort()).toEqual(["admin", "operator", "viewer"]);
		const owner = list.members.find(({ email }) => email === at.a.email);
		expect(owner).toMatchObject({ role: "owner", roles: ["owner"], stays: expect.stringContaining("owner"), link: false, self: false });
		expect(list.members.find(({ id }) => id === admin.id)).toMatchObject({ self: true, stays: null, lastSignInAt: expect.any(String) });
		expect(JSON.stringify(list)).not.toContain("bolt");
	});
	test("are changed by those above them, and by nobody else", async () => {
		const [admin, other] = [await signedIn("admin"), await signedIn("viewer")];
		expect(await ask(admin, "members.setRole", { id: other.id, role: "operator" })).toEqual({ id: other.id });
		expect(await ask(admin, "members.setRole", { id: other.id, role: "owner" })).toBe("forbidden");
		expect(await ask(admin, "members.setRole", { id: admin.id, role: "owner" })).toBe("forbidden");
		expect(await ask(admin, "members.setRole", { id: at.a.userId, role: "viewer" })).toBe("forbidden");
		expect(await ask(admin, "members.remove", { id: at.a.userId })).toBe("forbidden");
		expect(await ask(other, "members.setRole", { id: other.id, role: "admin" })).toBe("forbidden");
		expect(await ask(admin, "members.setRole", { id: at.b.userId, role: "viewer" })).toBe("not_found");
		expect([await roleOf(other.id), await roleOf(at.a.userId)]).toEqual(["operator", "owner"]);
	});
	test("of two owners who leave at once, one stays", async () => {
		const second = await signedIn("owner");
		const owner = browser(at.url);
		await owner.signIn(await createSignInLink(at.databaseUrl, { workspaceId: at.a.workspaceId, userEmail: at.a.email }));
		const outcomes = await Promise.all([ask(owner, "members.leave", {}), ask(second, "members.leave", {})]);
		expect(outcomes.filter((outcome) => outcome === "last_owner")).toHaveLength(1);
		await system.query("UPDATE member SET removed_at = NULL, role = 'owner' WHERE user_id = $1", [at.a.userId]);
		await system.query("UPDATE member SET removed_at = tg_now() WHERE user_id = $1", [second.id]);
		forgetCallers();
	});
	test("who are removed are cut off at once: from requests, and from what they follow", async () => {
		const [admin, other] = [await signedIn("admin"), await signedIn("viewer")];
		const cookie = [...other.jar].map(([name, value]) => `${name}=${value}`).join("; ");
		const socket = new WebSocket(`${at.url.replace("http", "ws")}/trpc`, { headers: { cookie, origin: at.url } });
		const told: string[] = [];
		await new Promise<void>((resolve) => {
			socket.on("open", () => socket.send(JSON.stringify({ id: 1, method: "subscription", params: { path: "runs.changes", input: {} } })));
			socket.on("message", (data) => {
				told.push(String(data));
				resolve();
			});
		});
		expect(told[0]).toContain("started");
		expect(typeof (await ask(other, "flows.list", {}, "query"))).toBe("object");
		const began = performance.now();
		expect(await ask(admin, "members.remove", { id: other.id })).toEqual({ id: other.id });
		expect(await ask(other, "flows.list", {}, "query")).toBe("forbidden");
		await expect.poll(() => told.join(), { timeout: 4_000, interval: 20 }).toContain('"forbidden"');
		// Far sooner than a subscription looks by itself.
		expect(performance.now() - began).toBeLessThan(4_000);
		socket.close();
	});
	test("who are removed have nothing left to come back by: neither what is theirs, nor what they made for others", async () => {
		const [owner, admin, other] = [await signedIn("owner"), await signedIn("admin"), await signedIn("operator")];
		const ids = [at.a.workspaceId, admin.id];
		const publicKey = randomBytes(32);
		await system.query(
			`INSERT INTO api_key (id, workspace_id, name, prefix, hash, user_id, created_by, expires_at) VALUES (gen_random_uuid(), $1, 'login', 'tg_x', $3, $2, 'x', tg_now() + interval '1 day')`,
			[...ids, publicKey],
		);
		await system.query(
			`INSERT INTO device (id, workspace_id, user_id, person, kind, name, public_key, state) VALUES (gen_random_uuid(), $1, $2, 'x', 'browser', 'x', $3, 'asks')`,
			[...ids, publicKey],
		);
		await system.query(
			`INSERT INTO device_login (id, device_hash, code_hash, public_key, host, address, version, state, workspace_id, user_id, wrapped, expires_at)
				VALUES (gen_random_uuid(), $3, $3, $3, 'h', 'a', 'v', 'approved', $1, $2, $4, tg_now() + interval '1 day')`,
			[...ids, publicKey, randomBytes(92)],
		);
		await ask(owner, "invites.create", { email: `later-${people}@acme.test`, role: "viewer" });
		const invited = await ask<{ token: string }>(admin, "invites.create", { email: `guest-${people}@else.test`, role: "admin" });
		const link = await ask<{ token: string }>(admin, "members.createLink", { id: other.id });
		const token = await ask<{ id: string }>(admin, "agents.createToken", { pool: at.a.pool });
		if (typeof invited === "string" || typeof link === "string" || typeof token === "string") throw new Error(`${invited} ${link} ${token}`);
		expect(await ask(owner, "members.remove", { id: admin.id })).toEqual({ id: admin.id });
		const count = async (text: string, params: unknown[]) => (await system.query(text, params)).rowCount;
		expect(await count("SELECT 1 FROM api_key WHERE user_id = $1 AND revoked_at IS NULL", [admin.id])).toBe(0);
		expect(await count("SELECT 1 FROM device WHERE user_id = $1", [admin.id])).toBe(0);
		expect(await count("SELECT 1 FROM device_login WHERE user_id = $1 AND (state <> 'denied' OR wrapped IS NOT NULL)", [admin.id])).toBe(0);
		expect(await count("SELECT 1 FROM enrolment_token WHERE id = $1 AND expires_at > tg_now()", [token.id])).toBe(0);
		expect(await ask(browser(at.url), "invites.look", { token: invited.token })).toBe("invite_revoked");
		expect(await (await browser(at.url).signIn(link.token)).text()).toContain("link_expired");
		// What others made stays.
		expect(await count("SELECT 1 FROM invite WHERE created_by = $1 AND revoked_at IS NULL", [owner.email])).toBe(1);
		expect(await ask(owner, "members.leave", {})).toEqual({ id: owner.id });
	});
	test("an invite holds for as long as whoever made it could make it, and none is made by who was just removed", async () => {
		const [owner, second] = [await signedIn("owner"), await signedIn("owner")];
		const made = async (role: Role) => {
			const invited = await ask<{ token: string }>(second, "invites.create", { email: `${role}-${++people}@else.test`, role });
			if (typeof invited === "string") throw new Error(invited);
			return invited.token;
		};
		const [ofOwner, ofViewer] = [await made("owner"), await made("viewer")];
		const look = async (token: string) => {
			const told = await ask<{ role: string }>(browser(at.url), "invites.look", { token });
			return typeof told === "string" ? told : told.role;
		};
		await ask(owner, "members.setRole", { id: second.id, role: "admin" });
		expect([await look(ofOwner), await look(ofViewer)]).toEqual(["invite_revoked", "viewer"]);
		const link = await ask<{ token: string }>(second, "members.createLink", { id: (await signedIn("viewer")).id });
		await ask(owner, "members.setRole", { id: second.id, role: "operator" });
		expect(await look(ofViewer)).toBe("invite_revoked");
		expect(await (await browser(at.url).signIn((link as { token: string }).token)).text()).toContain("link_expired");
		await ask(owner, "members.setRole", { id: second.id, role: "admin" });
		// The server still takes him for what he was: what is asked of the database is asked anew.
		expect((await second.ask("/trpc/whoami")).status).toBe(200);
		await system.query("UPDATE member SET removed_at = tg_now() WHERE user_id = $1", [second.id]);
		expect(await ask(second, "invites.create", { email: `late-${people}@else.test`, role: "viewer" })).toBe("forbidden");
		expect(await ask(owner, "members.leave", {})).toEqual({ id: owner.id });
	});
	test("get a one-time link from an admin, which opens this organization alone", async () => {
		const [admin, other] = [await signedIn("admin"), await signedIn("operator")];
		const made = await ask<{ token: string }>(admin, "members.createLink", { id: other.id });
		if (typeof made === "string") throw new Error(made);
		await system.query("INSERT INTO member (organization_id, user_id, role) VALUES ($1, $2, 'owner')", [at.b.organizationId, other.id]);
		const visitor = browser(at.url);
		expect((await visitor.signIn(made.token)).status).toBe(200);
		expect(typeof (await ask(visitor, "flows.list", {}, "query"))).toBe("object");
		const elsewhere = await visitor.ask("/trpc/flows.list?input=%7B%7D", { headers: { "x-tidegate-workspace": at.b.workspaceId } });
		expect(elsewhere.status).toBe(403);
		expect(await ask(admin, "members.createLink", { id: at.a.userId })).toBe("forbidden");
		await system.query("DELETE FROM member WHERE organization_id = $1 AND user_id = $2", [at.b.organizationId, other.id]);
	});
});

describe("invites", () => {
	test("are made within one's own rights, kept as a hash, listed and revoked", async () => {
		const admin = await signedIn("admin");
		expect(await ask(admin, "invites.create", { email: "new@acme.test", role: "owner" })).toBe("forbidden");
		expect(await ask(admin, "invites.create", { email: "not an address", role: "viewer" })).toBe("bad_request");
		expect(await ask(admin, "invites.create", { email: admin.email, role: "viewer" })).toBe("conflict");
		const made = await ask<{ id: string; token: string }>(admin, "invites.create", { email: " New@Acme.test ", role: "admin" });
		if (typeof made === "string") throw new Error(made);
		const { rows } = await system.query<{ text: string }>("SELECT row_to_json(i)::text AS text FROM invite i WHERE id = $1", [made.id]);
		expect(rows[0]?.text).not.toContain(made.token.slice(8));
		expect(JSON.stringify(await ask(admin, "invites.list", {}, "query"))).toContain("new@acme.test");
		expect(await ask(browser(at.url), "invites.look", { token: made.token })).toMatchObject({ email: "new@acme.test", role: "admin", link: true });
		expect(await ask(admin, "invites.revoke", { id: made.id })).toEqual({ id: made.id });
		expect(await ask(browser(at.url), "invites.look", { token: made.token })).toBe("invite_revoked");
		expect(await ask(admin, "invites.revoke", { id: made.id })).toBe("not_found");
	});
	test("of invites to one address at the same moment one stays open", async () => {
		const admin = await signedIn("admin");
		await Promise.all(Array.from({ length: 6 }, () => ask(admin, "invites.create", { email: "many@acme.test", role: "viewer" })));
		const open = "SELECT FROM invite WHERE email = 'many@acme.test' AND revoked_at IS NULL AND accepted_at IS NULL";
		expect((await system.query(open)).rows).toHaveLength(1);
	});

	test("to one address take the place of each other", async () => {
		const admin = await signedIn("admin");
		const first = await ask<{ token: string }>(admin, "invites.create", { email: "twice@acme.test", role: "viewer" });
		const second = await ask<{ token: string }>(admin, "invites.create", { email: "twice@acme.test", role: "viewer" });
		if (typeof first === "string" || typeof second === "string") throw new Error("not made");
		expect(await ask(browser(at.url), "invites.look", { token: first.token })).toBe("invite_revoked");
		expect(await ask(browser(at.url), "invites.look", { token: second.token })).toMatchObject({ email: "twice@acme.test" });
	});
	test("are in the audit log, each step by whom", async () => {
		const { rows } = await system.query<{ action: string }>("SELECT DISTINCT action FROM audit WHERE workspace_id = $1", [at.a.workspaceId]);
		const actions = rows.map(({ action }) => action);
		for (const action of ["invite.create", "invite.revoke", "member.role", "member.remove", "member.leave", "member.link", "member.sign_in"])
			expect(actions).toContain(action);
	});
});

test("guessing at invites and asking for providers is slowed down", async () => {
	const visitor = browser(at.url);
	const outcomes = new Set<unknown>();
	for (let n = 0; n < 70; n++) outcomes.add(await ask(visitor, "invites.look", { token: "tgi_guess" }));
	expect([...outcomes].sort()).toEqual(["invite_unknown", "too_many"]);
});

test("people name themselves: others see it, a next sign-in keeps it, and nobody is named by nothing", async () => {
	const bea = await signedIn("viewer");
	expect(await ask(bea, "members.rename", { name: "   " })).toBe("bad_request");
	expect(await ask(bea, "members.rename", { name: "Bea \u202ellB" })).toBe("bad_request");
	expect(await ask(bea, "members.rename", { name: " Bea <b>Bell</b> " })).toEqual({ name: "Bea <b>Bell</b>" });
	expect(await ask(bea, "whoami", {}, "query")).toMatchObject({ name: "Bea <b>Bell</b>" });
	await bea.signIn(await createSignInLink(at.databaseUrl, { workspaceId: at.a.workspaceId, userEmail: bea.email }));
	expect(await ask(bea, "whoami", {}, "query")).toMatchObject({ name: "Bea <b>Bell</b>" });
	const ada = await signedIn("admin");
	const { members } = (await ask(ada, "members.list", {}, "query")) as { members: { id: string; name: string }[] };
	expect(members.find(({ id }) => id === bea.id)?.name).toBe("Bea <b>Bell</b>");
	const { rows } = await system.query("SELECT data FROM audit WHERE action = 'member.rename' AND target = $1", [bea.id]);
	expect(rows).toEqual([{ data: { email: bea.email, before: bea.email, after: "Bea <b>Bell</b>" } }]);
});
