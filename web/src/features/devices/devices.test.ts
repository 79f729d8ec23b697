import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type ControlPlane, startControlPlane } from "../../fixture.ts";
import { system } from "../../server/db.ts";
import type { DeviceItem, OwnDevice } from "./devices.ts";
import { audited, later, Member } from "./fixture.ts";

let at: ControlPlane;
let owner: Member;
let operator: Member;
let viewer: Member;
let stranger: Member;
const KID = "0011223344556677";
const wrapped = (): string => randomBytes(92).toString("base64url");

beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
	for (const house of [at.a, at.b]) await system.query("UPDATE workspace SET kid = $2 WHERE id = $1", [house.workspaceId, KID]);
	owner = await Member.join(at, at.a, "owner");
	operator = await Member.join(at, at.a, "operator");
	viewer = await Member.join(at, at.a, "viewer");
	stranger = await Member.join(at, at.b, "owner");
});
afterAll(() => at.end());

async function asks(person: Member, name = "Firefox on Linux"): Promise<{ id: string; publicKey: string }> {
	const publicKey = randomBytes(32).toString("hex");
	const { data } = await person.tell<{ id: string }>("devices.ask", { publicKey, name });
	return { id: data.id, publicKey };
}
const asking = async (person: Member) => (await person.ask<{ devices: DeviceItem[] }>("devices.asking")).data.devices.map(({ id }) => id);
const own = async (person: Member, publicKey: string) => (await person.ask<{ device: OwnDevice | null }>("devices.own", { publicKey })).data.device;
const state = async (id: string) => (await system.query<{ state: string }>("SELECT state FROM device WHERE id = $1", [id])).rows[0]?.state;

