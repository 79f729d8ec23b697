import { randomBytes } from "node:crypto";
import { base64, fromBase64, hex } from "tidegate/protocol/bytes.ts";
import { newDevicePair, unwrapKey, wrapKey } from "tidegate/protocol/device.ts";
import { newKey, WorkspaceKey } from "tidegate/protocol/seal.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type ControlPlane, clientOf, reasonOf, startControlPlane } from "../../fixture.ts";
import { system } from "../../server/db.ts";
import { readCode } from "./codes.ts";
import { askCode, audited, later, Member, poll, post } from "./fixture.ts";

let at: ControlPlane;
let owner: Member;
let operator: Member;
let viewer: Member;
let stranger: Member;
const publicKey = (): string => randomBytes(32).toString("hex");

beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
	[owner, operator, viewer] = (await Promise.all((["owner", "operator", "viewer"] as const).map((role) => Member.join(at, at.a, role)))) as [
		Member,
		Member,
		Member,
	];
	stranger = await Member.join(at, at.b, "owner");
});
afterAll(() => at.end());

/** A command line that `person` signed in. */
async function signedIn(person: Member, key = publicKey()): Promise<string> {
	const code = await askCode(at, key);
	expect((await person.tell("login.approve", { code: code.user_code })).status).toBe(200);
	return (await poll(at, code)).api_key as string;
}
const whoami = (key: string) => clientOf(at.url, key).api.whoami.query();

