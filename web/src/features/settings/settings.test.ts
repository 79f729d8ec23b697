import { randomBytes } from "node:crypto";
import { MAX_SETTING, MAX_SETTINGS, MAX_SETTINGS_BYTES } from "tidegate/protocol/limits.ts";
import { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { openSetting, type SettingPlace, sealSetting } from "tidegate/protocol/settings.ts";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type ControlPlane, clientOf, fill, reasonOf, startControlPlane, type World } from "../../fixture.ts";
import { system } from "../../server/db.ts";
import { claimOne, makeAgent, queueRun, rows } from "../runs/fixture.ts";

let at: ControlPlane;
let world: World;
/** A second key, which is none of the workspace's. */
let key: WorkspaceKey;
beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
	world = await fill(at, at.a);
	key = await WorkspaceKey.open(new Uint8Array(randomBytes(32)), at.a.workspaceId);
});
afterAll(() => at.end());

const api = () => clientOf(at.url, at.a.key).api.settings;
const place = (kind: SettingPlace["kind"], name: string, pool: string | null = null): SettingPlace => ({ kind, name, pool });
/** An envelope of the workspace's own key, as far as the server can tell. */
const envelope = (size = 40): string => Buffer.concat([Buffer.from("TG1"), Buffer.from(world.kid, "hex"), randomBytes(size)]).toString("base64url");
const set = (where: SettingPlace, sealed = envelope()) => api().set.mutate({ ...where, sealed });
const revision = async (): Promise<number> =>
	(await rows<{ settings: number }>("SELECT settings FROM workspace WHERE id = $1", [at.a.workspaceId]))[0]?.settings ?? 0;
const own = (name: string) =>
	api()
		.list.query()
		.then(({ settings }) => settings.filter((each) => each.name === name));

test("lists what is set with who and when, and gives nobody a secret", async () => {
	const [secret, variable] = [envelope(), envelope()];
	await set(place("secret", "TOKEN"), secret);
	await set(place("secret", "TOKEN", world.pool), secret);
	await set(place("variable", "TOKEN"), variable);
	const by = { by: expect.any(String), at: expect.any(String), kid: world.kid, size: 51 };
	expect(await own("TOKEN")).toEqual([
		{ ...place("secret", "TOKEN"), ...by, sealed: null },
		{ ...place("secret", "TOKEN", world.pool), ...by, sealed: null },
		{ ...place("variable", "TOKEN"), ...by, sealed: variable },
	]);
	expect(await rows("SELECT action, target, data FROM audit WHERE target = 'secret TOKEN' ORDER BY id")).toEqual([
		{ action: "setting.set", target: "secret TOKEN", data: { kind: "secret", name: "TOKEN" } },
		{ action: "setting.set", target: "secret TOKEN", data: { kind: "secret", name: "TOKEN", pool: world.pool } },
	]);
});

test("each change is told with the next claim, and what was asked for in vain is none", async () => {
	const before = await revision();
	await set(place("variable", "RATE"));
	await set(place("variable", "RATE"));
	expect((await own("RATE")).length).toBe(1);
	expect(await api().remove.mutate(place("variable", "RATE"))).toMatchObject({ removed: true });
	expect(await api().remove.mutate(place("variable", "RATE"))).toMatchObject({ removed: false });
	expect(await revision()).toBe(before + 3);
	const where = { ...at.a, flowId: world.place.flowId, versionId: world.place.versionId };
	await queueRun(where);
	expect((await claimOne(where, await makeAgent(where, "settings"))).settings).toBe(before + 3);
});

test("an agent gets those of its pool and of the whole workspace, and no other's", async () => {
	await set(place("secret", "OF_ALL"));
	await set(place("secret", "OF_POOL", world.pool));
	const { header, parts } = await world.agent.knock<{ revision: number; settings: (SettingPlace & { part: number })[] }>("settings", {});
	const given = header.settings.map(({ name, pool }) => [name, pool]);
	expect(given).toContainEqual(["OF_ALL", null]);
	// The agent of this world serves the pool "default".
	expect(given).not.toContainEqual(["OF_POOL", world.pool]);
	expect(header.revision).toBe(await revision());
	expect(parts).toHaveLength(header.settings.length);
});