describe("a device that asks for the workspace key", () => {
	test("is seen by the members of its workspace, given the key by one, and holds it once it has opened it", async () => {
		const device = await asks(viewer);
		expect(await asking(operator)).toContain(device.id);
		expect(await asking(stranger)).not.toContain(device.id);
		const given = wrapped();
		expect((await operator.tell("devices.grant", { ...device, kid: KID, wrapped: given })).status).toBe(200);
		expect(await asking(operator)).not.toContain(device.id);
		expect(await own(viewer, device.publicKey)).toEqual({ id: device.id, state: "granted", grant: { kid: KID, wrapped: given, by: operator.email } });
		expect((await viewer.tell("devices.take", { id: device.id })).status).toBe(200);
		expect(await own(viewer, device.publicKey)).toEqual({ id: device.id, state: "holds", grant: null });
		expect((await system.query("SELECT 1 FROM key_grant WHERE device_id = $1 AND wrapped IS NOT NULL", [device.id])).rows).toEqual([]);
		expect(await audited(at.a)).toEqual(expect.arrayContaining(["device.ask", "device.grant", "device.take"]));
	});

	test("is given one key, though many grant at once", async () => {
		const device = await asks(viewer);
		const told = await Promise.all(
			[owner, operator, owner, operator].map((by) => by.tell("devices.grant", { ...device, kid: KID, wrapped: wrapped() })),
		);
		expect(told.filter(({ status }) => status === 200)).toHaveLength(1);
		for (const { status, message } of told) if (status !== 200) expect(message).toContain("was given the key already");
		expect((await system.query("SELECT 1 FROM key_grant WHERE device_id = $1", [device.id])).rows).toHaveLength(1);
	});

	test("is not given a key of another id than the workspace's, nor one for another public key than it has", async () => {
		const device = await asks(viewer);
		const wrong = await owner.tell("devices.grant", { ...device, kid: "8899aabbccddeeff", wrapped: wrapped() });
		expect(wrong).toMatchObject({ reason: "wrong_workspace_key", message: expect.stringContaining(KID) });
		const other = await owner.tell("devices.grant", { ...device, publicKey: "ab".repeat(32), kid: KID, wrapped: wrapped() });
		expect(other.reason).toBe("not_found");
		expect(await state(device.id)).toBe("asks");
	});

	test("that asks again voids what it never fetched", async () => {
		const device = await asks(viewer);
		await owner.tell("devices.grant", { ...device, kid: KID, wrapped: wrapped() });
		await viewer.tell("devices.ask", { publicKey: device.publicKey, name: "Firefox on Linux" });
		expect(await own(viewer, device.publicKey)).toEqual({ id: device.id, state: "asks", grant: null });
		expect((await viewer.tell("devices.take", { id: device.id })).reason).toBe("not_found");
	});

	test("is shown for a day, and not once its person is no member", async () => {
		const device = await asks(viewer);
		await later("25 hours", async () => expect(await asking(owner)).not.toContain(device.id));
		const leaver = await Member.join(at, at.a, "operator");
		const gone = await asks(leaver);
		await leaver.become(null);
		expect(await asking(owner)).not.toContain(gone.id);
		expect((await owner.tell("devices.grant", { ...gone, kid: KID, wrapped: wrapped() })).reason).toBe("not_found");
	});

	test("may be sent away by any member; one that holds the key is removed by its person or an admin", async () => {
		const device = await asks(viewer);
		expect((await operator.tell("devices.remove", { id: device.id })).status).toBe(200);
		const held = await asks(viewer);
		await owner.tell("devices.grant", { ...held, kid: KID, wrapped: wrapped() });
		expect((await operator.tell("devices.remove", { id: held.id })).reason).toBe("not_found");
		expect((await operator.tell("devices.rename", { id: held.id, name: "mine" })).reason).toBe("not_found");
		expect((await viewer.tell("devices.rename", { id: held.id, name: "\u202e My laptop\n" })).status).toBe(200);
		const { data } = await owner.ask<{ devices: DeviceItem[] }>("devices.list");
		expect(data.devices.find(({ id }) => id === held.id)).toMatchObject({ name: "My laptop", own: false, person: viewer.email });
		expect((await owner.tell("devices.remove", { id: held.id })).status).toBe(200);
		expect(await state(held.id)).toBeUndefined();
		expect(await audited(at.a)).toEqual(expect.arrayContaining(["device.rename", "device.remove"]));
	});

	test("is one of thirty at most that a person has", async () => {
		const person = await Member.join(at, at.a, "viewer");
		const asked = Array.from({ length: 36 }, () =>
			person.tell<{ id: string }>("devices.ask", { publicKey: randomBytes(32).toString("hex"), name: "one" }),
		);
		expect((await Promise.all(asked)).filter(({ status }) => status === 200)).toHaveLength(30);
		const more = { publicKey: "cd".repeat(32), name: "one more" };
		expect(await person.tell("devices.ask", more)).toMatchObject({ reason: "conflict", message: expect.stringContaining("30 devices") });
		// One that is there already asks again; a command line that is signed in nowhere any more takes no room.
		const { rows } = await system.query<{ id: string; key: string }>("SELECT id, encode(public_key, 'hex') AS key FROM device WHERE user_id = $1", [
			person.id,
		]);
		expect((await person.tell("devices.ask", { publicKey: rows[0]?.key, name: "again" })).status).toBe(200);
		await system.query("UPDATE device SET kind = 'cli', api_key_id = (SELECT id FROM api_key WHERE workspace_id = $2 LIMIT 1) WHERE id = $1", [
			...[rows[1]?.id, at.a.workspaceId],
		]);
		await system.query("UPDATE api_key SET revoked_at = tg_now() WHERE id = (SELECT api_key_id FROM device WHERE id = $1)", [rows[1]?.id]);
		expect((await person.tell("devices.ask", more)).status).toBe(200);
	});

	test("that was given what is not the key says so: it is void, whoever gave it is in the log, and it may ask again", async () => {
		const device = await asks(viewer);
		await operator.tell("devices.grant", { ...device, kid: KID, wrapped: wrapped() });
		expect((await owner.tell("devices.reject", { id: device.id })).reason).toBe("not_found");
		expect((await viewer.tell("devices.reject", { id: device.id })).status).toBe(200);
		expect(await own(viewer, device.publicKey)).toEqual({ id: device.id, state: "none", grant: null });
		const { rows } = await system.query("SELECT actor, data FROM audit WHERE action = 'device.reject' AND target = $1", [device.id]);
		expect(rows).toEqual([{ actor: viewer.email, data: { by: operator.email, kid: KID } }]);
		expect((await viewer.tell("devices.reject", { id: device.id })).reason).toBe("not_found");
		await viewer.tell("devices.ask", { publicKey: device.publicKey, name: "again" });
		expect((await owner.tell("devices.grant", { ...device, kid: KID, wrapped: wrapped() })).status).toBe(200);
	});

	test("of a workspace without a key is given one by somebody who may deploy, which names it from then on", async () => {
		await system.query("UPDATE workspace SET kid = NULL WHERE id = $1", [at.a.workspaceId]);
		const [device, other] = [await asks(operator), await asks(operator)];
		const given = { ...device, kid: "8899aabbccddeeff", wrapped: wrapped() };
		expect((await viewer.tell("devices.grant", given)).reason).toBe("forbidden");
		expect((await owner.tell("devices.grant", given)).status).toBe(200);
		expect((await owner.tell("devices.grant", { ...other, kid: KID, wrapped: wrapped() })).reason).toBe("wrong_workspace_key");
		expect((await system.query("SELECT kid FROM workspace WHERE id = $1", [at.a.workspaceId])).rows).toEqual([{ kid: "8899aabbccddeeff" }]);
		await system.query("UPDATE workspace SET kid = $2 WHERE id = $1", [at.a.workspaceId, KID]);
	});
});

test("devices of another organization can neither be seen, given a key, renamed nor removed by their ids", async () => {
	const device = await asks(stranger, "browser of Bolt");
	const before = await system.query("SELECT * FROM device WHERE id = $1", [device.id]);
	expect((await owner.tell("devices.grant", { ...device, kid: KID, wrapped: wrapped() })).reason).toBe("not_found");
	expect((await owner.tell("devices.rename", { id: device.id, name: "x" })).reason).toBe("not_found");
	expect((await owner.tell("devices.remove", { id: device.id })).reason).toBe("not_found");
	expect((await owner.tell("devices.take", { id: device.id })).reason).toBe("not_found");
	expect(await own(owner, device.publicKey)).toBeNull();
	expect(JSON.stringify((await owner.ask("devices.list")).data)).not.toContain("Bolt");
	expect((await system.query("SELECT * FROM device WHERE id = $1", [device.id])).rows).toEqual(before.rows);
});

test("members see their own devices, those who manage members see all", async () => {
	await asks(viewer);
	const seen = async (person: Member) => (await person.ask<{ devices: DeviceItem[]; all: boolean }>("devices.list")).data;
	expect((await seen(operator)).devices.every((device) => device.own)).toBe(true);
	expect(await seen(owner)).toMatchObject({ all: true, devices: expect.arrayContaining([expect.objectContaining({ person: viewer.email })]) });
});
