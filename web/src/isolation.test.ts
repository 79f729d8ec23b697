/**
 * Another workspace's ids and keys at every door. The doors are read from the router and the gateway's table: one that has no case here fails.
 * What counts: no answer holds anything of the other house, and no row of it changes.
 */
import { randomUUID } from "node:crypto";
import { encodeFrame } from "tidegate/protocol/frame.ts";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { finish, item, queueRun, sealed, segment } from "./features/runs/fixture.ts";
import { upload } from "./features/versions/fixture.ts";
import { browser, type ControlPlane, clientOf, enrolmentFor, fill, linkFor, startControlPlane, type World } from "./fixture.ts";
import { candidate, childRequest, enrolRequest, knock, tokenRequest } from "./gateway/fixture.ts";
import { routes } from "./gateway/routes.ts";
import { appRouter } from "./router.ts";
import { system } from "./server/db.ts";
import { newToken } from "./server/secrets.ts";
import type { Meta } from "./server/trpc.ts";

const publicKey = "09".repeat(32);
const wrapped = Buffer.alloc(92, 9).toString("base64url");
/** Shaped as what is sealed with the key of a: the server, which has no key, reads no more of it than the key id. */
const ofA = (): string => Buffer.concat([Buffer.from("TG1"), Buffer.from(a.kid, "hex"), Buffer.alloc(40, 1)]).toString("base64url");
const text = Buffer.from(sealed).toString("base64url");
let at: ControlPlane;
let a: World;
let b: World;
/** Signed in to a. */
let person: ReturnType<typeof browser>;

beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"), { proxies: 1 });
	[a, b] = [await fill(at, at.a), await fill(at, at.b)];
	person = browser(at.url);
	await person.signIn(await linkFor(at, at.a));
});
afterAll(() => at.end());

