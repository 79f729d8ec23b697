import { uuidv7 } from "tidegate/protocol/ids.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import { createApiKey } from "../../prisma/seed.ts";
import { browser, type ControlPlane, clientOf, linkFor, reasonOf, startControlPlane } from "./fixture.ts";
import { forgetCallers, writeUses } from "./server/callers.ts";
import { system } from "./server/db.ts";
import { newToken } from "./server/secrets.ts";

let at: ControlPlane;
beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
});
afterAll(() => at.end());

const whoami = (key: string) => clientOf(at.url, key).api.whoami.query();
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
	fetch(`${at.url}/trpc/${path}`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
const reasonIn = async (answer: Response) => ((await answer.json()) as { error?: { data?: { reason?: string } } }).error?.data?.reason;

describe("an API key", () => {
	test("opens its own workspace and names it", async () => {
		expect(await whoami(at.a.key)).toMatchObject({
			by: "key",
			organization: { name: "Acme" },
			workspace: { id: at.a.workspaceId, kid: null },
			workspaces: [{ id: at.a.workspaceId }],
		});
	});
	test("is refused when nobody gave it out, or it is no key at all", async () => {
		for (const wrong of [newToken("tg").token, `${at.a.key}x`, "tg_", "x", at.a.key.toUpperCase()])
			expect(await reasonOf(whoami(wrong))).toBe("unauthorized");
		expect(await reasonIn(await fetch(`${at.url}/trpc/whoami`))).toBe("unauthorized");
		expect(await reasonIn(await fetch(`${at.url}/trpc/whoami`, { headers: { authorization: "Basic eDp5" } }))).toBe("unauthorized");
	});
	test("is refused after it expired", async () => {
		const key = await createApiKey(at.databaseUrl, { workspaceId: at.a.workspaceId, name: "short" });
		await system.query("UPDATE api_key SET expires_at = tg_now() - interval '1 second' WHERE name = 'short'");
		expect(await reasonOf(whoami(key))).toBe("expired");
	});
	test("is made under a name that can be stored only, and told so", async () => {
		const made = clientOf(at.url, at.a.key).api.keys.create.mutate({ name: "c\0i" });
		expect(await made.catch((error: Error) => error)).toMatchObject({
			message: expect.stringMatching(/^name: has a NUL/),
			data: { reason: "bad_request" },
		});
		// Nor under one that shows nothing, or turns what stands beside it.
		for (const name of ["ci\u202egnp.", "c\u200bi", "ci\u0007", "ci\nadmin", "\u2066ci"])
			expect(await reasonOf(clientOf(at.url, at.a.key).api.keys.create.mutate({ name })), JSON.stringify(name)).toBe("bad_request");
	});
	test("is refused at once after this server revoked it, though it was just used", async () => {
		const { api } = clientOf(at.url, at.a.key);
		const made = await api.keys.create.mutate({ name: "to be revoked" });
		expect((await whoami(made.key)).name).toBe("to be revoked");
		await api.keys.revoke.mutate({ id: made.id });
		expect(await reasonOf(whoami(made.key))).toBe("revoked");
	});
	test("that another server revoked is refused within 5 s", async () => {
		const key = await createApiKey(at.databaseUrl, { workspaceId: at.a.workspaceId, name: "elsewhere" });
		await whoami(key);
		await system.query("UPDATE api_key SET revoked_at = tg_now() WHERE name = 'elsewhere'");
		await expect
			.poll(
				() =>
					whoami(key).then(
						() => "taken",
						(error) => error.data.reason,
					),
				{ timeout: 6_000, interval: 100 },
			)
			.toBe("revoked");
	});
	test("never opens the workspace that a header names", async () => {
		const answer = await post("pools.create", { name: "stray" }, { authorization: `Bearer ${at.a.key}`, "x-tidegate-workspace": at.b.workspaceId });
		expect([answer.status, await reasonIn(answer)]).toEqual([403, "forbidden"]);
	});
	test("is stored as a hash alone, and its last use is written", async () => {
		await whoami(at.a.key);
		await writeUses();
		const { rows } = await system.query(
			"SELECT row_to_json(k)::text AS text, last_used_at FROM api_key k WHERE workspace_id = $1 AND name = 'key of Acme'",
			[at.a.workspaceId],
		);
		expect(rows[0]?.text).not.toContain(at.a.key.slice(10));
		expect(rows[0]?.last_used_at).toBeInstanceOf(Date);
	});
});

describe("a sign-in link", () => {
	test("signs in once, and the session is the member's", async () => {
		const token = await linkFor(at, at.a);
		const first = browser(at.url);
		expect((await first.signIn(token)).status).toBe(200);
		const who = (await (await first.ask("/trpc/whoami")).json()) as { result: { data: unknown } };
		expect(who.result.data).toMatchObject({ by: "session", email: at.a.email, workspace: { id: at.a.workspaceId } });
		const second = browser(at.url);
		const again = await second.signIn(token);
		expect(await again.text()).toContain("link_used");
		expect((await second.ask("/trpc/whoami")).status).toBe(401);
	});
	test("for somebody else than who is signed in asks first: it names whom it is for, and is not used up until the person agrees", async () => {
		const [token, person] = [await linkFor(at, at.b), browser(at.url)];
		const email = async () => ((await (await person.ask("/trpc/whoami")).json()) as { result: { data: { email: string } } }).result.data.email;
		const look = async () => {
			const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ token }) };
			return ((await (await person.ask("/trpc/sessions.look", init)).json()) as { result: { data: unknown } }).result.data;
		};
		await person.signIn(await linkFor(at, at.a));
		expect(await (await person.signIn(token)).text()).toContain("link_other");
		expect([await email(), await look()]).toEqual([at.a.email, { email: at.b.email, organization: at.b.organization }]);
		// The same person's own is no question.
		expect((await person.signIn(await linkFor(at, at.a))).status).toBe(200);
		expect((await person.signIn(token, "true")).status).toBe(200);
		expect([await email(), await look()]).toEqual([at.b.email, null]);
	});
	test("used by many at the same time signs in one", async () => {
		const token = await linkFor(at, at.a);
		const answers = await Promise.all(Array.from({ length: 8 }, () => browser(at.url).signIn(token)));
		expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
	});
	test("that expired, or that nobody made, signs nobody in", async () => {
		const token = await linkFor(at, at.a);
		await system.query("UPDATE sign_in_link SET expires_at = tg_now() - interval '1 second' WHERE used_at IS NULL");
		expect(await (await browser(at.url).signIn(token)).text()).toContain("link_expired");
		expect(await (await browser(at.url).signIn(newToken("tgl").token)).text()).toContain("link_unknown");
	});
	test("sets a cookie that no script reads and no other site sends along", async () => {
		const answer = await browser(at.url).signIn(await linkFor(at, at.a));
		const cookie = answer.headers.getSetCookie().find((line) => line.includes("session-token")) ?? "";
		expect(cookie).toMatch(/HttpOnly/i);
		expect(cookie).toMatch(/SameSite=Lax/i);
	});
});

