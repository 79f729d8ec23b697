/** For tests: the control plane in this process, on a fresh database with two organizations that must know nothing of each other. */
import { randomBytes } from "node:crypto";
import { createTRPCClient, createWSClient, httpBatchLink, splitLink, wsLink } from "@trpc/client";
import pg from "pg";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { freshDatabase } from "../../infra/test/database.ts";
import { createApiKey, createEnrolmentToken, createSignInLink, type Seeded, seed } from "../../prisma/seed.ts";
import { type Running, type StartOptions, startServer } from "../server.ts";
import { askForKey, grantKey } from "./features/devices/devices.ts";
import { startLogin } from "./features/devices/login.ts";
import { claimOne, finish, item, makeAgent, type Place, queueRun, report, sealed, segment } from "./features/runs/fixture.ts";
import { deploy, newWorkspaceKey } from "./features/versions/fixture.ts";
import { type Candidate, Knocker } from "./gateway/fixture.ts";
import type { AppRouter } from "./router.ts";
import { sealAtRest } from "./server/atRest.ts";
import { callerBySession } from "./server/callers.ts";
import { system, tenant } from "./server/db.ts";
import { SECRET_OF_CLIENT } from "./server/oidc/providers.ts";
import { hashToken } from "./server/secrets.ts";

/** One tenant with a key. */
export interface House extends Seeded {
	organization: string;
	workspace: string;
	pool: string;
	email: string;
	key: string;
}

export interface ControlPlane extends Running {
	databaseUrl: string;
	a: House;
	b: House;
	end(): Promise<void>;
}

export async function makeHouse(databaseUrl: string, organization: string): Promise<House> {
	const email = `owner@${organization.toLowerCase()}.test`;
	const wanted = { organization, workspace: "production", pool: "default", owner: { email, name: `Owner of ${organization}` } };
	const seeded = await seed(databaseUrl, wanted);
	const key = await createApiKey(databaseUrl, { workspaceId: seeded.workspaceId, name: `key of ${organization}` });
	return { ...seeded, organization, workspace: wanted.workspace, pool: wanted.pool, email, key };
}

export async function startControlPlane(testDatabase: string, options: Partial<StartOptions> = {}): Promise<ControlPlane> {
	const database = await freshDatabase(testDatabase);
	const running = await startServer({ pages: false, jobs: false, ...options, databaseUrl: database.url });
	const [a, b] = [await makeHouse(database.url, "Acme"), await makeHouse(database.url, "Bolt")];
	const end = async (): Promise<void> => {
		await running.close();
		await database.end();
	};
	return { ...running, databaseUrl: database.url, a, b, end };
}

/** What a house has, one of each. */
export interface World {
	house: House;
	place: Place;
	flow: string;
	version: string;
	address: string;
	kid: string;
	chunk: string;
	queued: string;
	run: { id: string; execution: number; token: string };
	artifact: string;
	/** Of its run; and what the run waits for. */
	task: string;
	event: string;
	agent: Knocker;
	candidate: Candidate;
	key: string;
	pool: string;
	/** A browser that was given the key. */
	device: string;
	/** Of a command line that waits to be signed in; of no workspace yet. */
	code: string;
	/** Its id. */
	invite: string;
}

/** As a sign-in by the installation makes it. */
export async function sessionOf(house: House): Promise<{ id: string; userId: string }> {
	const id = uuidv7();
	await system.query("INSERT INTO session (id, user_id, expires_at) VALUES ($1, $2, tg_now() + interval '1 day')", [id, house.userId]);
	return { id, userId: house.userId };
}

/** A device that was given the workspace key, and command lines that ask to be signed in: one that waits, one that was approved. */
async function fillDevices(house: House, kid: string): Promise<{ device: string; code: string }> {
	const caller = await callerBySession(await sessionOf(house), house.workspaceId);
	const door = tenant(house);
	const publicKey = randomBytes(32).toString("hex");
	const { id } = await askForKey(door, caller, { publicKey, name: `browser of ${house.organization}` });
	await grantKey(door, caller, { id, publicKey, kid, wrapped: randomBytes(92) });
	const asks = { publicKey: randomBytes(32), host: `host-of-${house.organization.toLowerCase()}`, version: "1", address: "127.0.0.1" };
	const [waits, approved] = await Promise.all([startLogin(asks), startLogin(asks)]);
	await system.query("UPDATE device_login SET state = 'approved', workspace_id = $2, user_id = $3 WHERE device_hash = $1", [
		...[hashToken(approved.deviceCode), house.workspaceId, house.userId],
	]);
	return { device: id, code: waits.code };
}