/** Inputs that name what is b's, for every procedure: alone, and mixed with what is a's own. */
const cases = (): Record<string, unknown[]> => ({
	whoami: [undefined],
	"audit.list": [{}, { text: b.house.email }, { cursor: b.queued }, { text: b.run.id }],
	"workspaces.create": [{ name: b.house.workspace }, { name: "bolted" }],
	"workspaces.bindKey": [{ kid: b.kid }],
	"flows.list": [{}],
	"flows.get": [{ flow: b.flow }],
	"flows.setTags": [{ flow: b.flow, tags: ["mine"] }],
	"flows.grid": [{ flow: b.flow }],
	"flows.metrics": [{ flow: b.flow }, { flow: b.flow, before: b.queued }, { flow: a.flow, before: b.queued }],
	"flows.pins": [{ flow: b.flow }, { flow: a.flow }],
	"flows.pin": [
		{ run: b.run.id, artifact: b.artifact },
		{ run: a.run.id, artifact: b.artifact },
		{ run: b.run.id, artifact: a.artifact },
	],
	"flows.unpin": [b, a].map(({ run }) => ({ run: run.id, artifact: b.artifact })),
	"versions.list": [{ flow: b.flow }],
	"versions.get": [{ flow: b.flow }, { flow: b.flow, number: 1 }],
	"versions.chunks": [b.flow, a.flow].map((flow) => ({ flow, number: 1, ids: [b.chunk] })),
	"versions.setLive": [{ flow: b.flow, number: 1, from: 1 }],
	"versions.prepare": [{ flow: b.flow, address: b.address, chunks: [b.chunk] }],
	"versions.create": [
		...[b.flow, a.flow].flatMap((flow) => [
			newVersion({ flow }),
			newVersion({ flow, chunks: [b.chunk] }),
			newVersion({ flow, id: b.version }),
			newVersion({ flow, kid: b.kid }),
		]),
		newVersion({ flow: a.flow, number: 2, id: b.version, chunks: [] }),
	],
	"runs.trigger": [
		{ flow: b.flow },
		{ flow: b.flow, number: 1 },
		{ flow: a.flow, pool: b.pool },
		{ id: b.run.id, flow: a.flow },
		{ id: b.queued, flow: b.flow },
		{ flow: a.flow, resumes: { run: b.run.id } },
		{ flow: b.flow, resumes: { run: a.run.id }, refresh: true },
	],
	"runs.get": [{ id: b.run.id }, { id: b.queued }],
	"runs.list": [
		{},
		{ flow: b.flow },
		{ cursor: b.queued },
		{ parent: b.run.id },
		{ label: "team=team-of-bolt" },
		{ ids: [b.queued, b.run.id] },
		{ from: "2020-01-01T00:00:00Z" },
		{ from: "2020-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" },
		{ within: 86_400 },
	],
	"runs.logs": [{ id: b.run.id }],
	"runs.artifact": [
		{ id: b.run.id, artifact: b.artifact },
		{ id: a.run.id, artifact: b.artifact },
	],
	"runs.events": [{ id: b.run.id }, { id: b.run.id, task: "0".repeat(32) }, { id: b.queued }],
	"runs.waits": [{}, { run: b.run.id }, { cursor: `${b.queued} ${"0".repeat(32)}` }],
	"runs.answer": [
		{ id: b.run.id, task: "0".repeat(32), answer: text },
		{ id: b.queued, task: "0".repeat(32), answer: text },
	],
	"runs.pause": [{ id: b.queued }, { id: b.run.id }],
	"runs.resume": [{ id: b.queued }, { id: b.queued, scratch: true }, { id: b.run.id }],
	"runs.mark": [{ id: b.run.id, task: b.task, state: "skipped", value: text }],
	"runs.count": [{}, { flow: b.flow }, { within: 86_400 }, { ids: [b.queued, b.run.id] }],
	"runs.cancelMany": [
		{ flow: b.flow, expected: 1 },
		{ ids: [b.queued, b.run.id], expected: 0 },
	],
	"events.send": [{ event: "0".repeat(64) }, { event: b.event }, { event: b.event, run: b.queued }],
	"runs.cancel": [{ id: b.queued }, { id: b.run.id }],
	"runs.watch": [{ id: b.run.id }, { id: b.queued, lastEventId: "0" }],
	"runs.changes": [{}, { flow: b.flow }],
	"pools.list": [{}],
	// Makes a pool with b's name in a: in the router it comes after all that tells a's pools.
	"pools.create": [{ name: b.pool }],
	"pools.change": [{ pool: b.pool, limit: 1, leaseSeconds: 60 }],
	"pools.pause": [{ pool: b.pool }],
	"pools.resume": [{ pool: b.pool }],
	"agents.list": [{}],
	"agents.watch": [{}],
	"agents.createToken": [{ pool: b.pool }],
	"agents.drain": [{ id: b.agent.id }],
	"agents.resume": [{ id: b.agent.id }],
	"agents.rename": [{ id: b.agent.id, name: "mine-now" }],
	"agents.revoke": [{ id: b.agent.id }],
	"settings.list": [{}],
	// A name of b's is set in a: in the router, what tells them comes before it, and what removes them after it.
	"settings.set": [b.pool, null].map((pool) => ({ kind: "secret", name: "token_of_bolt", pool, sealed: ofA() })),
	"settings.remove": [b.pool, null].map((pool) => ({ kind: "secret", name: "token_of_bolt", pool })),
	"keys.list": [{}],
	"keys.create": [{ name: "mine" }],
	"devices.list": [{}],
	"devices.asking": [{}],
	"devices.own": [{ publicKey }],
	"devices.ask": [{ publicKey, name: "mine" }],
	"devices.grant": [{ id: b.device, publicKey, kid: b.kid, wrapped }],
	"devices.take": [{ id: b.device }],
	"devices.reject": [{ id: b.device }],
	"devices.rename": [{ id: b.device, name: "mine now" }],
	"devices.remove": [{ id: b.device }],
	"devices.changes": [{}],
	"login.look": [{ code: "CCCC-CCCC" }],
	"login.approve": [{ code: "CCCC-CCCC" }, { code: "CCCC-CCCC", key: { kid: b.kid, wrapped } }],
	"login.deny": [{ code: "CCCC-CCCC" }],
	"keys.revoke": [{ id: b.key }],
	// A key that ends itself ends what comes after: it is asked last, and by keys of its own, in the tests of devices.
	"login.end": [],
	// Whoever asks is signed out by it: asked in auth.test.ts.
	"sessions.endAll": [],
	"sessions.look": [{ token: b.house.userId }, { token: newToken("tgl").token }],
	"members.list": [{}],
	"members.setRole": [{ id: b.house.userId, role: "viewer" }],
	"members.remove": [{ id: b.house.userId }],
	"members.leave": [{}],
	"members.rename": [{ name: "mine" }],
	"members.createLink": [{ id: b.house.userId }],
	"invites.list": [{}],
	"invites.create": [{ email: b.house.email, role: "owner" }],
	"invites.revoke": [{ id: b.invite }],
	"invites.look": [{ token: b.invite }, { token: newToken("tgi").token }],
	// Whoever names a domain is told its provider: that is what it is for. Of persons it tells nothing.
	"providers.find": [{ email: `somebody@not.${b.house.organization.toLowerCase()}.test` }],
	"providers.get": [{}],
	"providers.test": [{ issuer: `https://id.${b.house.organization.toLowerCase()}.test` }],
	"providers.save": [
		{
			name: "mine",
			issuer: "https://id.acme.test",
			clientId: "x",
			clientSecret: "x",
			domains: [`${b.house.organization.toLowerCase()}.test`],
			role: "viewer",
		},
	],
	"providers.remove": [{}],
});