describe("a session", () => {
	const signedIn = async () => {
		const person = browser(at.url);
		await person.signIn(await linkFor(at, at.a));
		return person;
	};
	const signOut = async (person: ReturnType<typeof browser>): Promise<void> => {
		const { csrfToken } = (await (await person.ask("/api/auth/csrf")).json()) as { csrfToken: string };
		expect((await person.ask("/api/auth/signout", { method: "POST", body: new URLSearchParams({ csrfToken, json: "true" }) })).status).toBe(200);
	};
	const create = (name: string) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name }) });

	test("changes things from our own pages, and from no other site's", async () => {
		const person = await signedIn();
		expect((await person.ask("/trpc/pools.create", create("own"))).status).toBe(200);
		for (const origin of ["http://evil.test", "null", `${at.url}.evil.test`]) {
			const answer = await person.ask("/trpc/pools.create", { ...create("stolen"), origin });
			expect([answer.status, await reasonIn(answer)]).toEqual([403, "cross_origin"]);
		}
		const cookie = [...person.jar].map(([name, value]) => `${name}=${value}`).join("; ");
		expect((await post("pools.create", { name: "stolen" }, { cookie })).status).toBe(403);
		expect((await fetch(`${at.url}/trpc/whoami`, { headers: { cookie, "sec-fetch-site": "cross-site" } })).status).toBe(403);
		expect((await system.query("SELECT 1 FROM pool WHERE name = 'stolen'")).rows).toHaveLength(0);
	});
	test("does not open a workspace of which its user is no member", async () => {
		const person = await signedIn();
		for (const workspace of [at.b.workspaceId, uuidv7(), "x"]) {
			const answer = await person.ask("/trpc/flows.list?input=%7B%7D", { headers: { "x-tidegate-workspace": workspace } });
			expect(answer.status).toBe(403);
		}
	});
	test("ends where its user stops being a member", async () => {
		const person = await signedIn();
		expect((await person.ask("/trpc/whoami")).status).toBe(200);
		const { rows } = await system.query("DELETE FROM member WHERE user_id = $1 RETURNING *", [at.a.userId]);
		forgetCallers();
		expect((await person.ask("/trpc/whoami")).status).toBe(403);
		await system.query("INSERT INTO member (organization_id, user_id, role) VALUES ($1, $2, $3)", [
			rows[0]?.organization_id,
			rows[0]?.user_id,
			rows[0]?.role,
		]);
		forgetCallers();
	});
	test("ends on the server when its person signs out: a copy of the cookie opens nothing, and the answer says why", async () => {
		const person = await signedIn();
		const copy = browser(at.url);
		for (const [name, value] of person.jar) copy.jar.set(name, value);
		expect((await copy.ask("/trpc/whoami")).status).toBe(200);
		await signOut(person);
		const answer = await copy.ask("/trpc/whoami");
		expect([answer.status, await reasonIn(answer)]).toEqual([401, "signed_out"]);
		// Nor does it by making itself a new one.
		expect((await copy.ask("/api/auth/session")).status).toBe(404);
		expect((await copy.ask("/trpc/whoami")).status).toBe(401);
	});
	test("acts for no page that was made for somebody else, but tells it who is signed in now", async () => {
		const person = await signedIn();
		const headers = { "x-tidegate-person": at.b.userId };
		const answer = await person.ask("/trpc/pools.create", { ...create("unasked"), headers: { ...create("").headers, ...headers } });
		expect([answer.status, await reasonIn(answer)]).toEqual([401, "signed_out"]);
		expect(await (await person.ask("/trpc/whoami", { headers })).json()).toMatchObject({ result: { data: { id: at.a.userId } } });
		const own = { "x-tidegate-person": at.a.userId };
		expect((await person.ask("/trpc/flows.list?input=%7B%7D", { headers: own })).status).toBe(200);
	});
	test("that is replaced in its browser by another sign-in ends too", async () => {
		const person = await signedIn();
		const copy = browser(at.url);
		for (const [name, value] of person.jar) copy.jar.set(name, value);
		await person.signIn(await linkFor(at, at.a));
		expect([(await person.ask("/trpc/whoami")).status, (await copy.ask("/trpc/whoami")).status]).toEqual([200, 401]);
	});
	test("and all others of its person end by signing out everywhere; those of others stay", async () => {
		const [one, two, other] = [await signedIn(), await signedIn(), browser(at.url)];
		await other.signIn(await linkFor(at, at.b));
		const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
		expect(
			((await (await one.ask("/trpc/sessions.endAll", init)).json()) as { result: { data: { ended: number } } }).result.data.ended,
		).toBeGreaterThan(1);
		for (const each of [one, two]) expect(await reasonIn(await each.ask("/trpc/whoami"))).toBe("signed_out");
		expect((await other.ask("/trpc/whoami")).status).toBe(200);
		expect(await reasonOf(clientOf(at.url, at.a.key).api.sessions.endAll.mutate({}))).toBe("forbidden");
	});
	test("that reaches one organization ends none of those that reach all", async () => {
		const [narrow, wide] = [await signedIn(), await signedIn()];
		await system.query("UPDATE session SET reach_id = $1 WHERE id = (SELECT id FROM session WHERE user_id = $2 ORDER BY id DESC OFFSET 1 LIMIT 1)", [
			...[at.a.organizationId, at.a.userId],
		]);
		await narrow.ask("/trpc/sessions.endAll", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
		expect([(await narrow.ask("/trpc/whoami")).status, (await wide.ask("/trpc/whoami")).status]).toEqual([401, 200]);
	});
	test("that is as old as a session may be has expired, whatever its cookie says", async () => {
		const person = await signedIn();
		await system.query("UPDATE session SET expires_at = tg_now() WHERE user_id = $1", [at.a.userId]);
		forgetCallers();
		expect(await reasonIn(await person.ask("/trpc/whoami"))).toBe("expired");
	});
	test("sees and opens the organization alone that it was made for", async () => {
		const [organizationId, workspaceId] = [uuidv7(), uuidv7()];
		await system.query("INSERT INTO organization (id, name) VALUES ($1, 'Delta')", [organizationId]);
		await system.query("INSERT INTO workspace (id, organization_id, name) VALUES ($1, $2, 'of-delta')", [workspaceId, organizationId]);
		await system.query("INSERT INTO member (organization_id, user_id, role) VALUES ($1, $2, 'owner')", [organizationId, at.a.userId]);
		const person = await signedIn();
		const names = async () => JSON.stringify(((await (await person.ask("/trpc/whoami")).json()) as { result: { data: unknown } }).result.data);
		expect(await names()).toContain("of-delta");
		await system.query("UPDATE session SET reach_id = $1 WHERE user_id = $2", [at.a.organizationId, at.a.userId]);
		forgetCallers();
		expect(await names()).not.toContain("of-delta");
		// Where both the asked and the first workspace are closed, there is another that is open.
		await system.query("UPDATE session SET reach_id = $1 WHERE user_id = $2", [organizationId, at.a.userId]);
		forgetCallers();
		const elsewhere = await person.ask("/trpc/whoami", { headers: { "x-tidegate-workspace": at.a.workspaceId } });
		expect(await elsewhere.json()).toMatchObject({ result: { data: { workspace: { id: workspaceId }, workspaces: [{ id: workspaceId }] } } });
	});
	test("that was signed with another secret, or altered, is none", async () => {
		const person = await signedIn();
		const name = [...person.jar.keys()].find((key) => key.endsWith("session-token")) ?? "";
		person.jar.set(name, `${person.jar.get(name)?.slice(0, -4)}AAAA`);
		expect((await person.ask("/trpc/whoami")).status).toBe(401);
	});
});

