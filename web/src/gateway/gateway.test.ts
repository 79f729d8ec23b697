import { randomBytes, randomUUID } from "node:crypto";
import { MAX_BODY } from "tidegate/protocol/limits.ts";
import { PROTOCOL_HEADER, PROTOCOL_VERSION } from "tidegate/protocol/wire.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import {
	cancelled,
	claimOne,
	connectFresh,
	finish,
	item,
	makePlace,
	type Place,
	queueRun,
	rows,
	sealed,
	segment,
	standingOf,
} from "../features/runs/fixture.ts";
import { system } from "../server/db.ts";
import { signAccess } from "./access.ts";
import { candidate, childRequest, enrolmentToken, enrolRequest, type Gate, Knocker, knock, openGate, tokenRequest } from "./fixture.ts";
import { routes } from "./routes.ts";

let database: Awaited<ReturnType<typeof connectFresh>>;
let gate: Gate;
let place: Place;
let agent: Knocker;
beforeAll(async () => {
	database = await connectFresh(inject("databaseUrl"));
	gate = await openGate();
	place = await makePlace();
	agent = await Knocker.enrol(gate, place);
});
afterAll(async () => {
	await gate.close();
	await database.end();
});

const chunk = async (where: Place, bytes: Buffer): Promise<string> => {
	const id = randomBytes(32);
	await system.query("INSERT INTO chunk (workspace_id, id, sealed) VALUES ($1, $2, $3)", [where.workspaceId, id, bytes]);
	return id.toString("hex");
};

describe("enrolment", () => {
	test("admits one agent, once, into the token's pool, and is audited", async () => {
		const [token, who] = [await enrolmentToken(place), candidate()];
		const { status, header } = await knock<{ agent: string }>(gate, "enrol", enrolRequest(who, token));
		expect({ status, header }).toMatchObject({
			status: 200,
			header: { name: who.name, workspace: place.workspaceId, workspaceName: "production", pool: "default", kid: null },
		});
		expect(await rows("SELECT actor, action FROM audit WHERE target = $1", [header.agent])).toEqual([
			{ actor: `agent ${who.name}`, action: "agent.enrol" },
		]);
		expect(await knock(gate, "enrol", enrolRequest(candidate(), token))).toMatchObject({
			status: 401,
			header: { code: "expired", message: expect.stringMatching(/used before/) },
		});
	});
	test("at the same time admits one", async () => {
		const token = await enrolmentToken(place);
		const answers = await Promise.all([1, 2, 3, 4].map(() => knock(gate, "enrol", enrolRequest(candidate(), token))));
		expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
	});
	test("refuses expired and unknown tokens, and says which", async () => {
		expect(await knock(gate, "enrol", enrolRequest(candidate(), await enrolmentToken(place, "-1 s")))).toMatchObject({
			status: 401,
			header: { code: "expired", message: expect.stringMatching(/has expired/) },
		});
		for (const token of [`tge_${"a".repeat(43)}`, "nonsense"]) {
			expect(await knock(gate, "enrol", enrolRequest(candidate(), token))).toMatchObject({ status: 401, header: { code: "unauthorized" } });
		}
	});
	test("with a name that is taken leaves the token unused", async () => {
		const [token, who] = [await enrolmentToken(place), candidate()];
		expect(await knock(gate, "enrol", enrolRequest({ ...who, name: agent.candidate.name }, token))).toMatchObject({
			status: 409,
			header: { code: "conflict" },
		});
		expect((await knock(gate, "enrol", enrolRequest(who, token))).status).toBe(200);
	});
});