function newVersion(given: Record<string, unknown>) {
	return { id: uuidv7(), number: 1, address: b.address, kid: a.kid, manifest: text, chunks: [b.chunk], size: 1, files: 1, commit: null, ...given };
}

/** All rows of b's, as one digest a table. */
async function rowsOfB(): Promise<Record<string, string>> {
	const { rows } = await system.query<{ name: string; by: string }>(
		`SELECT c.relname AS name, CASE WHEN c.relname = 'organization' THEN 'id' ELSE (SELECT attname FROM pg_attribute WHERE attrelid = c.oid
			AND attname IN ('workspace_id', 'organization_id') ORDER BY attname DESC LIMIT 1) END AS by FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
			WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT IN ('clock', 'app_user', 'session', '_prisma_migrations')`,
	);
	const digests: Record<string, string> = {};
	for (const { name, by } of rows) {
		const id = by === "workspace_id" ? b.house.workspaceId : b.house.organizationId;
		// When an agent was heard and a key used last is written a while later, by the passing of time.
		const row = name === "agent" || name === "api_key" ? "(to_jsonb(t) - 'last_seen_at' - 'lease_until' - 'last_used_at')::text" : "t::text";
		const { rows: found } = await system.query<{ digest: string; count: number }>(
			`SELECT count(*), md5(string_agg(${row}, '|' ORDER BY ${row})) AS digest FROM ${name} t WHERE ${by} = $1`,
			[id],
		);
		digests[name] = `${found[0]?.count} ${found[0]?.digest}`;
	}
	return digests;
}

/** Everything that only b can know. */
async function secretsOfB(): Promise<string[]> {
	const { house } = b;
	const { rows } = await system.query<{ id: string }>(
		`SELECT id::text FROM run WHERE workspace_id = $1 UNION SELECT id::text FROM agent WHERE workspace_id = $1 UNION SELECT id::text FROM api_key WHERE workspace_id = $1
			UNION SELECT id::text FROM version WHERE workspace_id = $1 UNION SELECT token FROM execution WHERE workspace_id = $1`,
		[house.workspaceId],
	);
	const names = [house.workspaceId, house.organizationId, house.poolId, house.key, b.place.flowId, b.kid, b.chunk, b.address, b.artifact];
	// Part of every name in b's house.
	return [...names, "bolt", ...rows.map((row) => row.id)];
}

function leaves(value: unknown): string[] {
	if (typeof value === "string") return [value];
	return value && typeof value === "object" ? Object.values(value).flatMap(leaves) : [];
}

/** What the question itself named is no news in its answer. */
async function expectNothingOf(answer: string, asked: unknown): Promise<void> {
	const news = leaves(asked)
		.reduce((rest, said) => rest.replaceAll(said, ""), answer)
		.toLowerCase();
	for (const secret of await secretsOfB()) expect(news).not.toContain(secret.toLowerCase());
}

