import pg from "pg";
import { MigrationError, migrate } from "../../../prisma/migrate.ts";
import { urlOf } from "../../postgres/cluster.ts";
import { type Postgres, startPostgres } from "../../postgres/postgres.ts";
import { Advice } from "../../progress.mjs";
import { places } from "../places.ts";

const NAME = "tidegate";

/** The embedded Postgres, on its own port of last time if that is free. */
export async function startDatabase(port?: number): Promise<Postgres> {
	try {
		return await startPostgres({ dir: places.postgres, port });
	} catch (error) {
		throw new Advice((error as Error).message);
	}
}

/** The product's own database on it, made when missing. */
export async function productUrl(postgres: Postgres): Promise<string> {
	const client = new pg.Client({ connectionString: postgres.url, application_name: "npm start" });
	await client.connect();
	try {
		const { rowCount } = await client.query("select from pg_database where datname = $1", [NAME]);
		if (rowCount === 0) await client.query(`create database ${NAME}`);
	} finally {
		await client.end();
	}
	return productOn(postgres.url);
}

/** The same of the embedded Postgres that another start runs. */
export const runningUrl = (): string => productOn(urlOf(places.postgres));

function productOn(server: string): string {
	const url = new URL(server);
	url.pathname = `/${NAME}`;
	return url.href;
}

/** Resolves to what was done, in words. */
export async function applyMigrations(url: string): Promise<string> {
	try {
		const { applied } = await migrate(url);
		return applied.length === 0 ? "up to date" : `${applied.length} applied`;
	} catch (error) {
		if (error instanceof MigrationError) throw new Advice(error.message);
		throw error;
	}
}

/** The database as people may read it: without the password. */
export function withoutPassword(url: string): string {
	try {
		const clean = new URL(url);
		clean.password = "";
		return clean.href;
	} catch {
		throw new Advice("DATABASE_URL is no URL. It looks like postgresql://user:password@host:5432/database");
	}
}