describe("access", () => {
	test("is given for the agent's own signature only", async () => {
		expect(await knock(gate, "token", tokenRequest(candidate(), agent.id))).toMatchObject({ status: 401, header: { code: "unauthorized" } });
		expect(await knock(gate, "token", tokenRequest(agent.candidate, randomUUID()))).toMatchObject({ status: 401, header: { code: "unauthorized" } });
		const forged = { ...tokenRequest(agent.candidate, agent.id), session: agent.session };
		expect(await knock(gate, "token", forged)).toMatchObject({ status: 401, header: { code: "unauthorized" } });
	});
	test("is refused to a clock that is off, with the server's time", async () => {
		const off = tokenRequest(agent.candidate, agent.id, { at: Date.now() - 6 * 60_000 });
		expect(await knock(gate, "token", off)).toMatchObject({
			status: 401,
			header: { code: "clock", message: expect.stringContaining(new Date().toISOString().slice(0, 13)) },
		});
	});
	test("renews within its session and is superseded by a newer one", async () => {
		const own = await Knocker.enrol(gate, place);
		const renew = () => knock(gate, "token", tokenRequest(own.candidate, own.id, { session: 1 }));
		expect(await renew()).toMatchObject({ status: 200, header: { session: 1 } });
		const before = own.token;
		await own.begin();
		expect(own.session).toBe(2);
		expect(await renew()).toMatchObject({ status: 401, header: { code: "superseded" } });
		expect(await own.knock("report", { executions: [] }, { token: before })).toMatchObject({ status: 401, header: { code: "superseded" } });
	});
	test("is given once for one request: whoever repeats what was overheard gets nothing and begins nothing", async () => {
		const own = await Knocker.enrol(gate, place);
		const used = { status: 401, header: { code: "clock", message: expect.stringMatching(/used before.*sign another one/) } };
		for (const session of [own.session, null]) {
			const request = tokenRequest(own.candidate, own.id, { session });
			const answers = await Promise.all([1, 2, 3, 4].map(() => knock(gate, "token", request)));
			expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
			for (const answer of answers) if (answer.status !== 200) expect(answer).toMatchObject(used);
			expect(await knock(gate, "token", request)).toMatchObject(used);
		}
		expect(await rows("SELECT session FROM agent WHERE id = $1", [own.id])).toEqual([{ session: 2 }]);
		// The clock of its host was set back by a minute: no reason to wait for one.
		const earlier = tokenRequest(own.candidate, own.id, { session: 2, at: Date.now() - 60_000 });
		expect(await knock(gate, "token", earlier)).toMatchObject({ status: 200 });
		await rows("UPDATE agent SET asked_at = asked_at || 1000::bigint WHERE id = $1", [own.id]);
		await own.begin();
		expect(await rows("SELECT cardinality(asked_at) AS kept, 1000 = ANY (asked_at) AS old FROM agent WHERE id = $1", [own.id])).toEqual([
			{ kept: 5, old: false },
		]);
	});
	test("ends with the agent's revocation, for poll, report and token alike", async () => {
		const own = await Knocker.enrol(gate, place);
		await rows("UPDATE agent SET revoked_at = tg_now() WHERE id = $1", [own.id]);
		expect(await own.poll()).toMatchObject({ status: 401, header: { code: "revoked" } });
		expect(await own.report([])).toMatchObject({ status: 401, header: { code: "revoked" } });
		expect(await own.knock("version", { version: place.versionId })).toMatchObject({ status: 401, header: { code: "revoked" } });
		expect(await own.knock("lock", { version: place.versionId, lock: 0 }, { parts: [sealed] })).toMatchObject({
			status: 401,
			header: { code: "revoked" },
		});
		expect(await own.knock("chunks", { ids: ["0".repeat(64)] })).toMatchObject({ status: 401, header: { code: "revoked" } });
		expect(await knock(gate, "token", tokenRequest(own.candidate, own.id))).toMatchObject({ status: 401, header: { code: "revoked" } });
	});
	test("is needed at every path that is not open: none, altered, expired, of another server", async () => {
		const who = { agent: agent.id, pool: place.poolId, workspaceId: place.workspaceId, organizationId: place.organizationId, session: agent.session };
		const altered = agent.token.replace(/^tga_..../, "tga_AAAA");
		const expired = signAccess(who, Date.now() - 601_000);
		expect(Object.values(routes).filter((route) => route.open)).toHaveLength(2);
		for (const [path, route] of Object.entries(routes)) {
			if (route.open) continue;
			for (const token of [undefined, altered, `${agent.token.slice(0, -2)}AA`])
				expect(await knock(gate, path, {}, { token }), path).toMatchObject({ status: 401, header: { code: "unauthorized" } });
			expect(await knock(gate, path, {}, { token: expired }), path).toMatchObject({ status: 401, header: { code: "expired" } });
			// Settings are asked for without a word: by the token alone it is known whose.
			const told = path === "settings" ? { status: 200 } : { status: 400, header: { code: "bad_request" } };
			expect(await knock(gate, path, {}, { token: agent.token }), path).toMatchObject(told);
		}
	});
});

