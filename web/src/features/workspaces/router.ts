import { Name } from "tidegate/protocol/manifest.ts";
import { z } from "zod";
import { Kid } from "../../server/inputs.ts";
import { anywhereProcedure, router, workspaceProcedure } from "../../server/trpc.ts";
import { bindKey, createWorkspace, whoami } from "./workspaces.ts";

export const whoamiProcedure = anywhereProcedure.input(z.object({}).nullish()).query(({ ctx }) => whoami(ctx.door, ctx.caller));

export const workspacesRouter = router({
	create: workspaceProcedure("manage")
		.input(z.object({ name: Name }))
		.mutation(({ ctx, input }) => createWorkspace(ctx.caller, input.name)),
	bindKey: workspaceProcedure("deploy")
		.input(z.object({ kid: Kid }))
		.mutation(({ ctx, input }) => bindKey(ctx.door, ctx.caller, input.kid)),
});
