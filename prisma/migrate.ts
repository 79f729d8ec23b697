// Applies prisma/migrations without Prisma's schema engine, which is no npm package and which closed networks
// cannot download. Same bookkeeping and same lock as `prisma migrate deploy`, so either may run after the other.
import { createHash, randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), "migrations");

/** The key of Prisma's own advisory lock. */
const LOCK = 72_707_369;

// started_at has a default because Prisma's engine inserts without it; tg_now() does not exist before the
// first migration, and this is the time of an operation, not of the product.
const bookkeeping = `create table if not exists _prisma_migrations (
  id varchar(36) primary key not null,
  checksum varchar(64) not null,
  finished_at timestamptz,
  migration_name varchar(255) not null,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz not null default statement_timestamp(),
  applied_steps_count integer not null default 0
)`;

type Migration = { name: string; sql: string; checksum: string };
type Row = { migration_name: string; checksum: string; finished: boolean; logs: string | null };

export class MigrationError extends Error {}

function read(dir: string): Migration[] {
	const found = fs.readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
	return found
		.map((entry) => entry.name)
		.sort()
		.map((name) => {
			const file = path.join(dir, name, "migration.sql");
			if (!fs.existsSync(file)) throw new MigrationError(`prisma/migrations/${name} holds no migration.sql: remove the folder or write the file`);
			const sql = fs.readFileSync(file, "utf8");
			return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
		});
}

/** What was applied must be a prefix of what is here, word for word. */
function pending(here: Migration[], rows: Row[]): Migration[] {
	const broken = rows.find((row) => !row.finished);
	if (broken) {
		throw new MigrationError(
			`Migration ${broken.migration_name} failed half-way earlier${broken.logs ? `: ${broken.logs.trim()}` : ""}. ` +
				`Mend the database by hand, then: npx prisma migrate resolve --rolled-back ${broken.migration_name} (or --applied)`,
		);
	}
	const byName = new Map(here.map((migration) => [migration.name, migration]));
	for (const row of rows) {
		const migration = byName.get(row.migration_name);
		if (!migration) {
			throw new MigrationError(
				`The database has migration ${row.migration_name}, which this checkout does not: its data is from a newer or another version. Check that version out again, or use another database`,
			);
		}
		if (migration.checksum !== row.checksum) {
			throw new MigrationError(
				`prisma/migrations/${row.migration_name}/migration.sql was changed after it was applied to this database. Undo the change and write a new migration for it`,
			);
		}
	}
	const applied = new Set(rows.map((row) => row.migration_name));
	return here.filter((migration) => !applied.has(migration.name));
}

function describe(migration: Migration, cause: unknown): string {
	const error = cause as { message?: string; position?: string; detail?: string; hint?: string };
	const line = error.position ? migration.sql.slice(0, Number(error.position)).split("\n").length : undefined;
	const where = `prisma/migrations/${migration.name}/migration.sql${line ? `:${line}` : ""}`;
	return [`${where}: ${error.message ?? String(cause)}`, error.detail, error.hint, "Nothing of this file was applied"].filter(Boolean).join(". ");
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
	try {
		await client.query("begin");
		await client.query(migration.sql);
		await client.query(
			`insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) values ($1, $2, $3, clock_timestamp(), 1)`,
			[randomUUID(), migration.checksum, migration.name],
		);
		await client.query("commit");
	} catch (cause) {
		await client.query("rollback").catch(() => undefined);
		throw new MigrationError(describe(migration, cause), { cause });
	}
}

/**
 * Brings the database at `url` (a role that may create tables and roles) up to this checkout.
 * @returns the names of the migrations that were applied now
 * @throws MigrationError saying which file, why, and what to do
 */
export async function migrate(url: string, dir: string = folder): Promise<{ applied: string[] }> {
	const here = read(dir);
	const client = new pg.Client({ connectionString: url, application_name: "tidegate migrate" });
	try {
		await client.connect();
	} catch (cause) {
		throw new MigrationError(`The database cannot be reached: ${(cause as Error).message || String(cause)}. Check DATABASE_URL`, { cause });
	}
	try {
		// Of the session, so that it outlives each file's transaction; it goes with the connection.
		await client.query("select pg_advisory_lock($1)", [LOCK]);
		await client.query(bookkeeping);
		const { rows } = await client.query<Row>(
			`select migration_name, checksum, finished_at is not null as finished, logs from _prisma_migrations where rolled_back_at is null order by started_at`,
		);
		const todo = pending(here, rows);
		for (const migration of todo) await apply(client, migration);
		return { applied: todo.map((migration) => migration.name) };
	} finally {
		await client.end();
	}
}