/** A provider with a domain, somebody it knows, and an open invite. @returns the invite's id */
async function fillPeople(at: ControlPlane, house: House): Promise<string> {
	const name = house.organization.toLowerCase();
	const { organizationId: id, userId, workspaceId } = house;
	const secret = sealAtRest(`secret of ${name}`, SECRET_OF_CLIENT, id);
	await system.query(
		`INSERT INTO identity_provider (id, organization_id, name, issuer, client_id, client_secret, role) VALUES ($1, $1, $2, $3, 'tidegate', $4, 'viewer')`,
		[id, `IdP of ${name}`, `https://id.${name}.test`, secret],
	);
	await system.query("INSERT INTO identity_domain (domain, organization_id, provider_id) VALUES ($1, $2, $2)", [`${name}.test`, id]);
	await system.query("INSERT INTO identity (id, organization_id, issuer, subject, user_id) VALUES ($1, $2, $3, $4, $5)", [
		...[uuidv7(), id, `https://id.${name}.test`, `subject of ${name}`, userId],
	]);
	const owner = browser(at.url);
	await owner.signIn(await linkFor(at, house));
	const body = JSON.stringify({ email: `guest@${name}.test`, role: "viewer" });
	const headers = { "content-type": "application/json", "x-tidegate-workspace": workspaceId };
	const answer = await owner.ask("/trpc/invites.create", { method: "POST", headers, body });
	return ((await answer.json()) as { result: { data: { id: string } } }).result.data.id;
}

export async function fill(at: ControlPlane, house: House): Promise<World> {
	const name = house.organization.toLowerCase();
	const { api } = clientOf(at.url, house.key);
	const key = await newWorkspaceKey(house.workspaceId);
	const flow = `flow-of-${name}`;
	const made = await deploy(at.url, house.key, api, key, flow);
	const pool = await api.pools.create.mutate({ name: `pool-of-${name}` });
	await linkFor(at, house);
	const named = await api.keys.create.mutate({ name: `second key of ${name}` });
	const flowId = (await api.flows.get.query({ flow })).id;
	const place: Place = { ...house, flowId, versionId: made.id };
	// One run that ended with everything a run can have, one that waits.
	const worker = await makeAgent(place, `worker-of-${name}`);
	await queueRun(place, { labels: { team: `team-of-${name}` } });
	const claimed = await claimOne(place, worker);
	const artifact = uuidv7();
	const told = { type: "artifact" as const, at: new Date().toISOString(), id: artifact, kind: "table" as const, task: null, size: 10, sealed: 0 };
	const task = {
		type: "task" as const,
		at: told.at,
		task: "0".repeat(32),
		fn: `task_of_${name}`,
		index: null,
		map: null,
		state: "succeeded" as const,
		attempt: 1,
		parents: [],
		sealed: 0,
	};
	const segments = [
		segment({ stream: "events.1", events: [told, task] }),
		segment({ stream: "out", part: 0 }),
		segment({ stream: `artifact.${artifact}`, part: 0 }),
	];
	await report(place, worker, [item(claimed, { segments, finish: finish("succeeded") })]);
	await system.query(
		"INSERT INTO setting (workspace_id, kind, name, sealed, kid, by) SELECT $1, unnest(ARRAY['secret', 'variable']), $2, $3, $4, 'test'",
		[...[house.workspaceId, `token_of_${name}`, sealed, key.kid]],
	);
	const [awaited, event] = [randomBytes(16), randomBytes(32)];
	await system.query(
		"INSERT INTO wait (run_id, task, workspace_id, execution, kind, event, sealed, at) VALUES ($1, $2, $3, 1, 'event', $5, $4, tg_now())",
		[...[claimed.run, awaited, house.workspaceId, sealed, event]],
	);
	await system.query("INSERT INTO task_mark (run_id, task, workspace_id, state, sealed, by) VALUES ($1, $2, $3, 'skipped', $4, 'test')", [
		...[claimed.run, awaited, house.workspaceId, sealed],
	]);
	await api.flows.setTags.mutate({ flow, tags: [`tag of ${name}`] });
	await api.flows.pin.mutate({ run: claimed.run, artifact });
	const devices = await fillDevices(house, key.kid);
	const agent = await Knocker.enrol({ url: at.url, stopping: new AbortController(), close: async () => undefined }, place);
	return {
		...{ house, place, flow, artifact, agent, flowId, version: made.id, address: made.files.address, kid: key.kid, candidate: agent.candidate },
		...{ task: task.task, event: event.toString("hex") },
		chunk: made.files.chunks[0]?.id as string,
		queued: await queueRun(place),
		run: { id: claimed.run, execution: claimed.execution, token: claimed.token },
		key: named.id,
		pool: pool.name,
		...devices,
		invite: await fillPeople(at, house),
	};
}

