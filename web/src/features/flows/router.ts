import { Name } from "tidegate/protocol/manifest.ts";
import { z } from "zod";
import { Id } from "../../server/inputs.ts";
import { router, workspaceProcedure } from "../../server/trpc.ts";
import { getFlow, listFlows } from "./flows.ts";
import { readGrid } from "./grid.ts";
import { readMetrics } from "./metrics.ts";
import { pin, readPins, unpin } from "./pins.ts";
import { setTags, Tags } from "./tags.ts";

const Listing = z.object({
	/** Only these. */
	ids: z.array(Id).max(100).optional(),
	/** Of so many, the first by name, the figures are told. All of them where nothing is said. */
	measured: z.int().min(0).optional(),
});
const Pinned = z.object({ run: Id, artifact: Id });

export const flowsRouter = router({
	list: workspaceProcedure("read")
		.input(Listing.optional())
		.query(({ ctx, input }) => listFlows(ctx.door, ctx.caller.workspace.id, input)),
	get: workspaceProcedure("read")
		.input(z.object({ flow: Name }))
		.query(({ ctx, input }) => getFlow(ctx.door, ctx.caller.workspace.id, input.flow)),
	setTags: workspaceProcedure("organize")
		.input(z.object({ flow: Name, tags: Tags }))
		.mutation(({ ctx, input }) => setTags(ctx.door, ctx.caller, input.flow, input.tags)),
	grid: workspaceProcedure("read")
		.input(z.object({ flow: Name, limit: z.int().min(1).max(100).optional() }))
		.query(({ ctx, input }) => readGrid(ctx.door, ctx.caller.workspace.id, input.flow, input.limit ?? 30)),
	metrics: workspaceProcedure("read")
		.input(z.object({ flow: Name, before: Id.optional() }))
		.query(({ ctx, input }) => readMetrics(ctx.door, ctx.caller.workspace.id, input.flow, input.before)),
	pins: workspaceProcedure("read")
		.input(z.object({ flow: Name }))
		.query(({ ctx, input }) => readPins(ctx.door, ctx.caller.workspace.id, input.flow)),
	pin: workspaceProcedure("organize")
		.input(Pinned)
		.mutation(({ ctx, input }) => pin(ctx.door, ctx.caller, input)),
	unpin: workspaceProcedure("organize")
		.input(Pinned)
		.mutation(({ ctx, input }) => unpin(ctx.door, ctx.caller, input)),
});
