import type { Sql } from "./db.ts";

/** One at a time, until the transaction ends: those who count what there is of something at the same moment would all find room for one more. */
export const lockLimit = (tx: Sql, what: string): Promise<unknown> => tx.query("SELECT pg_advisory_xact_lock(7413, hashtext($1))", [what]);
