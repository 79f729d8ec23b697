import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { withDatabase } from "../infra/test/database.ts";
import { migrate } from "./migrate.ts";

const server = inject("databaseUrl");
const name = `migrate_${process.pid}`;
const url = withDatabase(server, name);
let dir: string;

async function query(at: string, sql: string): Promise<pg.QueryResult> {
	const client = new pg.Client(at);
	await client.connect();
	try {
		return await client.query(sql);
	} finally {
		await client.end();
	}
}

function write(migration: string, sql: string): void {
	fs.mkdirSync(path.join(dir, migration), { recursive: true });
	fs.writeFileSync(path.join(dir, migration, "migration.sql"), sql);
}

beforeEach(async () => {
	dir = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate-migrate-"));
	await query(server, `create database ${name}`);
});
afterEach(async () => {
	await query(server, `drop database ${name} with (force)`);
	fs.rmSync(dir, { recursive: true });
});

test("each file is applied once, in the order of its name", async () => {
	write("2_second", "insert into t values (2)");
	write("1_first", "create table t (n int)");
	expect(await migrate(url, dir)).toEqual({ applied: ["1_first", "2_second"] });
	write("3_third", "insert into t values (3)");
	expect(await migrate(url, dir)).toEqual({ applied: ["3_third"] });
	expect(await migrate(url, dir)).toEqual({ applied: [] });
	expect((await query(url, "select n from t order by n")).rows).toEqual([{ n: 2 }, { n: 3 }]);
});

test("the record is what Prisma's own migrate writes", async () => {
	write("1_first", "create table t ()");
	await migrate(url, dir);
	const { rows } = await query(url, "select * from _prisma_migrations");
	expect(rows).toEqual([
		{
			id: expect.stringMatching(/^[0-9a-f-]{36}$/),
			migration_name: "1_first",
			checksum: "1c1915f343399d3c36c07597c468eaeded2f1c3e999d273a6fcb8a48051fcf99",
			finished_at: expect.any(Date),
			started_at: expect.any(Date),
			rolled_back_at: null,
			logs: null,
			applied_steps_count: 1,
		},
	]);
});

test("a failing file leaves nothing of itself behind and is named with its line", async () => {
	write("1_first", "create table t (n int);\ninsert into t values (1);\n\ninsert into nowhere values (1);");
	await expect(migrate(url, dir)).rejects.toThrow(/migrations\/1_first\/migration\.sql:4: relation "nowhere" does not exist/);
	expect((await query(url, "select to_regclass('t') as t")).rows).toEqual([{ t: null }]);
	write("1_first", "create table t (n int)");
	expect(await migrate(url, dir)).toEqual({ applied: ["1_first"] });
});

test("a file changed after it was applied is refused", async () => {
	write("1_first", "create table t (n int)");
	await migrate(url, dir);
	write("1_first", "create table t (n int, m int)");
	await expect(migrate(url, dir)).rejects.toThrow(/1_first\/migration\.sql was changed after it was applied/);
});

test("a database from a newer version is refused", async () => {
	write("1_first", "create table t ()");
	await migrate(url, dir);
	fs.rmSync(path.join(dir, "1_first"), { recursive: true });
	await expect(migrate(url, dir)).rejects.toThrow(/1_first, which this checkout does not/);
});

test("a migration that Prisma's engine left half-way is refused with the way out", async () => {
	write("1_first", "create table t ()");
	await migrate(url, dir);
	await query(url, "update _prisma_migrations set finished_at = null, logs = 'it broke'");
	await expect(migrate(url, dir)).rejects.toThrow(/it broke.*migrate resolve --rolled-back 1_first/);
});

test("several servers starting at once apply each file once", async () => {
	write("1_first", "create table t (n int); insert into t values (1); select pg_sleep(0.2)");
	const all = await Promise.all([migrate(url, dir), migrate(url, dir), migrate(url, dir)]);
	expect(all.flatMap(({ applied }) => applied)).toEqual(["1_first"]);
	expect((await query(url, "select n from t")).rows).toEqual([{ n: 1 }]);
});

test("a server that is not there is said so", async () => {
	await expect(migrate("postgresql://postgres@127.0.0.1:1/x", dir)).rejects.toThrow(/cannot be reached/);
});
