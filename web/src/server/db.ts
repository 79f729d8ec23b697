/**
 * The door to Postgres. `tenant(…)` is the only way to a workspace's rows for requests of people and agents: it sets the workspace with the
 * transaction, as a role that row-level security binds. `system` sees all workspaces: for claim, sweep, sign-in and the control plane's own jobs.
 *
 * Connections pipeline: BEGIN with set_config, the statement and COMMIT leave together, so a tenant query costs one round trip and works for any
 * SQL. Measured on loopback: 0.39 ms (0.25 as a named statement), against 0.41 in sequence and 0.32 without a transaction; set_config inside
 * the same statement (0.27) needs each statement rewritten around it, and is wrong the day that somebody forgets.
 */

import type pg from "pg";
import type { PoolClient, QueryResult, QueryResultRow } from "pg";
import type { Prisma } from "./generated/client.ts";
import { log } from "./log.ts";
import { pools } from "./pools.ts";

/** A statement with a name is planned once a connection: for hot paths whose text never changes. */
export type Statement = string | { name: string; text: string };

/** Answers come with int8 as number and timestamptz as Date. */
export interface Sql {
	query<R extends QueryResultRow = QueryResultRow>(statement: Statement, params?: readonly unknown[]): Promise<QueryResult<R>>;
}

export interface Tx extends Sql {
	/** Runs `hook` once the transaction is committed, never if it is not. For waking waiters; it must not throw. */
	afterCommit(hook: () => void): void;
}

/** Prisma inside a tenant transaction: for ordinary procedures. */
export type PrismaTx = Prisma.TransactionClient & Pick<Tx, "afterCommit">;

export interface Door extends Sql {
	/** Several statements. Statements that do not need each other's answers may be sent together (`Promise.all`). */
	transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

export interface TenantDoor extends Door {
	prisma<T>(work: (tx: PrismaTx) => Promise<T>): Promise<T>;
}

export interface Tenant {
	workspaceId: string;
	organizationId: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The set_config that opens a tenant's transaction. Ids are checked, since they stand in the text: a simple query takes no parameters. */
function setting({ workspaceId, organizationId }: Tenant): string {
	if (!UUID.test(workspaceId) || !UUID.test(organizationId)) throw new TypeError("a tenant is two ids in lower case");
	return `SELECT set_config('app.workspace','${workspaceId}',true), set_config('app.organization','${organizationId}',true)`;
}

function send<R extends QueryResultRow>(client: PoolClient, statement: Statement, params: readonly unknown[] = []): Promise<QueryResult<R>> {
	const config = typeof statement === "string" ? { text: statement } : statement;
	return client.query<R>({ ...config, values: params as unknown[] });
}

/** COMMIT of a transaction in which a statement failed answers ROLLBACK, without an error: then nothing was kept. */
function assertCommitted(done: QueryResult): void {
	if (done.command !== "COMMIT") throw new Error("a statement of this transaction failed, and the failure was not passed on: nothing was kept");
}

async function one<R extends QueryResultRow>(
	pool: pg.Pool,
	begin: string,
	statement: Statement,
	params?: readonly unknown[],
): Promise<QueryResult<R>> {
	const client = await pool.connect();
	let broken: Error | undefined;
	try {
		const [begun, answered, done] = await Promise.allSettled([client.query(begin), send<R>(client, statement, params), client.query("COMMIT")]);
		for (const part of [begun, answered, done]) if (part.status === "rejected") throw part.reason;
		return (answered as PromiseFulfilledResult<QueryResult<R>>).value;
	} catch (error) {
		// Postgres rolled back at COMMIT; a connection that could not even say so is of no more use.
		if (!(error as { severity?: string }).severity) broken = error as Error;
		throw error;
	} finally {
		client.release(broken);
	}
}

function runHooks(hooks: (() => void)[]): void {
	for (const hook of hooks) {
		try {
			hook();
		} catch (error) {
			log.error("a hook after commit failed", { error });
		}
	}
}

async function several<T>(pool: pg.Pool, begin: string, work: (tx: Tx) => Promise<T>): Promise<T> {
	const client = await pool.connect();
	const hooks: (() => void)[] = [];
	let broken: Error | undefined;
	let result: T;
	try {
		// Not awaited: it leaves together with the first statement. If it fails, so does the transaction, below.
		const begun = client.query(begin);
		begun.catch(() => undefined);
		result = await work({ query: (statement, params) => send(client, statement, params), afterCommit: (hook) => void hooks.push(hook) });
		await begun;
		assertCommitted(await client.query("COMMIT"));
	} catch (error) {
		await client.query("ROLLBACK").catch((reason: Error) => {
			broken = reason;
		});
		throw error;
	} finally {
		client.release(broken);
	}
	runHooks(hooks);
	return result;
}

/** @returns the door to one workspace. Cheap: make one per request. */
export function tenant(who: Tenant): TenantDoor {
	const set = setting(who);
	const begin = `BEGIN; ${set}`;
	return {
		query: (statement, params) => one(pools().app, begin, statement, params),
		transaction: (work) => several(pools().app, begin, work),
		async prisma(work) {
			const hooks: (() => void)[] = [];
			const client = await pools().prisma();
			const result = await client.$transaction(async (tx) => {
				await tx.$executeRawUnsafe(set);
				return work(Object.assign(tx, { afterCommit: (hook: () => void) => void hooks.push(hook) }));
			});
			runHooks(hooks);
			return result;
		},
	};
}

/** All workspaces. Never for what a request asks to see. */
export const system: Door = {
	query: (statement, params) => {
		const config = typeof statement === "string" ? { text: statement } : statement;
		return pools().system.query({ ...config, values: (params ?? []) as unknown[] });
	},
	transaction: (work) => several(pools().system, "BEGIN", work),
};
