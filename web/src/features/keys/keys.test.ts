import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type ControlPlane, clientOf, reasonOf, startControlPlane } from "../../fixture.ts";
import { SCOPES } from "../../server/roles.ts";
import { Member } from "../devices/fixture.ts";

let at: ControlPlane;
beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
});
afterAll(() => at.end());

const api = (key: string) => clientOf(at.url, key).api;
const made = (scope?: (typeof SCOPES)[number]) => api(at.a.key).keys.create.mutate({ name: `of ${scope}`, scope });

describe("a new API key", () => {
	test("may deploy and run, unless another scope is asked for", async () => {
		expect((await api((await made()).key).whoami.query()).role).toBe("deploy");
		for (const scope of SCOPES) expect((await api((await made(scope)).key).whoami.query()).role).toBe(scope);
	});

	test("is refused what its scope does not hold", async () => {
		const run = api((await made("run")).key);
		expect(await reasonOf(run.runs.trigger.mutate({ flow: "none" }))).toBe("unknown_flow");
		expect(await reasonOf(run.workspaces.bindKey.mutate({ kid: "0".repeat(16) }))).toBe("forbidden");
		expect(await reasonOf(api((await made("read")).key).runs.trigger.mutate({ flow: "none" }))).toBe("forbidden");
		expect(await reasonOf(api((await made("deploy")).key).keys.create.mutate({ name: "wider", scope: "admin" }))).toBe("forbidden");
	});

	test("is never made by who may not make keys, whatever its scope", async () => {
		for (const role of ["operator", "viewer"] as const) {
			const member = await Member.join(at, at.a, role);
			for (const scope of SCOPES) expect((await member.tell("keys.create", { name: "mine", scope })).reason).toBe("forbidden");
		}
	});

	test("that would have expired already is refused with the name of the field", async () => {
		const past = new Date(Date.now() - 1000).toISOString();
		const refused = await api(at.a.key)
			.keys.create.mutate({ name: "late", expiresAt: past })
			.catch((error) => error);
		expect(refused).toMatchObject({ data: { reason: "bad_request" }, message: expect.stringMatching(/^expiresAt: is in the past/) });
		const { keys } = await api(at.a.key).keys.list.query();
		expect(keys.map(({ name }) => name)).not.toContain("late");
	});

	test("lives no longer than the key that asks for it", async () => {
		const days = (n: number) => new Date(Date.now() + n * 86_400_000).toISOString();
		const passing = api((await api(at.a.key).keys.create.mutate({ name: "passing", scope: "admin", expiresAt: days(2) })).key);
		for (const expiresAt of [undefined, days(3)]) {
			const refused = await passing.keys.create.mutate({ name: "longer", expiresAt }).catch((error) => error);
			expect(refused).toMatchObject({ data: { reason: "forbidden" }, message: expect.stringMatching(/^expiresAt: the key that asks ends at 20/) });
		}
		expect(await passing.keys.create.mutate({ name: "shorter", expiresAt: days(1) })).toMatchObject({ scope: "deploy" });
	});
});
