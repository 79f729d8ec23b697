import { Name } from "tidegate/protocol/manifest.ts";
import { z } from "zod";
import { router, workspaceProcedure } from "../../server/trpc.ts";
import { changePool, createPool, listPools, pausePool, resumePool } from "./pools.ts";

/** Less than 5 s would take a slow report for a lost agent; more than a week is never. */
const Lease = z
	.int()
	.min(5)
	.max(7 * 24 * 3600);
/** Runs at once. To run none, pause the pool. */
const Limit = z.int().min(1).max(1_000_000);

const One = z.object({ pool: Name });

export const poolsRouter = router({
	list: workspaceProcedure("read")
		.input(z.object({}).optional())
		.query(({ ctx }) => listPools(ctx.door, ctx.caller.workspace.id)),
	create: workspaceProcedure("manage")
		.input(z.object({ name: Name, leaseSeconds: Lease.optional(), limit: Limit.optional() }))
		.mutation(({ ctx, input }) => createPool(ctx.door, ctx.caller, input)),
	change: workspaceProcedure("manage")
		.input(One.extend({ leaseSeconds: Lease.optional(), limit: Limit.nullable().optional() }))
		.mutation(({ ctx, input: { pool, ...rules } }) => changePool(ctx.door, ctx.caller, pool, rules)),
	pause: workspaceProcedure("manage")
		.input(One)
		.mutation(({ ctx, input }) => pausePool(ctx.door, ctx.caller, input.pool)),
	resume: workspaceProcedure("manage")
		.input(One)
		.mutation(({ ctx, input }) => resumePool(ctx.door, ctx.caller, input.pool)),
});
