import { Name } from "tidegate/protocol/manifest.ts";
import { z } from "zod";
import { router, workspaceProcedure } from "../../server/trpc.ts";
import { getFlow, listFlows } from "./flows.ts";

export const flowsRouter = router({
	list: workspaceProcedure("read")
		.input(z.object({}).optional())
		.query(({ ctx }) => listFlows(ctx.door, ctx.caller.workspace.id)),
	get: workspaceProcedure("read")
		.input(z.object({ flow: Name }))
		.query(({ ctx, input }) => getFlow(ctx.door, ctx.caller.workspace.id, input.flow)),
});