test("refuses another workspace key, an unknown pool, a name that is none and what is not sealed", async () => {
	const before = [await revision(), await rows("SELECT count(*) FROM setting")];
	const foreign = Buffer.from(await sealSetting(key, place("secret", "X"), "value")).toString("base64url");
	expect(await reasonOf(set(place("secret", "X"), foreign))).toBe("wrong_workspace_key");
	expect(await reasonOf(set(place("secret", "X", "nowhere")))).toBe("unknown_pool");
	for (const name of ["", "a b", "1A", "A-B", "x".repeat(101), "<b>"]) expect(await reasonOf(set(place("secret", name))), name).toBe("bad_request");
	expect(await reasonOf(set(place("secret", "X"), Buffer.from("value in clear, not sealed at all").toString("base64url")))).toBe("bad_request");
	expect([await revision(), await rows("SELECT count(*) FROM setting")]).toEqual(before);
});

test("one that is too large, one too many and too many bytes are refused, each with what to do", async () => {
	expect(await reasonOf(set(place("secret", "LARGE"), envelope(MAX_SETTING + 20_000)))).toBe("too_large");
	const [{ count } = { count: 0 }] = await rows<{ count: number }>("SELECT count(*) FROM setting WHERE workspace_id = $1", [at.a.workspaceId]);
	const fillUp = (size: number, many: number, prefix: string) =>
		system.query(
			"INSERT INTO setting (workspace_id, kind, name, sealed, kid, by) SELECT $1, 'variable', $4 || n, $2, 'kid', 'test' FROM generate_series(1, $3) n",
			[...[at.a.workspaceId, randomBytes(size), many, prefix]],
		);
	const few = Math.floor(MAX_SETTINGS_BYTES / MAX_SETTING);
	await fillUp(MAX_SETTING, few, "large_");
	await expect(set(place("secret", "ONE_MORE"), envelope(MAX_SETTING))).rejects.toMatchObject({
		message: expect.stringMatching(/together would take \d+ bytes, at most/),
	});
	await system.query("DELETE FROM setting WHERE name LIKE 'large%'");
	await fillUp(1, MAX_SETTINGS - count, "small_");
	await expect(set(place("secret", "ONE_MORE"))).rejects.toMatchObject({ message: expect.stringMatching(/at most 500 .*: remove one/) });
	// What is there already may be given another value.
	await set(place("variable", "small_1"));
	await system.query("DELETE FROM setting WHERE name LIKE 'small%'");
});

test("a value opens in its own place alone: not under another name, kind, pool or workspace", async () => {
	const home = place("secret", "A", "gpu");
	const sealed = await sealSetting(key, home, "value");
	expect(await openSetting(key, home, sealed)).toBe("value");
	for (const other of [place("secret", "B", "gpu"), place("variable", "A", "gpu"), place("secret", "A"), place("secret", "A", "cpu")])
		await expect(openSetting(key, other, sealed)).rejects.toMatchObject({ reason: "altered" });
	await expect(sealSetting(key, place("connection", "C"), "postgresql://me:hunter2@db/x")).rejects.toThrow(
		/set it as a secret, and write \{ITS_NAME\}/,
	);
	for (const url of ["no url", "postgresql://me:{a b}@db", "postgresql://me:x{A}@db/x", "x://h/{", "x://h\n/y"])
		await expect(sealSetting(key, place("connection", "C"), url), url).rejects.toThrow(/connection|password/);
	for (const url of [
		"postgresql+psycopg://etl:{DB_PASSWORD}@db:5432/sales?sslmode=require",
		"s3://bucket/path",
		"https://api.internal/v1?token={TOKEN}",
		"sqlite:///x.db",
	])
		await expect(sealSetting(key, place("connection", "C"), url), url).resolves.toBeInstanceOf(Uint8Array);
});
