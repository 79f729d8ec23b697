import { Name } from "tidegate/protocol/manifest.ts";
import { z } from "zod";
import { Id } from "../../server/inputs.ts";
import { held, NEVER } from "../../server/subscriptions.ts";
import { router, workspaceProcedure } from "../../server/trpc.ts";
import { createEnrolmentToken, listAgents } from "./agents.ts";
import { watchFleet } from "./fleet.ts";
import { drainAgent, renameAgent, resumeAgent, revokeAgent } from "./standing.ts";

/** Of one person or key: each page that shows the fleet is one, and compares all agents every two seconds. */
const MAX_WATCHERS = 50;

const One = z.object({ id: Id });

export const agentsRouter = router({
	list: workspaceProcedure("read")
		.input(z.object({}).optional())
		.query(({ ctx }) => listAgents(ctx.door, ctx.caller.workspace.id)),
	watch: workspaceProcedure("read")
		.input(z.object({}).optional())
		.subscription(async function* ({ ctx, signal }) {
			const { door, assertAllowed, caller } = ctx;
			const watching = watchFleet({ door, workspaceId: caller.workspace.id, signal: signal ?? NEVER, assertAllowed });
			yield* held(ctx, watching, { kind: "the fleet", most: MAX_WATCHERS });
		}),
	createToken: workspaceProcedure("manage")
		.input(z.object({ pool: Name }))
		.mutation(({ ctx, input }) => createEnrolmentToken(ctx.door, ctx.caller, input.pool)),
	drain: workspaceProcedure("manage")
		.input(One)
		.mutation(({ ctx, input }) => drainAgent(ctx.door, ctx.caller, input.id)),
	resume: workspaceProcedure("manage")
		.input(One)
		.mutation(({ ctx, input }) => resumeAgent(ctx.door, ctx.caller, input.id)),
	rename: workspaceProcedure("manage")
		.input(One.extend({ name: Name }))
		.mutation(({ ctx, input }) => renameAgent(ctx.door, ctx.caller, input.id, input.name)),
	revoke: workspaceProcedure("manage")
		.input(One)
		.mutation(({ ctx, input }) => revokeAgent(ctx.door, ctx.caller, input.id)),
});
