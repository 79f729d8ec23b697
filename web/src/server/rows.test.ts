/** With all checks of the application switched off: whoever holds the tenant door of one workspace reaches no row of another, by any statement. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type ControlPlane, fill, startControlPlane, type World } from "../fixture.ts";
import { system, type TenantDoor, tenant } from "./db.ts";
import { pools } from "./pools.ts";

interface Table {
	name: string;
	/** What tells whose a row is: workspace_id, organization_id, or the organization's own id. */
	by: string | null;
	partition: boolean;
	secured: boolean;
}

let at: ControlPlane;
let b: World;
let door: TenantDoor;
let tables: Table[];

beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
	await fill(at, at.a);
	b = await fill(at, at.b);
	door = tenant(at.a);
	tables = (
		await system.query<Table>(
			`SELECT c.relname AS name, c.relispartition AS partition, c.relrowsecurity AND c.relforcerowsecurity AS secured,
				CASE WHEN c.relname = 'organization' THEN 'id' ELSE (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attname IN ('workspace_id', 'organization_id')
					AND NOT (c.relname = 'workspace' AND attname = 'workspace_id') ORDER BY attname DESC LIMIT 1) END AS by
				FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' WHERE c.relkind IN ('r', 'p')
				AND c.relname NOT IN ('clock', '_prisma_migrations') ORDER BY c.relname`,
		)
	).rows;
});
afterAll(() => at.end());

const tenantTables = (): Table[] => tables.filter(({ partition, by }) => !partition && by !== null);
const idOf = (table: Table): string => (table.by === "workspace_id" ? at.b.workspaceId : at.b.organizationId);
const DENIED = "42501";
/** Rows touched, or the refusal. */
const outcome = (statement: string, params: unknown[] = []): Promise<number | string> =>
	door.query(statement, params).then(
		({ rowCount }) => rowCount ?? 0,
		(error: { code: string }) => error.code,
	);

test("every table has row-level security that binds its owner too", () => {
	expect(tables.length).toBeGreaterThan(25);
	expect(tables.filter(({ secured }) => !secured)).toEqual([]);
	// Users and sessions are of no workspace; the tenant's role may not touch them at all.
	expect(tables.filter(({ by }) => by === null).map(({ name }) => name)).toEqual(["app_user", "session"]);
});

test("a month made later is as the first ones are: secured, and with the room on its pages", async () => {
	const shapes = async () => {
		const { rows } = await system.query<{ month: string; shape: string }>(
			`SELECT right(c.relname, 7) AS month, string_agg(concat_ws(' ', p.relname, c.relrowsecurity, c.relforcerowsecurity, c.reloptions), ', ' ORDER BY p.relname) AS shape
			FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid JOIN pg_class p ON p.oid = inhparent WHERE p.relkind = 'p' GROUP BY 1 ORDER BY 1`,
		);
		return rows;
	};
	const first = await shapes();
	await system.query("SELECT tg_make_partitions(tg_now() + interval '1 year', 0)");
	const all = await shapes();
	expect(all.length).toBe(first.length + 2);
	expect([...new Set(all.map(({ shape }) => shape))]).toEqual([expect.stringContaining("run t t {fillfactor=50}")]);
});

test("the other house has rows in every table, so that finding none means something", async () => {
	const empty: string[] = [];
	for (const table of tenantTables()) {
		const { rows } = await system.query(`SELECT 1 FROM ${table.name} WHERE ${table.by} = $1 LIMIT 1`, [idOf(table)]);
		if (rows.length === 0) empty.push(table.name);
	}
	expect(empty).toEqual([]);
});

describe("the tenant's door", () => {
	test("reads no row of another", async () => {
		for (const table of tenantTables()) {
			expect([table.name, await outcome(`SELECT 1 FROM ${table.name} WHERE ${table.by} = $1`, [idOf(table)])]).toEqual([table.name, 0]);
			expect([
				table.name,
				await outcome(`SELECT 1 FROM ${table.name} WHERE ${table.by} <> $1`, [table.by === "workspace_id" ? at.a.workspaceId : at.a.organizationId]),
			]).toEqual([table.name, 0]);
		}
	});
	test("changes and removes no row of another", async () => {
		for (const table of tenantTables()) {
			expect([0, DENIED]).toContain(await outcome(`UPDATE ${table.name} SET ${table.by} = ${table.by} WHERE ${table.by} = $1`, [idOf(table)]));
			expect([0, DENIED]).toContain(await outcome(`DELETE FROM ${table.name} WHERE ${table.by} = $1`, [idOf(table)]));
		}
	});
	test("writes no row into another's workspace, and moves none of its own there", async () => {
		for (const table of tenantTables()) {
			const { rows } = await system.query<{ row: unknown }>(`SELECT to_jsonb(t) AS row FROM ${table.name} t WHERE ${table.by} = $1 LIMIT 1`, [
				idOf(table),
			]);
			const insert = `INSERT INTO ${table.name} SELECT * FROM jsonb_populate_record(NULL::${table.name}, $1::jsonb)`;
			expect([table.name, await outcome(insert, [JSON.stringify(rows[0]?.row)])]).toEqual([table.name, DENIED]);
			expect([table.name, await outcome(`UPDATE ${table.name} SET ${table.by} = $1`, [idOf(table)])]).toEqual([table.name, DENIED]);
		}
	});
	test("reaches no partition by its own name, no user and no other schema", async () => {
		for (const { name } of tables.filter(({ partition }) => partition)) expect(await outcome(`SELECT 1 FROM ${name}`)).toBe(DENIED);
		for (const name of ["app_user", "session"]) expect(await outcome(`SELECT 1 FROM ${name}`)).toBe(DENIED);
		expect(await outcome("SELECT tg_make_partitions(tg_now(), 1)")).toBe(DENIED);
		expect(await outcome("UPDATE clock SET shift = '1 day'")).toBe(DENIED);
	});
	test("counts through Prisma what is its own alone", async () => {
		const counted = await door.prisma((tx) =>
			Promise.all([tx.run.count(), tx.run.count({ where: { workspaceId: b.house.workspaceId } }), tx.run.findUnique({ where: { id: b.run.id } })]),
		);
		expect(counted).toEqual([2, 0, null]);
	});
});

test("a connection that forgot to name its workspace sees and writes nothing", async () => {
	for (const table of tenantTables()) {
		expect((await pools().app.query(`SELECT 1 FROM ${table.name}`)).rowCount).toBe(0);
	}
	await expect(
		pools().app.query("INSERT INTO pool (id, workspace_id, name) VALUES (gen_random_uuid(), $1, 'stray')", [at.a.workspaceId]),
	).rejects.toThrow("row-level security");
});

test("a workspace that was named for one transaction is forgotten with it", async () => {
	const seen = await Promise.all(
		Array.from({ length: 40 }, (_, i) => tenant(i % 2 ? at.a : at.b).query<{ id: string }>("SELECT DISTINCT workspace_id AS id FROM pool")),
	);
	expect(seen.map(({ rows }) => rows.map((row) => row.id))).toEqual(Array.from({ length: 40 }, (_, i) => [(i % 2 ? at.a : at.b).workspaceId]));
	expect((await pools().app.query("SELECT current_setting('app.workspace', true) AS id")).rows[0]?.id || null).toBeNull();
});

test("ids that are no ids never reach the text of a statement", () => {
	for (const wrong of ["", "x'; DROP TABLE run; --", at.a.workspaceId.toUpperCase(), `${at.a.workspaceId}'`]) {
		expect(() => tenant({ workspaceId: wrong, organizationId: at.a.organizationId })).toThrow(TypeError);
	}
});
