/** The connections that this process has: made by connect.ts, found by everybody (Next's bundles too) without importing drivers. */
import type pg from "pg";
import type { PrismaClient } from "./generated/client.ts";
import { shared } from "./shared.ts";

export interface Pools {
	url: string;
	/** As tidegate_app, which row-level security binds to one workspace. */
	app: pg.Pool;
	/** As tidegate_system, which sees all workspaces. */
	system: pg.Pool;
	/** Loaded when first needed: hot paths do without. */
	prisma(): Promise<PrismaClient>;
	close(): Promise<void>;
}

export const current = shared("pools", () => ({ pools: undefined as Pools | undefined }));

export function pools(): Pools {
	if (!current.pools) throw new Error("the database is not connected yet: connect() comes first");
	return current.pools;
}
