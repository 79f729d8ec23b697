/** Makes the connections to Postgres: one pool for each role, bounded, shared by the whole process. */
import pg from "pg";
import type { PrismaClient } from "./generated/client.ts";
import { log } from "./log.ts";
import { current, type Pools, pools } from "./pools.ts";

/** Together with the job queue's and the listener's, far below Postgres's usual 100, so that several servers fit. */
const APP_CONNECTIONS = 12;
const SYSTEM_CONNECTIONS = 6;
/** Longest statement and longest pause inside a transaction, milliseconds: whoever holds locks longer has a fault. */
const STATEMENT_TIMEOUT = 15_000;
const IDLE_IN_TRANSACTION = 15_000;
/** How long a request waits for a connection before it is told to try again, milliseconds. */
const CONNECT_TIMEOUT = 5_000;

const INT8 = 20;
/** Counters and sizes stay far below 2^53. */
const types: pg.CustomTypesConfig = {
	getTypeParser: ((oid: number, format?: "text" | "binary") =>
		oid === INT8 ? Number : pg.types.getTypeParser(oid, format as "text")) as pg.CustomTypesConfig["getTypeParser"],
};

/**
 * Of the system role, whose statements find rows by their keys: the claim must stay on its index, and planning it anew over all partitions costs
 * more than doing it.
 */
const PLAN_ONCE = " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off";

function pool(url: string, role: string, max: number, settings = ""): pg.Pool {
	const config: pg.PoolConfig & { pipeline: boolean } = {
		connectionString: url,
		options: `-c role=${role}${settings}`,
		application_name: role,
		max,
		pipeline: true,
		types,
		statement_timeout: STATEMENT_TIMEOUT,
		idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION,
		connectionTimeoutMillis: CONNECT_TIMEOUT,
		idleTimeoutMillis: 60_000,
		keepAlive: true,
	};
	const made = new pg.Pool(config);
	made.on("error", (error) => log.warn("a database connection was lost", { note: role, error }));
	// A connection that is lost between two statements of a transaction has nobody who listens, and an error that nobody hears ends the process.
	// Whoever holds it learns by its next statement.
	made.on("connect", (client) => client.on("error", () => undefined));
	return made;
}

async function prismaOver(app: pg.Pool): Promise<PrismaClient> {
	const [{ PrismaPg }, { PrismaClient }] = await Promise.all([import("@prisma/adapter-pg"), import("./generated/client.ts")]);
	return new PrismaClient({ adapter: new PrismaPg(app) });
}

/** Called once by whoever starts the process (server, seed, tests). @param url owner's URL: both roles are taken on by it. */
export function connect(url: string): Pools {
	if (current.pools) {
		if (current.pools.url === url) return current.pools;
		throw new Error("this process is already connected to another database: close it first");
	}
	const app = pool(url, "tidegate_app", APP_CONNECTIONS);
	const system = pool(url, "tidegate_system", SYSTEM_CONNECTIONS, PLAN_ONCE);
	let prisma: Promise<PrismaClient> | undefined;
	let closed: Promise<void> | undefined;
	current.pools = {
		url,
		app,
		system,
		prisma() {
			prisma ??= prismaOver(app);
			return prisma;
		},
		close() {
			closed ??= (async () => {
				current.pools = undefined;
				await (await prisma)?.$disconnect();
				await Promise.all([app.end(), system.end()]);
			})();
			return closed;
		},
	};
	return current.pools;
}

/** Fails where row-level security would not bind us: a role that passes it by makes every tenant visible to every other. */
export async function assertRoles(): Promise<void> {
	for (const [role, pool] of [
		["tidegate_app", pools().app],
		["tidegate_system", pools().system],
	] as const) {
		const { rows } = await pool.query<{ name: string; passes: boolean }>(
			"SELECT rolname AS name, rolsuper OR rolbypassrls AS passes FROM pg_roles WHERE rolname = current_user",
		);
		if (rows[0]?.name !== role || rows[0].passes) {
			throw new Error(
				`the database connection runs as ${rows[0]?.name}, not as ${role} bound by row-level security: DATABASE_URL must belong to a role that may SET ROLE to it`,
			);
		}
	}
}