describe("a command line that asks to be signed in", () => {
	test("waits until a person approves it, then gets a key of that person's workspace and role, once", async () => {
		const code = await askCode(at, publicKey());
		expect(code).toMatchObject({ user_code: expect.stringMatching(/^[CDFGHJKMNPQRTWXY34789]{4}-[CDFGHJKMNPQRTWXY34789]{4}$/), interval: 2 });
		expect(await poll(at, code)).toMatchObject({ error: "authorization_pending" });
		const seen = await owner.ask("login.look", { code: code.user_code.toLowerCase().replace("-", " ") });
		expect(seen.data).toMatchObject({ state: "asks", host: "workbench", version: "0.1.0", address: "127.0.0.1" });
		expect((await owner.tell("login.approve", { code: code.user_code })).data).toEqual({ host: "workbench" });
		const got = await poll(at, code);
		expect(got).toMatchObject({ scope: "admin", person: owner.email, workspace: { id: at.a.workspaceId }, wrapped_key: null });
		expect(got.key_name).toBe(`login on workbench by ${owner.email}`);
		expect(Date.parse(got.expires_at as string) - Date.now()).toBeGreaterThan(89.9 * 86_400_000);
		expect(await whoami(got.api_key as string)).toMatchObject({ by: "key", role: "admin", workspace: { id: at.a.workspaceId } });
		expect(await poll(at, code)).toMatchObject({ error: "invalid_grant", error_description: expect.stringContaining("works once") });
		expect((await owner.ask("login.look", { code: code.user_code })).data).toMatchObject({ state: "taken" });
		expect(await audited(at.a)).toEqual(expect.arrayContaining(["login.approve", "key.create"]));
	});

	test("gets the workspace key as it was wrapped for it, and the control plane holds it no longer", async () => {
		const pair = await newDevicePair(true);
		const own = hex(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
		const raw = newKey();
		const { kid } = await WorkspaceKey.open(raw, at.a.workspaceId);
		const code = await askCode(at, own);
		const seen = (await owner.ask<{ publicKey: string }>("login.look", { code: code.user_code })).data;
		expect(seen.publicKey).toBe(own);
		const wrapped = base64(await wrapKey(raw, pair.publicKey, at.a.workspaceId));
		expect((await owner.tell("login.approve", { code: code.user_code, key: { kid, wrapped } })).status).toBe(200);
		const got = await poll(at, code);
		expect(hex(await unwrapKey(fromBase64(got.wrapped_key as string), pair.privateKey, at.a.workspaceId))).toBe(hex(raw));
		const { rows } = await system.query("SELECT 1 FROM device_login WHERE wrapped IS NOT NULL AND state = 'taken'");
		expect(rows).toEqual([]);
	});

	test("is not given a key of another id than the workspace's", async () => {
		const house = at.b;
		await system.query("UPDATE workspace SET kid = '0011223344556677' WHERE id = $1", [house.workspaceId]);
		const code = await askCode(at, publicKey());
		const wrapped = randomBytes(92).toString("base64url");
		const refused = await stranger.tell("login.approve", { code: code.user_code, key: { kid: "8899aabbccddeeff", wrapped } });
		expect(refused).toMatchObject({ reason: "wrong_workspace_key", message: expect.stringContaining("0011223344556677") });
		expect(await poll(at, code)).toMatchObject({ error: "authorization_pending" });
	});

	test("that is refused is told so, and its code can't be approved any more", async () => {
		const code = await askCode(at, publicKey());
		await owner.tell("login.deny", { code: code.user_code });
		expect(await poll(at, code)).toMatchObject({ error: "access_denied" });
		const late = await owner.tell("login.approve", { code: code.user_code });
		expect(late).toMatchObject({ reason: "conflict", message: expect.stringContaining("refused before") });
		expect(await audited(at.a)).toContain("login.deny");
	});

	test("within ten minutes only, by the database's clock", async () => {
		const [late, approved] = [await askCode(at, publicKey()), await askCode(at, publicKey())];
		await owner.tell("login.approve", { code: approved.user_code });
		await later("9 minutes", async () => {
			expect((await owner.ask("login.look", { code: late.user_code })).data).toMatchObject({ state: "asks" });
		});
		await later("11 minutes", async () => {
			expect((await owner.ask("login.look", { code: late.user_code })).data).toMatchObject({ state: "expired" });
			expect(await owner.tell("login.approve", { code: late.user_code })).toMatchObject({ message: expect.stringContaining("has expired") });
			for (const code of [late, approved]) expect(await poll(at, code)).toMatchObject({ error: "expired_token" });
		});
	});

	test("and asks too often is told to slow down, by more each time", async () => {
		const code = await askCode(at, publicKey());
		await poll(at, code);
		expect(await poll(at, code)).toMatchObject({ error: "slow_down", interval: 7 });
		expect(await poll(at, code)).toMatchObject({ error: "slow_down", interval: 12 });
		await later("20 seconds", async () => expect(await poll(at, code)).toMatchObject({ error: "authorization_pending", interval: 12 }));
	});

	test("is told nothing of a code that is none, and its page neither", async () => {
		expect(await poll(at, { device_code: "tgd_none" } as never)).toMatchObject({ error: "invalid_grant" });
		expect(await poll(at, { device_code: `tgd_${"A".repeat(43)}` } as never)).toMatchObject({ error: "invalid_grant" });
		for (const code of ["", "CCCC-CCCC", "OOOO-0000", "C".repeat(90)])
			expect(await owner.ask("login.look", { code })).toMatchObject({ status: 404, reason: "not_found" });
		for (const [path, body] of [
			["code", { public_key: "00", host: "h", version: "1" }],
			["code", null],
			["token", {}],
			["nothing", {}],
		] as const)
			expect((await post(at, path, body)).status).toBeGreaterThanOrEqual(400);
		expect((await fetch(`${at.url}/api/device/code`)).status).toBe(400);
		expect((await fetch(`${at.url}/api/device/code`, { method: "POST", body: "x".repeat(5000) })).status).toBe(413);
	});

	test("with a name full of tricks is shown as one short line", async () => {
		const code = await askCode(at, publicKey(), `\u202eevil\n<b>\0${"x".repeat(200)}`);
		const { data } = await owner.ask<{ host: string }>("login.look", { code: code.user_code });
		expect(data.host).toMatch(/^evil <b> x{1,60}$/);
		expect(data.host.length).toBeLessThanOrEqual(60);
	});
});

describe("of many at once", () => {
	test("who approve one code, one does, and the rest are told that it was used", async () => {
		const code = await askCode(at, publicKey());
		const people = [owner, operator, viewer, stranger, owner, operator];
		const told = await Promise.all(people.map((person) => person.tell("login.approve", { code: code.user_code })));
		expect(told.filter(({ status }) => status === 200)).toHaveLength(1);
		for (const { status, message } of told) if (status !== 200) expect(message).toContain("used before");
		const by = people[told.findIndex(({ status }) => status === 200)] as Member;
		expect(await poll(at, code)).toMatchObject({ person: by.email });
	});

	test("that ask for one approved sign-in, one gets the key", async () => {
		const code = await askCode(at, publicKey());
		await owner.tell("login.approve", { code: code.user_code });
		const answers = await Promise.all(Array.from({ length: 8 }, () => poll(at, code)));
		expect(answers.filter((answer) => answer.api_key)).toHaveLength(1);
		expect(answers.filter((answer) => answer.error === "invalid_grant")).toHaveLength(7);
	});

	test("that approve and refuse, one counts for both sides", async () => {
		const code = await askCode(at, publicKey());
		const [approved, denied] = await Promise.all([
			owner.tell("login.approve", { code: code.user_code }),
			operator.tell("login.deny", { code: code.user_code }),
		]);
		expect([approved.status, denied.status].sort()).toEqual([200, 409]);
		expect(Boolean((await poll(at, code)).api_key)).toBe(approved.status === 200);
	});
});

describe("the key of a sign-in", () => {
	test.each([
		["owner", "admin"],
		["operator", "deploy"],
		["viewer", "read"],
	])("of an %s has the scope %s", async (role, scope) => {
		const person = { owner, operator, viewer }[role] as Member;
		expect((await whoami(await signedIn(person))).role).toBe(scope);
	});

	test("follows the member's role down, and up to where it was, and ends with the membership", async () => {
		const person = await Member.join(at, at.a, "operator");
		const key = await signedIn(person);
		await person.become("viewer");
		expect((await whoami(key)).role).toBe("read");
		expect(await reasonOf(clientOf(at.url, key).api.workspaces.bindKey.mutate({ kid: "0".repeat(16) }))).toBe("forbidden");
		await person.become("owner");
		expect((await whoami(key)).role).toBe("deploy");
		await person.become(null);
		expect(await reasonOf(whoami(key))).toBe("revoked");
	});

	test("is not made for who stopped being a member between approval and fetching", async () => {
		const person = await Member.join(at, at.a, "operator");
		const code = await askCode(at, publicKey());
		await person.tell("login.approve", { code: code.user_code });
		await person.become(null);
		expect(await poll(at, code)).toMatchObject({ error: "access_denied" });
	});

	test("ends when the same device signs in again, when it is logged out, and when its device is removed", async () => {
		const device = publicKey();
		const first = await signedIn(operator, device);
		const second = await signedIn(operator, device);
		expect(await reasonOf(whoami(first))).toBe("revoked");
		expect(await clientOf(at.url, second).api.login.end.mutate()).toEqual({ name: `login on workbench by ${operator.email}` });
		expect(await reasonOf(whoami(second))).toBe("revoked");
		const third = await signedIn(operator, device);
		const listed = await operator.ask<{ devices: { id: string; kind: string; publicKey: string }[] }>("devices.list");
		const own = listed.data.devices.find((each) => each.publicKey === device);
		expect(own).toMatchObject({ kind: "cli", name: "workbench", own: true, state: "none" });
		expect((await operator.tell("devices.remove", { id: own?.id })).status).toBe(200);
		expect(await reasonOf(whoami(third))).toBe("revoked");
	});

	test("can neither approve a sign-in nor see devices: both are for people", async () => {
		const { api } = clientOf(at.url, await signedIn(owner));
		const code = (await askCode(at, publicKey())).user_code;
		expect(await reasonOf(api.login.approve.mutate({ code }))).toBe("forbidden");
		expect(await reasonOf(api.login.look.query({ code }))).toBe("forbidden");
		expect(await reasonOf(api.devices.list.query())).toBe("forbidden");
		expect((await owner.tell("login.end")).reason).toBe("bad_request");
		expect(await reasonOf(clientOf(at.url, "tg_none").api.login.end.mutate())).toBe("unauthorized");
	});
});

test("neither code is kept in a form that opens anything", async () => {
	const code = await askCode(at, publicKey());
	const { rows } = await system.query<{ text: string }>("SELECT row_to_json(l)::text AS text FROM device_login l");
	const all = rows.map(({ text }) => text).join("\n");
	expect(all).not.toContain(code.device_code.slice(4));
	for (const form of [code.user_code, code.user_code.replace("-", "")]) {
		expect(all).not.toContain(form);
		expect(all).not.toContain(Buffer.from(form).toString("hex"));
	}
});

test("a code is read however it was typed, and nothing else is taken for one", () => {
	expect(readCode(" cdfg hjkm ")).toBe("CDFG-HJKM");
	for (const wrong of ["CDFG-HJK", "CDFG-HJKMM", "CDFG-HJK0", "ÇDFG-HJKM"]) expect(readCode(wrong)).toBeNull();
});

test("whoever asks for codes without end is slowed down", async () => {
	const answers: number[] = [];
	for (let asked = 0; asked < 80 && !answers.includes(429); asked += 1)
		answers.push((await post(at, "code", { public_key: publicKey(), host: "h", version: "1" })).status);
	expect(answers).toContain(429);
});
