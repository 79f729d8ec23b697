import http from "node:http";
import { encodeFrame } from "tidegate/protocol/frame.ts";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { MAX_CHUNK } from "tidegate/protocol/limits.ts";
import { openChunk, openManifest } from "tidegate/protocol/open.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type ControlPlane, clientOf, reasonOf, startControlPlane } from "../../fixture.ts";
import { doJob } from "../../server/boss.ts";
import { system } from "../../server/db.ts";
import { sealed } from "../runs/fixture.ts";
import { chunkCollection } from "./collect.ts";
import { deploy, makeFiles, newWorkspaceKey, upload, versionOf } from "./fixture.ts";

let at: ControlPlane;
let key: WorkspaceKey;
let api: ReturnType<typeof clientOf>["api"];
beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
	key = await newWorkspaceKey(at.a.workspaceId);
	api = clientOf(at.url, at.a.key).api;
});
afterAll(() => at.end());

const put = (flow: string, source?: string) => deploy(at.url, at.a.key, api, key, flow, source);
const chunksOfA = async () => (await system.query("SELECT 1 FROM chunk WHERE workspace_id = $1", [at.a.workspaceId])).rows.length;

describe("a deploy", () => {
	test("makes the flow, its first version live, and gives back what was sealed", async () => {
		const made = await put("penguins");
		expect(await api.flows.get.query({ flow: "penguins" })).toMatchObject({
			name: "penguins",
			live: { id: made.id, number: 1 },
			versions: 1,
			runs: 0,
		});
		const version = await api.versions.get.query({ flow: "penguins" });
		const place = { workspace: at.a.workspaceId, flow: "penguins", number: 1 };
		const manifest = await openManifest(key, place, Buffer.from(version.manifest, "base64url"), version.address);
		expect(manifest).toEqual(made.files.manifest);
		const chunk = made.files.chunks[0]?.id as string;
		const { rows } = await system.query<{ sealed: Buffer }>("SELECT sealed FROM chunk WHERE id = $1", [Buffer.from(chunk, "hex")]);
		expect(Buffer.from(await openChunk(key, chunk, rows[0]?.sealed as Buffer)).toString()).toBe("# penguins");
		expect((await system.query("SELECT 1 FROM audit WHERE action = 'version.create' AND target = $1", [made.id])).rows).toHaveLength(1);
	});
	test("of the same content is told that nothing changed, and what to upload: nothing", async () => {
		const first = await put("same", "x = 1");
		const { address, chunks } = first.files;
		const ids = chunks.map((chunk) => chunk.id);
		expect(await api.versions.prepare.mutate({ flow: "same", address, chunks: ids })).toEqual({
			number: 2,
			unchanged: { id: first.id, number: 1 },
			missing: [],
		});
		const changed = await put("same", "x = 2");
		expect([changed.number, changed.prepared.unchanged]).toEqual([2, null]);
		const list = await api.versions.list.query({ flow: "same" });
		expect(list.versions.map(({ number, live }) => [number, live])).toEqual([
			[2, true],
			[1, false],
		]);
	});
	test("is told to whoever has lists open, and so are another live version and tags: nothing need run for it", async () => {
		const told: { flow: string | null; run: string | null }[] = [];
		const client = clientOf(at.url, at.a.key);
		await new Promise<void>((resolve) =>
			client.api.runs.changes.subscribe(
				{},
				{ onStarted: () => resolve(), onData: ({ flow, run }: (typeof told)[number]) => void told.push({ flow, run }) },
			),
		);
		for (const change of [
			() => put("told", "x = 1"),
			() => put("told", "x = 2"),
			() => api.versions.setLive.mutate({ flow: "told", number: 1, from: 2 }),
			() => api.flows.setTags.mutate({ flow: "told", tags: ["new"] }),
		]) {
			told.length = 0;
			await change();
			await expect.poll(() => told).toContainEqual({ flow: "told", run: null });
			expect(told.every(({ flow }) => flow === "told")).toBe(true);
		}
		client.end();
	});
	test("whose answer was lost may be sent again, and makes no second version", async () => {
		const files = await makeFiles(key, "again", 1, "again");
		await upload(at.url, at.a.key, files.chunks);
		const version = await versionOf(key, files);
		const answers = await Promise.all([1, 2, 3].map(() => api.versions.create.mutate(version)));
		expect(new Set(answers.map(({ id, number }) => `${id} ${number}`))).toEqual(new Set([`${version.id} 1`]));
		expect((await api.versions.list.query({ flow: "again" })).versions).toHaveLength(1);
	});
	test("that another one overtook is told to take the next number, and changes nothing", async () => {
		const rivals = await Promise.all(
			["one", "two", "three"].map(async (source) => {
				const files = await makeFiles(key, "raced", 1, source);
				await upload(at.url, at.a.key, files.chunks);
				return versionOf(key, files);
			}),
		);
		const outcomes = await Promise.all(
			rivals.map((version) =>
				api.versions.create.mutate(version).then(
					() => "taken",
					(error) => error.data.reason,
				),
			),
		);
		expect(outcomes.sort()).toEqual(["number_taken", "number_taken", "taken"]);
		expect((await api.versions.list.query({ flow: "raced" })).versions).toHaveLength(1);
	});
	test("with chunks that are not there leaves nothing behind, not even the flow", async () => {
		const files = await makeFiles(key, "halfway", 1, "never uploaded");
		expect(await reasonOf(api.versions.create.mutate(await versionOf(key, files)))).toBe("chunks_missing");
		expect(await reasonOf(api.flows.get.query({ flow: "halfway" }))).toBe("unknown_flow");
	});
	test("with another workspace key is refused, and so is a manifest that is not sealed with the key it names", async () => {
		await put("keyed");
		const other = await newWorkspaceKey(at.a.workspaceId);
		const files = await makeFiles(other, "keyed", 2, "other key");
		await upload(at.url, at.a.key, files.chunks);
		expect(await reasonOf(api.versions.create.mutate(await versionOf(other, files)))).toBe("wrong_workspace_key");
		expect(await reasonOf(api.versions.create.mutate({ ...(await versionOf(other, files)), kid: key.kid }))).toBe("bad_request");
		expect(await reasonOf(api.workspaces.bindKey.mutate({ kid: other.kid }))).toBe("wrong_workspace_key");
		expect((await api.whoami.query()).workspace.kid).toBe(key.kid);
	});
	test("with broken input is refused in words that name the field", async () => {
		const good = await versionOf(key, await makeFiles(key, "broken", 1, "x"));
		const wrong: Record<string, object> = {
			flow: { flow: "a b" },
			number: { number: 0 },
			address: { address: "xyz" },
			kid: { kid: "K" },
			manifest: { manifest: Buffer.from("clear text").toString("base64url") },
			chunks: { chunks: ["../etc/passwd"] },
			size: { size: 201 * 1024 * 1024 },
			commit: { commit: "HEAD" },
			id: { id: "01999999-0000-4000-8000-000000000000" },
		};
		for (const [field, given] of Object.entries(wrong))
			await expect(api.versions.create.mutate({ ...good, ...given })).rejects.toThrow(new RegExp(`^${field}[.:]`));
	});
});

