import { uuidv7 } from "tidegate/protocol/ids.ts";
import { MAX_PARAMETERS } from "tidegate/protocol/limits.ts";
import { sealParameters } from "tidegate/protocol/open.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type ControlPlane, clientOf, reasonOf, startControlPlane } from "../../fixture.ts";
import { deploy, newWorkspaceKey } from "../versions/fixture.ts";
import { moveClock, standingOf } from "./fixture.ts";

let at: ControlPlane;
let key: WorkspaceKey;
let api: ReturnType<typeof clientOf>["api"];
beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
	key = await newWorkspaceKey(at.a.workspaceId);
	api = clientOf(at.url, at.a.key).api;
	await deploy(at.url, at.a.key, api, key, "penguins", "one");
	await deploy(at.url, at.a.key, api, key, "penguins", "two");
	await deploy(at.url, at.a.key, api, key, "palmer");
});
afterAll(() => at.end());

const sealedFor = async (run: string, number: number, given: Record<string, unknown> = { size: 3 }, by = key) =>
	Buffer.from(await sealParameters(by, { workspace: at.a.workspaceId, flow: "penguins", number, run }, given)).toString("base64url");

describe("a trigger", () => {
	test("queues the live version where none is named, and the named one where one is", async () => {
		const live = await api.runs.trigger.mutate({ flow: "penguins" });
		expect(live).toMatchObject({ flow: "penguins", number: 2, state: "queued" });
		expect((await api.runs.trigger.mutate({ flow: "penguins", number: 1 })).number).toBe(1);
		expect(await standingOf(live.id)).toMatchObject({ state: "queued", queued: true });
	});
	test("with a label that cannot be stored is refused, and told which it is", async () => {
		const said = (labels: Record<string, string>) => api.runs.trigger.mutate({ flow: "penguins", labels }).catch((error: Error) => error);
		for (const [labels, where] of [
			[{ "te\0am": "birds" }, 'labels: the key "te\\u0000am" has a NUL'],
			[{ team: "bi\0rds" }, 'labels: the value of "team" has a NUL'],
			[{ team: "\ud83d" }, 'labels: the value of "team" has a NUL or half a character'],
		] as const)
			expect(await said(labels)).toMatchObject({ message: expect.stringContaining(where), data: { reason: "bad_request" } });
		const listed = await api.runs.list.query({ label: "team=\0" }).catch((error: Error) => error);
		expect(listed).toMatchObject({ message: expect.stringMatching(/^label: has a NUL/), data: { reason: "bad_request" } });
	});
	test("with a name that it does not know, or with what is not sealed, is refused, told what was meant, and makes no run", async () => {
		const said = (input: object) => api.runs.trigger.mutate({ flow: "penguins", ...input } as never).catch((error: Error) => error);
		const count = (await api.runs.count.query({})).count;
		for (const [input, message] of [
			[{ params: { rows: 3 } }, /^"params": unknown; did you mean "parameters"\? \(known: id, flow, /],
			[{ label: {} }, /^"label": unknown; did you mean "labels"\?/],
			[{ pol: "gpu", zebra: 1 }, /^"pol": unknown; did you mean "pool"\?, "zebra": unknown \(known: /],
			[{ resumes: { run: uuidv7(), form: "x" } }, /^resumes: "form": unknown; did you mean "from"\? \(known: run, from, changed\)$/],
			[{ parameters: { a: 1 } }, /^parameters: must be sealed bytes in URL-safe base64.*\/docs\/run/],
		] as const)
			expect(await said(input)).toMatchObject({ message: expect.stringMatching(message), data: { code: "BAD_REQUEST", reason: "bad_request" } });
		expect((await api.runs.count.query({})).count).toBe(count);
	});
	test("keeps sealed parameters byte for byte, with its labels", async () => {
		const id = uuidv7();
		const parameters = await sealedFor(id, 1);
		await api.runs.trigger.mutate({ id, flow: "penguins", number: 1, parameters, labels: { team: "birds" } });
		const { run } = await api.runs.get.query({ id });
		expect(run).toMatchObject({
			id,
			number: 1,
			parameters,
			labels: { team: "birds" },
			createdBy: "key key of Acme",
			pool: "default",
			agent: null,
			away: false,
		});
		expect((await api.runs.list.query({ label: "team=birds" })).runs.map((one) => one.id)).toEqual([id]);
		expect((await api.runs.list.query({ label: "team" })).runs).toHaveLength(1);
		expect((await api.runs.list.query({ label: "team=fish" })).runs).toEqual([]);
	});
	test("repeated with its id answers the run that it made, and makes no other", async () => {
		const id = uuidv7();
		const wanted = { id, flow: "penguins", number: 1 };
		const answers = await Promise.all([1, 2, 3, 4].map(() => api.runs.trigger.mutate(wanted)));
		expect(answers).toEqual(answers.map(() => ({ id, flow: "penguins", number: 1, state: "queued" })));
		// Even where the live version is another by now.
		expect(await api.runs.trigger.mutate({ id, flow: "penguins" })).toMatchObject({ id, number: 1 });
		expect(await reasonOf(api.runs.trigger.mutate({ id, flow: "palmer" }))).toBe("id_taken");
	});
	test("of a version as the live one is refused once another one is, and makes no run", async () => {
		const id = uuidv7();
		expect(await reasonOf(api.runs.trigger.mutate({ id, flow: "penguins", number: 1, live: true }))).toBe("not_live");
		expect(await reasonOf(api.runs.get.query({ id }))).toBe("unknown_run");
		expect(await api.runs.trigger.mutate({ id, flow: "penguins", number: 2, live: true })).toMatchObject({ number: 2, state: "queued" });
	});
	test("of an unknown flow names the nearest that there are", async () => {
		await expect(api.runs.trigger.mutate({ flow: "pengiuns" })).rejects.toMatchObject({
			message: expect.stringContaining("Did you mean penguins?"),
			data: { code: "NOT_FOUND", reason: "unknown_flow" },
		});
		await expect(api.runs.trigger.mutate({ flow: "zebra" })).rejects.toThrow("There are: palmer, penguins.");
	});
	test("of a version, a pool or with a key that is not there says which", async () => {
		expect(await reasonOf(api.runs.trigger.mutate({ flow: "penguins", number: 9 }))).toBe("unknown_version");
		expect(await reasonOf(api.runs.trigger.mutate({ flow: "penguins", pool: "gpu" }))).toBe("unknown_pool");
		const id = uuidv7();
		const parameters = await sealedFor(id, 1, {}, await newWorkspaceKey(at.a.workspaceId));
		expect(await reasonOf(api.runs.trigger.mutate({ id, flow: "penguins", number: 1, parameters }))).toBe("wrong_workspace_key");
	});
	test("with parameters in the clear, bound to no run, or too large is refused", async () => {
		const id = uuidv7();
		const clear = Buffer.from(JSON.stringify({ secret: "in the clear, and long enough to pass for an envelope" })).toString("base64url");
		await expect(api.runs.trigger.mutate({ id, flow: "penguins", number: 1, parameters: clear })).rejects.toThrow("parameters: is not sealed");
		expect(await reasonOf(api.runs.trigger.mutate({ flow: "penguins", number: 1, parameters: await sealedFor(id, 1) }))).toBe("bad_request");
		expect(await reasonOf(api.runs.trigger.mutate({ id, flow: "penguins", parameters: await sealedFor(id, 1) }))).toBe("bad_request");
		const large = "A".repeat(Math.ceil((MAX_PARAMETERS * 4) / 3) + 20_000);
		expect(await reasonOf(api.runs.trigger.mutate({ id, flow: "penguins", number: 1, parameters: large }))).toBe("too_large");
		const full = await sealedFor(id, 1, {
			noise: Buffer.from(crypto.getRandomValues(new Uint8Array(65_536)))
				.toString("base64")
				.repeat(11),
		});
		expect((await api.runs.trigger.mutate({ id, flow: "penguins", number: 1, parameters: full })).state).toBe("queued");
	});
	test("with an id more than a day off the database's clock is refused with that reason", async () => {
		const day = 24 * 3600 * 1000;
		for (const off of [-day - 60_000, day + 60_000])
			expect(await reasonOf(api.runs.trigger.mutate({ id: uuidv7(Date.now() + off), flow: "penguins" }))).toBe("id_clock");
		for (const off of [-day + 60_000, day - 60_000])
			expect((await api.runs.trigger.mutate({ id: uuidv7(Date.now() + off), flow: "penguins" })).state).toBe("queued");
		await moveClock(2 * 24 * 3600);
		expect(await reasonOf(api.runs.trigger.mutate({ id: uuidv7(), flow: "penguins" }))).toBe("id_clock");
		await moveClock(-2 * 24 * 3600);
	});
	test("with too many or too long labels is refused", async () => {
		const many = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`k${i}`, "v"]));
		for (const labels of [many, { k: "v".repeat(201) }, { "": "v" }])
			expect(await reasonOf(api.runs.trigger.mutate({ flow: "penguins", labels }))).toBe("bad_request");
	});
});