describe("a web socket", () => {
	const outcome = (path: string, headers: Record<string, string> = {}) =>
		new Promise<string>((resolve) => {
			const socket = new WebSocket(at.url.replace("http", "ws") + path, { headers });
			socket.on("open", () => {
				socket.close();
				resolve("open");
			});
			socket.on("unexpected-response", (_request, answer) => resolve(String(answer.statusCode)));
			socket.on("error", () => resolve("cut"));
		});

	test("opens from our own pages and from programs, not from other sites", async () => {
		expect(await outcome("/trpc", { origin: at.url })).toBe("open");
		expect(await outcome("/trpc")).toBe("open");
		expect(await outcome("/trpc", { origin: "http://evil.test" })).toBe("403");
	});
	test("on any other path is cut off instead of left hanging", async () => {
		expect(await outcome("/_next/webpack-hmr")).toBe("404");
		expect(await outcome("/")).toBe("404");
	});
	test("ends with its session: it is closed with the reason, and what it followed is refused from then on", async () => {
		const person = browser(at.url);
		await person.signIn(await linkFor(at, at.a));
		const cookie = [...person.jar].map(([name, value]) => `${name}=${value}`).join("; ");
		const socket = new WebSocket(`${at.url.replace("http", "ws")}/trpc`, { headers: { cookie, origin: at.url } });
		const told: string[] = [];
		socket.on("message", (data) => void told.push(String(data)));
		const closed = new Promise<[number, string]>((resolve) => socket.on("close", (code, reason) => resolve([code, String(reason)])));
		await new Promise((resolve) => socket.once("open", resolve));
		socket.send(JSON.stringify({ id: 1, method: "subscription", params: { path: "runs.changes", input: {} } }));
		await expect.poll(() => told.join()).toContain("started");
		await person.ask("/trpc/sessions.endAll", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
		expect(await closed).toEqual([4401, "signed_out"]);
		// Whoever comes back by it is told so by what he follows.
		const again = new WebSocket(`${at.url.replace("http", "ws")}/trpc`, { headers: { cookie, origin: at.url } });
		again.on("message", (data) => void told.push(String(data)));
		await new Promise((resolve) => again.once("open", resolve));
		again.send(JSON.stringify({ id: 1, method: "subscription", params: { path: "runs.changes", input: {} } }));
		await expect.poll(() => told.join()).toContain("signed_out");
		again.close();
	});
	test("whose person is removed is closed with another", async () => {
		const person = browser(at.url);
		await person.signIn(await linkFor(at, at.b));
		const cookie = [...person.jar].map(([name, value]) => `${name}=${value}`).join("; ");
		const socket = new WebSocket(`${at.url.replace("http", "ws")}/trpc`, { headers: { cookie, origin: at.url } });
		const closed = new Promise((resolve) => socket.on("close", (code, reason) => resolve([code, String(reason)])));
		await new Promise((resolve) => socket.once("open", resolve));
		// Answered, so it is proven.
		socket.send(JSON.stringify({ id: 1, method: "query", params: { path: "whoami" } }));
		await new Promise((resolve) => socket.once("message", resolve));
		await system.query("UPDATE member SET removed_at = tg_now() WHERE user_id = $1", [at.b.userId]);
		forgetCallers();
		expect(await closed).toEqual([4403, "forbidden"]);
		await system.query("UPDATE member SET removed_at = NULL WHERE user_id = $1", [at.b.userId]);
		forgetCallers();
	});
	test("of nobody is closed after seconds, and hundreds of them keep nobody else out", async () => {
		const strangers = Array.from({ length: 500 }, () => new WebSocket(`${at.url.replace("http", "ws")}/trpc`));
		const left = strangers.map(
			(socket) =>
				new Promise((resolve) => {
					socket.on("error", () => undefined);
					socket.on("close", (code) => resolve(code));
				}),
		);
		await new Promise((resolve) => strangers.at(-1)?.once("open", resolve));
		const { api, end } = clientOf(at.url, at.b.key);
		await new Promise<void>((resolve, reject) => api.runs.changes.subscribe({}, { onStarted: () => resolve(), onError: reject }));
		expect(new Set(await Promise.all(left))).toEqual(new Set([4401]));
		await end();
	});
	test("without a key gets nothing", async () => {
		const { api, end } = clientOf(at.url, "tg_wrong");
		const reason = await new Promise((resolve) =>
			api.runs.changes.subscribe({}, { onError: (error) => resolve(error.data?.reason), onData: () => resolve("data") }),
		);
		await end();
		expect(reason).toBe("unauthorized");
	});
});