const types = Object.entries(appRouter._def.procedures).map(([path, procedure]) => ({
	path,
	type: (procedure as { _def: { type: string } })._def.type,
	/** Asked before anybody is signed in. */
	open: (procedure as { _def: { meta?: Meta } })._def.meta?.needs === "nothing",
}));

let asked = 0;
/** Each question comes from a host of its own: who is refused again and again from one is slowed down, as it should be. */
const elsewhere = () => ({ "x-forwarded-for": `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked++ & 255}` });

async function callHttp(
	path: string,
	type: string,
	input: unknown,
	headers: Record<string, string>,
	ask: (path: string, init: RequestInit) => Promise<Response>,
): Promise<[number, string]> {
	const query = input === undefined || type === "mutation" ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
	const body = type === "mutation" ? { method: "POST", body: JSON.stringify(input) } : {};
	const answer = await ask(`/trpc/${path}${query}`, {
		...body,
		headers: { ...elsewhere(), ...headers, ...(type === "mutation" ? { "content-type": "application/json" } : {}) },
	});
	return [answer.status, await answer.text()];
}

const plain = (path: string, init: RequestInit): Promise<Response> => fetch(at.url + path, init);

/** What a subscription tells within a moment, or is refused with. Meanwhile something happens to b. */
async function subscribed(path: string, input: unknown, key: string, workspace?: string): Promise<string> {
	const { socket, end } = clientOf(at.url, key);
	const told: unknown[] = [];
	let happening: Promise<unknown> | undefined;
	await new Promise<void>((resolve) => {
		const operation = { id: 1, type: "subscription" as const, path, input, context: {}, signal: null };
		socket
			.request({
				op: { ...operation },
				transformer: {
					input: { serialize: (v: unknown) => v, deserialize: (v: unknown) => v },
					output: { serialize: (v: unknown) => v, deserialize: (v: unknown) => v },
				},
			})
			.subscribe({
				next: (message) => {
					told.push(message);
					if (message.result.type !== "started") return;
					happening = queueRun(b.place);
					void happening.then(() => setTimeout(resolve, 400));
				},
				error: (error) => {
					told.push(error);
					resolve();
				},
				complete: resolve,
			});
	});
	await Promise.all([happening, end()]);
	return JSON.stringify({ told, workspace });
}

test("every procedure of the router has its case, and every case its procedure", () => {
	expect(Object.keys(cases()).sort()).toEqual(types.map(({ path }) => path).sort());
});

describe.each(types)("$path", ({ path, type, open }) => {
	test("tells a stranger nothing and changes nothing of another's", async () => {
		for (const input of cases()[path] ?? []) {
			const before = type === "subscription" ? undefined : await rowsOfB();
			const answer =
				type === "subscription"
					? await subscribed(path, input, at.a.key)
					: (await callHttp(path, type, input, { authorization: `Bearer ${at.a.key}` }, plain))[1];
			await expectNothingOf(answer, input);
			if (before) expect(await rowsOfB()).toEqual(before);
			// An owner of a may do what no key may.
			if (type !== "subscription") await expectNothingOf((await callHttp(path, type, input, {}, person.ask))[1], input);
			if (before) expect(await rowsOfB()).toEqual(before);
		}
	});
	if (open) return;
	test("refuses a key and a session that ask for another's workspace", async () => {
		const other = { "x-tidegate-workspace": at.b.workspaceId };
		for (const input of cases()[path] ?? []) {
			if (type === "subscription") continue;
			const [status, answer] = await callHttp(path, type, input, { ...other, authorization: `Bearer ${at.a.key}` }, plain);
			expect([status, answer]).toEqual([403, expect.stringContaining('"forbidden"')]);
			const [own, told] = await callHttp(path, type, input, { ...other }, person.ask);
			// Who asks who he is gets told, of the workspace that is his.
			expect(own).toBe(path === "whoami" ? 200 : 403);
			await expectNothingOf(told, input);
		}
	});
	test("refuses whoever has no key", async () => {
		for (const input of cases()[path] ?? []) {
			const refused = type === "subscription" ? await subscribed(path, input, "tg_none") : (await callHttp(path, type, input, {}, plain))[1];
			expect(refused).toContain("unauthorized");
		}
	});
});