describe("the door", () => {
	test("refuses another protocol and says what to do", async () => {
		expect(await knock(gate, "poll", {}, { protocol: "0" })).toMatchObject({
			status: 426,
			header: { code: "protocol", message: expect.stringMatching(/update the agent/) },
		});
		expect(await knock(gate, "poll", {}, { protocol: String(PROTOCOL_VERSION + 1) })).toMatchObject({
			status: 426,
			header: { message: expect.stringMatching(/update the control plane/) },
		});
		expect(await knock(gate, "poll", {}, { protocol: "" })).toMatchObject({ status: 426 });
	});
	test("refuses unknown paths, other methods, broken frames and bodies that are too large", async () => {
		expect(await knock(gate, "nothing", {})).toMatchObject({ status: 404, header: { code: "not_found" } });
		expect(await knock(gate, "constructor", {})).toMatchObject({ status: 404 });
		expect(await (await fetch(`${gate.url}/gateway/poll`, { headers: { [PROTOCOL_HEADER]: "1" } })).json()).toMatchObject({ code: "bad_request" });
		expect(await agent.knock("poll", {}, { body: Buffer.from("not a frame") })).toMatchObject({ status: 400, header: { code: "bad_request" } });
		const large = await agent.knock("report", {}, { body: Buffer.alloc(MAX_BODY + 2 * 1024 * 1024) }).catch(() => undefined);
		if (large) expect(large).toMatchObject({ status: 413, header: { code: "too_large" } });
		expect((await agent.report([])).status).toBe(200);
	});
});

describe("bundles", () => {
	test("a version comes with its sealed manifest, and the first lock stays", async () => {
		expect(await agent.knock("version", { version: place.versionId })).toMatchObject({
			status: 200,
			header: { flow: "penguins", number: 1, manifest: 0, lock: null },
		});
		const foreign = Buffer.concat([Buffer.from("TG1"), Buffer.from("07".repeat(8), "hex"), randomBytes(52)]);
		expect(await agent.knock("lock", { version: place.versionId, lock: 0 }, { parts: [foreign] })).toMatchObject({
			status: 400,
			header: { message: expect.stringContaining("0707070707070707") },
		});
		const [first, second] = [Buffer.concat([sealed, Buffer.from("1")]), Buffer.concat([sealed, Buffer.from("2")])];
		for (const lock of [first, second]) {
			const answer = await agent.knock("lock", { version: place.versionId, lock: 0 }, { parts: [lock] });
			expect(Buffer.from(answer.parts[0] as Uint8Array)).toEqual(first);
		}
		const again = await agent.knock<{ lock: number }>("version", { version: place.versionId });
		expect(Buffer.from(again.parts[again.header.lock] as Uint8Array)).toEqual(first);
		expect(await agent.knock("lock", { version: place.versionId, lock: 0 }, { parts: [Buffer.from("numpy==2.0")] })).toMatchObject({ status: 400 });
	});
	test("chunks come in the order asked, those that exist, as many as fit into one body", async () => {
		const [a, b] = [await chunk(place, Buffer.from("a")), await chunk(place, Buffer.from("b"))];
		const { header, parts } = await agent.knock<{ ids: string[] }>("chunks", { ids: [b, randomBytes(32).toString("hex"), a] });
		expect(header.ids).toEqual([b, a]);
		expect(parts.map((part) => Buffer.from(part).toString())).toEqual(["b", "a"]);
		const large: string[] = [];
		for (let i = 0; i < 35; i++) large.push(await chunk(place, Buffer.alloc(1024 * 1024)));
		const fit = await agent.knock<{ ids: string[] }>("chunks", { ids: large });
		expect(fit.header.ids).toEqual(large.slice(0, fit.header.ids.length));
		expect(fit.header.ids.length).toBeGreaterThan(25);
		expect(fit.header.ids.length).toBeLessThan(32);
	});
});