describe("an upload", () => {
	const send = (body: BodyInit, headers: Record<string, string> = {}) =>
		fetch(`${at.url}/upload`, { method: "POST", headers: { authorization: `Bearer ${at.a.key}`, ...headers }, body });
	const id = "ab".repeat(32);

	test("is taken whole or not at all", async () => {
		const before = await chunksOfA();
		const clear = Buffer.from("this is not sealed at all, though long enough to be an envelope");
		for (const body of [
			encodeFrame({ ids: [id, "cd".repeat(32)] }, [sealed, clear]),
			encodeFrame({ ids: [id] }, [sealed, sealed]),
			encodeFrame({ ids: ["short"] }, [sealed]),
			encodeFrame({ ids: [] }),
			encodeFrame({ ids: [id] }, [sealed]).slice(0, -5),
			Buffer.from("no frame"),
		]) {
			const answer = await send(body);
			expect([answer.status, await answer.json()]).toEqual([400, { code: "bad_request", message: expect.any(String) }]);
		}
		const large = Buffer.concat([sealed, Buffer.alloc(MAX_CHUNK + 20_000)]);
		expect((await send(encodeFrame({ ids: [id] }, [large]))).status).toBe(413);
		expect(await chunksOfA()).toBe(before);
	});
	test("larger than a body may be is refused before it is read", async () => {
		const answer = await send(Buffer.alloc(33 * 1024 * 1024));
		expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([413, "too_large"]);
	});
	test("is not kept waiting by others that come slowly", async () => {
		const slow = Array.from({ length: 12 }, () => {
			const req = http.request(`${at.url}/upload`, {
				method: "POST",
				headers: { authorization: `Bearer ${at.a.key}`, "content-length": 1024 * 1024 },
			});
			req.on("error", () => undefined).write("TGF");
			return req;
		});
		// Each of them is being read by now.
		await new Promise((resolve) => setTimeout(resolve, 500));
		const answer = await send(encodeFrame({ ids: ["12".repeat(32)] }, [sealed]));
		for (const req of slow) req.destroy();
		expect([answer.status, await answer.json()]).toEqual([200, { stored: 1 }]);
	});
	test("of what is there already keeps the first content", async () => {
		await send(encodeFrame({ ids: [id] }, [sealed]));
		await send(encodeFrame({ ids: [id] }, [Buffer.concat([sealed, Buffer.from("other")])]));
		const { rows } = await system.query<{ sealed: Buffer }>("SELECT sealed FROM chunk WHERE workspace_id = $1 AND id = $2", [
			at.a.workspaceId,
			Buffer.from(id, "hex"),
		]);
		expect(rows[0]?.sealed.equals(sealed)).toBe(true);
	});
});

