import { Name } from "tidegate/protocol/manifest.ts";
import { z } from "zod";
import { Id } from "../../server/inputs.ts";
import { router, workspaceProcedure } from "../../server/trpc.ts";
import { createEnrolmentToken, listAgents, revokeAgent } from "./agents.ts";

export const agentsRouter = router({
	list: workspaceProcedure("read")
		.input(z.object({}).optional())
		.query(({ ctx }) => listAgents(ctx.door, ctx.caller.workspace.id)),
	createToken: workspaceProcedure("manage")
		.input(z.object({ pool: Name }))
		.mutation(({ ctx, input }) => createEnrolmentToken(ctx.door, ctx.caller, input.pool)),
	revoke: workspaceProcedure("manage")
		.input(z.object({ id: Id }))
		.mutation(({ ctx, input }) => revokeAgent(ctx.door, ctx.caller, input.id)),
});