describe("an agent of another workspace", () => {
	let foreigner: Knocker;
	let abroad: Place;
	beforeAll(async () => {
		abroad = await makePlace("foreign");
		foreigner = await Knocker.enrol(gate, abroad);
	});
	// One row a path that knows its caller: a new path fails here until it has one.
	const tries: Record<string, () => Promise<void>> = {
		async poll() {
			const run = await queueRun(place);
			const stop = new AbortController();
			const held = foreigner.poll({}, stop.signal).catch(() => undefined);
			expect(await Promise.race([held, new Promise((resolve) => setTimeout(() => resolve("held"), 1_300))])).toBe("held");
			stop.abort();
			expect(await standingOf(run)).toMatchObject({ state: "queued", outcomes: [] });
			await cancelled(place, run);
			const holding = [{ run, execution: 1 }];
			expect((await foreigner.poll({ holding })).header).toMatchObject({ assignments: [], cancels: holding });
		},
		async report() {
			await queueRun(place);
			const one = await claimOne(place, { id: agent.id, session: agent.session, boot: "boot-1" });
			const said = item(one, { segments: [segment({ stream: "out", part: 0 })], finish: finish("failed") });
			expect((await foreigner.report([said], [sealed])).header.executions).toEqual([{ run: one.run, execution: 1, state: "fenced", marks: {} }]);
			expect(await standingOf(one.run)).toMatchObject({ state: "starting" });
			expect(await rows("SELECT FROM log_chunk WHERE run_id = $1", [one.run])).toEqual([]);
		},
		async version() {
			expect(await foreigner.knock("version", { version: place.versionId })).toMatchObject({ status: 404, header: { code: "not_found" } });
		},
		async lock() {
			expect(await foreigner.knock("lock", { version: place.versionId, lock: 0 }, { parts: [sealed] })).toMatchObject({ status: 404 });
		},
		async chunks() {
			expect((await foreigner.knock("chunks", { ids: [await chunk(place, sealed)] })).header).toEqual({ ids: [] });
		},
	};
	Object.assign(tries, {
		async child() {
			await queueRun(place);
			const one = await claimOne(place, { id: agent.id, session: agent.session, boot: "boot-1" });
			expect(await foreigner.knock("child", childRequest(one))).toMatchObject({ status: 409, header: { code: "conflict" } });
			expect(await rows("SELECT FROM run WHERE parent_id = $1", [one.run])).toEqual([]);
		},
		async target() {
			// A flow of that name is the foreigner's own.
			const { header } = await foreigner.knock<{ version: string }>("target", { flow: "penguins" });
			expect(header.version).not.toBe(place.versionId);
			expect(await foreigner.knock("target", { flow: "walrus" })).toMatchObject({ status: 404 });
		},
		async answers() {
			await queueRun(place);
			const { run, execution, token } = await claimOne(place, { id: agent.id, session: agent.session, boot: "boot-1" });
			expect(await foreigner.knock("answers", { run, execution, token, after: 0 })).toMatchObject({ status: 409 });
		},
		async settings() {
			const keep = "INSERT INTO setting (workspace_id, kind, name, sealed, kid, by) VALUES ($1, 'secret', $2, $3, 'kid', 'test')";
			await system.query(keep, [place.workspaceId, "THEIRS", sealed]);
			await system.query(keep, [abroad.workspaceId, "OWN", sealed]);
			const { header, parts } = await foreigner.knock("settings", {});
			expect(header).toEqual({ revision: 0, settings: [{ kind: "secret", name: "OWN", pool: null, part: 0 }] });
			expect(parts).toHaveLength(1);
		},
		async result() {
			await queueRun(place);
			const done = await claimOne(place, { id: agent.id, session: agent.session, boot: "boot-1" });
			await agent.report([item(done, { finish: finish("succeeded") })], [sealed]);
			const asked = { flow: "penguins", number: null, of: null, labels: {} };
			expect(await foreigner.knock("result", { ...done, ...asked })).toMatchObject({ status: 409 });
			// A run of its own, which asks for what is not its workspace's.
			await queueRun(abroad);
			const own = await claimOne(abroad, { id: foreigner.id, session: foreigner.session, boot: "boot-1" });
			const ask = { run: own.run, execution: own.execution, token: own.token, ...asked };
			for (const of of [null, done.run]) expect(await foreigner.knock("result", { ...ask, of })).toMatchObject({ status: 404 });
		},
	});
	for (const [path, route] of Object.entries(routes)) {
		if (!route.open)
			test(`gets and changes nothing by ${path}`, async () => tries[path]?.() ?? expect.unreachable(`say here how ${path} keeps workspaces apart`));
	}
});