test("collection removes what no bundle needs a day later, and spares what a deploy has just asked for", async () => {
	const used = await put("collected", "used");
	const [orphan, asked] = [uuidv7(), uuidv7()].map((name) => name.replaceAll("-", "").repeat(2)) as [string, string];
	await upload(at.url, at.a.key, [
		{ id: orphan, sealed },
		{ id: asked, sealed },
	]);
	await system.query("UPDATE chunk SET touched_at = tg_now() - interval '25 hours'");
	expect((await api.versions.prepare.mutate({ flow: "collected", address: orphan, chunks: [asked] })).missing).toEqual([]);
	await doJob(chunkCollection);
	const wanted = [orphan, asked, used.files.chunks[0]?.id as string];
	expect((await api.versions.prepare.mutate({ flow: "collected", address: orphan, chunks: wanted })).missing).toEqual([orphan]);
});

describe("the live version", () => {
	test("is moved back by compare-and-set, audited, and runs follow it", async () => {
		const flow = "rolled-back";
		const first = await put(flow, "x = 1");
		await put(flow, "x = 2");
		expect(await reasonOf(api.versions.setLive.mutate({ flow, number: 1, from: 1 }))).toBe("not_live");
		expect(await api.versions.setLive.mutate({ flow, number: 1, from: 2 })).toEqual({ number: 1, before: 2 });
		expect((await api.flows.get.query({ flow })).live).toEqual({ id: first.id, number: 1 });
		expect((await api.runs.trigger.mutate({ flow })).number).toBe(1);
		const { rows } = await system.query("SELECT data FROM audit WHERE action = 'version.live' AND target = $1", [first.id]);
		expect(rows).toEqual([{ data: { flow, number: 1, before: 2 } }]);
	});
	test("stays where the version asked for does not exist", async () => {
		const { number } = await put("stays");
		expect(await reasonOf(api.versions.setLive.mutate({ flow: "stays", number: 9, from: number }))).toBe("unknown_version");
		expect(await reasonOf(api.versions.setLive.mutate({ flow: "no-such", number: 1, from: 1 }))).toBe("unknown_flow");
		expect((await api.flows.get.query({ flow: "stays" })).live?.number).toBe(number);
	});
});

describe("the chunks of a version", () => {
	test("are given as they were sealed, and only those of that version", async () => {
		const flow = "looked-at";
		const [one, two] = [await put(flow, "x = 1"), await put(flow, "x = 2")];
		const [first, second] = [one, two].map((made) => made.files.chunks[0]?.id as string) as [string, string];
		const { chunks } = await api.versions.chunks.query({ flow, number: 2, ids: [second] });
		expect(Buffer.from(await openChunk(key, second, Buffer.from(chunks[0]?.sealed ?? "", "base64url"))).toString()).toBe("x = 2");
		expect(await reasonOf(api.versions.chunks.query({ flow, number: 2, ids: [second, first] }))).toBe("not_found");
		expect(await reasonOf(api.versions.chunks.query({ flow, number: 2, ids: Array(5).fill(second) }))).toBe("bad_request");
	});
});