test("a list goes back page by page without a gap or a repetition, whatever is queued meanwhile", async () => {
	for (let i = 0; i < 7; i++) await api.runs.trigger.mutate({ flow: "palmer", labels: { page: "yes" } });
	const seen: string[] = [];
	let cursor: string | null | undefined;
	do {
		const page = await api.runs.list.query({ flow: "palmer", label: "page", limit: 3, cursor: cursor ?? undefined });
		seen.push(...page.runs.map((run) => run.id));
		cursor = page.next;
		await api.runs.trigger.mutate({ flow: "palmer", labels: { page: "later" } });
	} while (cursor);
	expect(seen).toHaveLength(7);
	expect(seen).toEqual([...new Set(seen)].sort().reverse());
});

test("a list of certain runs, or of a stretch of time, holds those and no others", async () => {
	const ids: string[] = [];
	for (let i = 0; i < 3; i++) ids.push((await api.runs.trigger.mutate({ flow: "palmer", labels: { time: "yes" } })).id);
	const [first, second, third] = ids as [string, string, string];
	const listed = async (filter: Parameters<typeof api.runs.list.query>[0]) => (await api.runs.list.query(filter)).runs.map(({ id }) => id);
	expect(await listed({ ids: [third, first, uuidv7()] })).toEqual([third, first]);
	expect(await listed({ ids: [] })).toEqual([]);
	const queuedAt = (await api.runs.get.query({ id: second })).run.queuedAt;
	const after = new Date(Date.parse(queuedAt) + 1).toISOString();
	expect(await listed({ label: "time", from: after })).not.toContain(first);
	expect(await listed({ label: "time", to: after })).toEqual([second, first]);
	expect(await listed({ label: "time", from: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
	expect(await reasonOf(api.runs.list.query({ from: "yesterday" }))).toBe("bad_request");
});

test("cancel asks once, and of a run that waits it is the end", async () => {
	const { id } = await api.runs.trigger.mutate({ flow: "penguins" });
	expect(await api.runs.cancel.mutate({ id })).toEqual({ id, state: "cancelled" });
	expect(await api.runs.cancel.mutate({ id })).toEqual({ id, state: "cancelled" });
	expect((await api.runs.get.query({ id })).run).toMatchObject({ state: "cancelled", finishedAt: expect.any(String) });
	expect(await reasonOf(api.runs.cancel.mutate({ id: uuidv7() }))).toBe("unknown_run");
});
