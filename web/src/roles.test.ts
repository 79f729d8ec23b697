/** The table of roles and scopes against every procedure that there is, read from the router: one that is new is asked by itself. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import { createApiKey } from "../../prisma/seed.ts";
import { browser, type ControlPlane, clientOf, linkFor, startControlPlane } from "./fixture.ts";
import { appRouter } from "./router.ts";
import { forgetCallers } from "./server/callers.ts";
import { system } from "./server/db.ts";
import { actionsOf, ROLES, SCOPES, type Standing } from "./server/roles.ts";
import type { Meta } from "./server/trpc.ts";

let at: ControlPlane;
/** Keys by their scope. */
const keys: Record<string, string> = {};
let person: ReturnType<typeof browser>;

beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
	for (const scope of SCOPES) {
		keys[scope] = await createApiKey(at.databaseUrl, { workspaceId: at.a.workspaceId, name: scope });
		await system.query("UPDATE api_key SET scope = $1 WHERE name = $1", [scope]);
	}
	person = browser(at.url);
	await person.signIn(await linkFor(at, at.a));
});
afterAll(() => at.end());

const procedures = Object.entries(appRouter._def.procedures).map(([path, procedure]) => {
	const { type, meta } = (procedure as unknown as { _def: { type: string; meta?: Meta } })._def;
	return { path, type, needs: meta?.needs };
});

/** What no input is, so that who is let in goes no further. */
const NOTHING = "no input at all";

type Ask = (path: string, init: RequestInit) => Promise<Response>;

async function reasonByHttp(path: string, type: string, ask: Ask, headers: Record<string, string>): Promise<string> {
	const input = JSON.stringify(NOTHING);
	const answer = await (type === "mutation"
		? ask(`/trpc/${path}`, { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: input })
		: ask(`/trpc/${path}?input=${encodeURIComponent(input)}`, { headers }));
	const { error } = (await answer.json()) as { error?: { data: { reason: string } } };
	return error?.data.reason ?? "answered";
}

/** Subscriptions are asked by socket. @param headers of the handshake: a cookie, or none */
function reasonBySocket(path: string, connection: { key?: string; cookie?: string }): Promise<string> {
	return new Promise((resolve) => {
		const socket = new WebSocket(`${at.url.replace("http", "ws")}/trpc`, {
			headers: { ...(connection.cookie ? { cookie: connection.cookie, origin: at.url } : { authorization: `Bearer ${connection.key}` }) },
		} as unknown as string[]);
		socket.on("open", () => socket.send(JSON.stringify({ id: 1, method: "subscription", params: { path, input: NOTHING } })));
		socket.on("message", (data) => {
			const { error } = JSON.parse(String(data)) as { error?: { data: { reason: string } } };
			resolve(error?.data.reason ?? "answered");
			socket.close();
		});
		socket.on("error", () => resolve("no socket"));
	});
}

async function outcome(path: string, type: string, who: Standing): Promise<"allowed" | "forbidden"> {
	let reason: string;
	if ("scope" in who) {
		const key = keys[who.scope] as string;
		reason = await (type === "subscription"
			? reasonBySocket(path, { key })
			: reasonByHttp(path, type, (p, init) => fetch(at.url + p, init), { authorization: `Bearer ${key}` }));
	} else {
		const cookie = [...person.jar].map(([name, value]) => `${name}=${value}`).join("; ");
		reason = await (type === "subscription" ? reasonBySocket(path, { cookie }) : reasonByHttp(path, type, person.ask, {}));
	}
	if (reason === "forbidden") return "forbidden";
	// Let in, and then told that this is no input.
	expect(["bad_request", "answered"]).toContain(reason);
	return "allowed";
}

test("every procedure says what it needs", () => {
	expect(procedures.filter(({ needs }) => needs === undefined).map(({ path }) => path)).toEqual([]);
});

async function expectTable(who: Standing): Promise<void> {
	const told: string[] = [];
	const table: string[] = [];
	for (const { path, type, needs } of procedures) {
		const may = needs === "caller" || needs === "nothing" || (needs !== undefined && actionsOf(who).includes(needs));
		table.push(`${path} ${may ? "allowed" : "forbidden"}`);
		told.push(`${path} ${await outcome(path, type, who)}`);
	}
	expect(told).toEqual(table);
}

describe.each(ROLES)("a member who is %s", (role) => {
	test("may do what the table says, and nothing else", async () => {
		await system.query("UPDATE member SET role = $1 WHERE user_id = $2", [role, at.a.userId]);
		forgetCallers();
		await expectTable({ role });
	});
});

describe.each(SCOPES)("an API key of scope %s", (scope) => {
	test("may do what the table says, and nothing else", () => expectTable({ scope }));
});

test("no scope of a key reaches people's rights over people", () => {
	for (const scope of SCOPES) for (const action of ["people", "members", "sign_in"] as const) expect(actionsOf({ scope })).not.toContain(action);
});

test("a role that was taken away is gone with the next request", async () => {
	await system.query("UPDATE member SET role = 'owner' WHERE user_id = $1", [at.a.userId]);
	forgetCallers();
	const { api } = clientOf(at.url, keys.admin as string);
	expect((await api.whoami.query()).role).toBe("admin");
	expect(await outcome("providers.get", "query", { role: "owner" })).toBe("allowed");
	await system.query("UPDATE member SET role = 'viewer' WHERE user_id = $1", [at.a.userId]);
	forgetCallers();
	expect(await outcome("providers.get", "query", { role: "viewer" })).toBe("forbidden");
});