test("a subscription of one's own workspace does tell: the silence above is no broken socket", async () => {
	expect(await subscribed("runs.changes", {}, at.b.key)).toContain(b.flow);
	expect(await subscribed("runs.watch", { id: b.run.id }, at.b.key)).toContain("succeeded");
});

test("an upload lands in the key's own workspace, whatever its chunks are called", async () => {
	const before = await rowsOfB();
	expect((await upload(at.url, at.a.key, [{ id: b.chunk, sealed }])).status).toBe(200);
	expect(await rowsOfB()).toEqual(before);
	expect((await upload(at.url, "tg_none", [{ id: b.chunk, sealed }])).status).toBe(401);
	const answer = await fetch(`${at.url}/upload`, {
		method: "POST",
		headers: { authorization: `Bearer ${at.a.key}`, "x-tidegate-workspace": at.b.workspaceId },
		body: encodeFrame({ ids: [b.chunk] }, [sealed]),
	});
	expect(answer.status).toBe(403);
});

/** Questions of a's agent that name what is b's, for every path of the agents' door. */
const knocks = (): Record<string, { header: unknown; parts?: Uint8Array[]; open?: true }[]> => {
	const ref = { run: b.run.id, execution: b.run.execution };
	const told = {
		...item({ run: b.run.id, execution: b.run.execution, token: b.run.token }),
		segments: [segment({ stream: "out", start: 10, end: 20, part: 0 })],
		finish: finish("failed"),
	};
	return {
		// Both are refused: the token admits to b's pool, but is signed for by nobody; the agent is b's, the signature is a's.
		enrol: [{ header: { ...enrolRequest(candidate(), "tge_none") }, open: true }],
		token: [{ header: tokenRequest(a.candidate, b.agent.id), open: true }],
		poll: [{ header: { poll: randomUUID(), free: 0, slots: 1, boot: "boot-1", holding: [ref] } }],
		report: [
			{ header: { executions: [told] }, parts: [sealed] },
			{ header: { executions: [{ ...told, run: b.queued, token: "0".repeat(32) }] }, parts: [sealed] },
		],
		version: [{ header: { version: b.version } }],
		lock: [{ header: { version: b.version, lock: 0 }, parts: [sealed] }],
		chunks: [{ header: { ids: [b.chunk] } }],
		child: [{ header: childRequest({ ...ref, token: b.run.token }, { flow: b.flow, version: b.version }) }],
		target: [{ header: { flow: b.flow } }],
		answers: [{ header: { ...ref, token: b.run.token, after: 0 } }],
		result: [null, b.run.id].map((of) => ({ header: { ...ref, token: b.run.token, flow: b.flow, number: null, of, labels: {} } })),
		// Names nobody's: it answers what is the asker's own.
		settings: [{ header: {} }],
	};
};

test("every path of the agents' door has its case", () => {
	expect(Object.keys(knocks()).sort()).toEqual(Object.keys(routes).sort());
});

test.each(Object.keys(routes))("the agents' door %s tells another's agent nothing and changes nothing", async (path) => {
	for (const { header, parts, open } of knocks()[path] ?? []) {
		const before = await rowsOfB();
		const answer = open ? await knock(a.agent.gate, path, header, { parts }) : await a.agent.knock(path, header, { parts });
		// a uploaded a chunk of this name itself, above: its own bytes are its own.
		await expectNothingOf(JSON.stringify(answer.header), header);
		if (path === "report") expect(answer.header).toMatchObject({ executions: [{ state: "fenced" }] });
		else if (path !== "poll" && path !== "chunks" && path !== "settings") expect(answer.status).toBeGreaterThanOrEqual(400);
		expect(await rowsOfB()).toEqual(before);
		if (!open) expect((await knock(a.agent.gate, path, header, { parts, token: "tga_none" })).status).toBe(401);
	}
});

test("a token that admits to another's pool gives an agent of that workspace, not of one's own", async () => {
	const token = await enrolmentFor(at, at.b);
	const { header } = await knock<{ workspace: string }>(a.agent.gate, "enrol", enrolRequest(candidate(), token));
	expect(header.workspace).toBe(at.b.workspaceId);
});
