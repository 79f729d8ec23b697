// All that a control plane has at rest: every value of every table, and every file of the database.
import fs from "node:fs";
import path from "node:path";
import pg from "pg";
import type { Place } from "./search.ts";

/** Every value of every row of every table, in any schema but Postgres's own. */
export async function readDatabase(url: string): Promise<Place[]> {
	const client = new pg.Client({ connectionString: url, application_name: "proof" });
	await client.connect();
	try {
		const { rows: tables } = await client.query<{ name: string }>(
			"select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1",
		);
		const places: Place[] = [];
		for (const { name } of tables) {
			// Partitions are tables of their own: their parents would only repeat them.
			const { rows } = await client.query(`select * from only ${name}`);
			for (const row of rows) for (const [column, value] of Object.entries(row)) places.push(...valuesOf(value, `${name}.${column}`));
		}
		return places;
	} finally {
		await client.end();
	}
}

function valuesOf(value: unknown, where: string): Place[] {
	if (value === null || value === undefined) return [];
	if (Buffer.isBuffer(value)) return [{ where, bytes: value }];
	if (Array.isArray(value)) return value.flatMap((one) => valuesOf(one, where));
	return [{ where, bytes: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)) }];
}

/** Every file below a folder: tables with their dead rows, and the write-ahead log. */
export function readFiles(folder: string): Place[] {
	const names = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
	return names
		.filter((entry) => entry.isFile())
		.map((entry) => {
			const file = path.join(entry.parentPath, entry.name);
			return { where: path.relative(folder, file), bytes: fs.readFileSync(file) };
		});
}
