import { Name } from "tidegate/protocol/manifest.ts";
import { z } from "zod";
import { router, workspaceProcedure } from "../../server/trpc.ts";
import { createPool, listPools } from "./pools.ts";

export const poolsRouter = router({
	list: workspaceProcedure("read")
		.input(z.object({}).optional())
		.query(({ ctx }) => listPools(ctx.door, ctx.caller.workspace.id)),
	create: workspaceProcedure("manage")
		.input(
			z.object({
				name: Name,
				/** Less than 5 s would take a slow report for a lost agent; more than a week is never. */
				leaseSeconds: z
					.int()
					.min(5)
					.max(7 * 24 * 3600)
					.optional(),
			}),
		)
		.mutation(({ ctx, input }) => createPool(ctx.door, ctx.caller, input)),
});