export const linkFor = (at: ControlPlane, house: House): Promise<string> =>
	createSignInLink(at.databaseUrl, { workspaceId: house.workspaceId, userEmail: house.email });
export const enrolmentFor = (at: ControlPlane, house: House): Promise<string> =>
	createEnrolmentToken(at.databaseUrl, { workspaceId: house.workspaceId, pool: house.pool });

/** Ends the database connections of that name, as a restart of Postgres does. @returns how many there were */
export async function cutConnections(databaseUrl: string, name: string): Promise<number> {
	const owner = new pg.Client({ connectionString: databaseUrl });
	await owner.connect();
	const cut = await owner.query(
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()",
		[name],
	);
	await owner.end();
	return cut.rowCount ?? 0;
}

/** As the CLI calls: tRPC over http, subscriptions over a socket that `end` closes. */
export function clientOf(url: string, apiKey: string) {
	const socket = createWSClient({
		url: `${url.replace(/^http/, "ws")}/trpc`,
		connectionParams: { apiKey },
		lazy: { enabled: true, closeMs: 0 },
		retryDelayMs: () => 50,
	});
	const api = createTRPCClient<AppRouter>({
		links: [
			splitLink({
				condition: (operation) => operation.type === "subscription",
				true: wsLink({ client: socket }),
				false: httpBatchLink({ url: `${url}/trpc`, headers: { authorization: `Bearer ${apiKey}` } }),
			}),
		],
	});
	return { api, socket, end: () => socket.close() };
}

/** What `promise` was refused with: the reason that programs depend on. Fails where it was not refused. */
export async function reasonOf(promise: Promise<unknown>): Promise<string> {
	const outcome = await promise.then(
		(value) => ({ value }),
		(error: { data?: { reason?: string }; message: string }) => ({ reason: error.data?.reason ?? `no reason: ${error.message}` }),
	);
	if ("reason" in outcome) return outcome.reason;
	throw new Error(`not refused: ${JSON.stringify(outcome.value)?.slice(0, 200)}`);
}

/** A browser without pages: keeps cookies, names its origin. */
export function browser(url: string) {
	const jar = new Map<string, string>();
	const ask = async (path: string, init: RequestInit & { origin?: string } = {}): Promise<Response> => {
		const headers = new Headers(init.headers);
		headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
		if (init.origin ?? (init.method === "POST" ? url : undefined)) headers.set("origin", init.origin ?? url);
		const answer = await fetch(url + path, { redirect: "manual", ...init, headers });
		for (const cookie of answer.headers.getSetCookie()) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
			if (name) jar.set(name, value ?? "");
		}
		return answer;
	};
	const signIn = async (token: string, instead = ""): Promise<Response> => {
		const { csrfToken } = (await (await ask("/api/auth/csrf")).json()) as { csrfToken: string };
		return ask("/api/auth/callback/link", { method: "POST", body: new URLSearchParams({ csrfToken, token, instead, json: "true" }) });
	};
	return { jar, ask, signIn };
}
