import { uuidv7 } from "tidegate/protocol/ids.ts";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { browser, type ControlPlane, clientOf, linkFor, reasonOf, startControlPlane } from "../../fixture.ts";
import { forgetCallers } from "../../server/callers.ts";
import { system } from "../../server/db.ts";

let at: ControlPlane;
let person: ReturnType<typeof browser>;

beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
	person = browser(at.url);
	await person.signIn(await linkFor(at, at.a));
});
afterAll(() => at.end());

type Answer = { result?: { data: Record<string, unknown> }; error?: { message: string; data: { reason: string } } };

async function create(name: unknown): Promise<Answer> {
	const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name }) };
	return (await (await person.ask("/trpc/workspaces.create", init)).json()) as Answer;
}

async function whoami(workspace?: string): Promise<Record<string, unknown>> {
	const answer = await person.ask("/trpc/whoami", { headers: workspace ? { "x-tidegate-workspace": workspace } : {} });
	return ((await answer.json()) as Required<Answer>).result.data;
}

const setRole = async (role: string): Promise<void> => {
	await system.query("UPDATE member SET role = $1 WHERE organization_id = $2", [role, at.a.organizationId]);
	forgetCallers();
};

test("a workspace that a person makes is theirs at once, with a pool, without a key, and in its own audit log", async () => {
	const { result } = await create("staging");
	const id = result?.data.id as string;
	expect(await whoami(id)).toMatchObject({ workspace: { id, name: "staging", kid: null }, organization: { name: "Acme" } });
	expect((await whoami()).workspaces).toMatchObject([{ name: "production" }, { id, name: "staging", organization: { name: "Acme" } }]);
	const pools = await system.query("SELECT name FROM pool WHERE workspace_id = $1", [id]);
	expect(pools.rows).toEqual([{ name: "default" }]);
	const audit = await system.query("SELECT actor, action, target, data FROM audit WHERE workspace_id = $1", [id]);
	expect(audit.rows).toEqual([{ actor: at.a.email, action: "workspace.create", target: id, data: { name: "staging" } }]);
});

test("a name that is taken is refused, and so is none; another organization's name is no obstacle", async () => {
	expect((await create("production")).error).toMatchObject({
		message: 'There is a workspace "production" in Acme already.',
		data: { reason: "name_taken" },
	});
	expect((await create(" ")).error?.data.reason).toBe("bad_request");
	const { rows } = await system.query("SELECT count(*) FROM workspace WHERE organization_id = $1", [at.b.organizationId]);
	expect(rows).toEqual([{ count: 1 }]);
});

test("only who manages makes workspaces; a key never does, whatever its scope", async () => {
	for (const role of ["operator", "viewer"]) {
		await setRole(role);
		expect((await create(`by-${role}`)).error?.data.reason).toBe("forbidden");
	}
	await setRole("owner");
	expect(await reasonOf(clientOf(at.url, at.a.key).api.workspaces.create.mutate({ name: "by-key" }))).toBe("forbidden");
});

test("a member of several organizations sees all of their workspaces, and nobody else's", async () => {
	const third = uuidv7();
	await system.query("INSERT INTO organization (id, name) VALUES ($1, 'Cove')", [third]);
	await system.query("INSERT INTO workspace (id, organization_id, name) VALUES ($1, $2, 'lab')", [uuidv7(), third]);
	await system.query("INSERT INTO member (organization_id, user_id, role) SELECT $1, user_id, 'viewer' FROM member WHERE organization_id = $2", [
		third,
		at.a.organizationId,
	]);
	const { workspaces } = (await whoami()) as { workspaces: { id: string; name: string; organization: { name: string } }[] };
	expect(workspaces.map(({ name, organization }) => `${organization.name}/${name}`)).toEqual(["Acme/production", "Acme/staging", "Cove/lab"]);
	const lab = workspaces.at(-1)?.id;
	expect(await whoami(lab)).toMatchObject({ role: "viewer", may: ["read", "people"], workspace: { name: "lab" } });
	expect((await clientOf(at.url, at.a.key).api.whoami.query()).workspaces).toMatchObject([{ name: "production", organization: { name: "Acme" } }]);
});

test("an organization has room for a hundred, also where many are made at once", async () => {
	await system.query("INSERT INTO workspace (id, organization_id, name) SELECT gen_random_uuid(), $1, 'w' || n FROM generate_series(1, 95) n", [
		at.a.organizationId,
	]);
	const made = await Promise.all(Array.from({ length: 10 }, (_, i) => create(`at-once-${i}`)));
	expect(made.map(({ error }) => error?.data.reason ?? "made").sort()).toEqual([...Array(3).fill("made"), ...Array(7).fill("too_many")]);
	expect((await create("one-too-many")).error).toMatchObject({ message: "An organization may have 100 workspaces.", data: { reason: "too_many" } });
});
