import { randomBytes } from "node:crypto";
import pg from "pg";
import { migrate } from "../../prisma/migrate.ts";

const TEMPLATE = "tidegate_template";

export type TestDatabase = {
	/** Superuser URL of a fresh, migrated, empty database. */
	url: string;
	name: string;
	/** Ends its sessions. It goes when its server does: to drop one costs more than to make one. */
	end(): Promise<void>;
};

/** The same server's URL for another database. */
export function withDatabase(url: string, name: string): string {
	const changed = new URL(url);
	changed.pathname = `/${name}`;
	return changed.href;
}

async function asSuperuser(url: string, ...statements: string[]): Promise<void> {
	const client = new pg.Client({ connectionString: url, application_name: "tidegate test" });
	await client.connect();
	try {
		for (const statement of statements) await client.query(statement);
	} finally {
		await client.end();
	}
}

/** Makes, anew, the migrated database that freshDatabase copies. */
export async function makeTemplate(url: string): Promise<void> {
	await asSuperuser(url, `drop database if exists ${TEMPLATE} with (force)`, `create database ${TEMPLATE}`);
	await migrate(withDatabase(url, TEMPLATE));
}

/** @param url superuser URL of the test Postgres; in vitest, `inject("databaseUrl")` */
export async function freshDatabase(url: string): Promise<TestDatabase> {
	const name = `test_${randomBytes(6).toString("hex")}`;
	// Copied as files: through the log each page of the template would be written twice.
	await asSuperuser(url, `create database ${name} template ${TEMPLATE} strategy file_copy`);
	return {
		url: withDatabase(url, name),
		name,
		end: () => asSuperuser(url, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`),
	};
}
