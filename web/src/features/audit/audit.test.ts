import { uuidv7 } from "tidegate/protocol/ids.ts";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { audit } from "../../server/audit.ts";
import { system, tenant } from "../../server/db.ts";
import { connectFresh, makePlace, type Place, queueRun } from "../runs/fixture.ts";
import { type AuditFilter, listAudit } from "./audit.ts";

let database: Awaited<ReturnType<typeof connectFresh>>;
let place: Place;
beforeAll(async () => {
	database = await connectFresh(inject("databaseUrl"));
	place = await makePlace();
});
afterAll(() => database.end());

const ask = (filter: AuditFilter) => listAudit(tenant(place), place.workspaceId, filter);
const ada = () => ({ actor: "ada@acme.test", workspace: { id: place.workspaceId } });

test("what was done is listed newest first, found by who, what and when, and paged without a gap or a double", async () => {
	for (let n = 0; n < 5; n++) await audit(system, ada(), "key.create", uuidv7(), { name: `100%_${n}`, scope: "run" });
	await audit(system, { ...ada(), actor: "Bea@acme.test" }, "pool.create", uuidv7(), { name: "gpu" });
	const all = await ask({});
	expect(all.entries.slice(0, 2).map(({ actor, action, data }) => [actor, action, data.name])).toEqual([
		["Bea@acme.test", "pool.create", "gpu"],
		["ada@acme.test", "key.create", "100%_4"],
	]);
	expect((await ask({ text: "bea@" })).entries).toHaveLength(1);
	// What is typed is no pattern.
	expect((await ask({ text: "100%_" })).entries).toHaveLength(5);
	expect((await ask({ text: "100_%" })).entries).toHaveLength(0);
	expect((await ask({ topic: "key" })).entries.every(({ action }) => action.startsWith("key."))).toBe(true);
	expect((await ask({ within: 3_600 })).entries).toHaveLength(all.entries.length);

	const found: string[] = [];
	let cursor: string | undefined;
	do {
		const page = await ask({ topic: "key", limit: 2, cursor });
		found.push(...page.entries.map(({ id }) => id));
		cursor = page.next ?? undefined;
	} while (cursor);
	expect(found).toEqual((await ask({ topic: "key" })).entries.map(({ id }) => id));
});

test("an entry about a run names its flow", async () => {
	const run = await queueRun(place);
	const entry = (await ask({ topic: "run" })).entries.find(({ target }) => target === run);
	expect(entry).toMatchObject({ action: "run.trigger", flow: "penguins" });
});

test("of a log with more than one question looks at, the rest is found by asking on", async () => {
	await system.query(
		`INSERT INTO audit (id, workspace_id, actor, action, target, at) SELECT tg_first_id(now), $1, 'many', 'run.pause', 'x', now
			FROM (SELECT tg_now() - interval '2 days' + make_interval(secs => n * 0.01) AS now FROM generate_series(1, 20100) n) made`,
		[place.workspaceId],
	);
	await system.query(
		"INSERT INTO audit (id, workspace_id, actor, action, target, at) SELECT tg_first_id(old), $1, 'rare', 'run.pause', 'x', old FROM (SELECT tg_now() - interval '3 days' AS old) o",
		[place.workspaceId],
	);
	const first = await ask({ text: "rare" });
	expect(first.entries).toEqual([]);
	expect(first.next).not.toBeNull();
	const second = await ask({ text: "rare", cursor: first.next ?? undefined });
	expect(second.entries.map(({ actor }) => actor)).toEqual(["rare"]);
	expect(second.next).toBeNull();
	expect((await ask({ text: "rare", within: 86_400 })).next).toBeNull();
});
