import { tracked } from "@trpc/server";
import { MAX_PARAMETERS } from "tidegate/protocol/limits.ts";
import { Name } from "tidegate/protocol/manifest.ts";
import { z } from "zod";
import { Id, NewId, Sealed, Seq } from "../../server/inputs.ts";
import { limit } from "../../server/rates.ts";
import { held, NEVER } from "../../server/subscriptions.ts";
import { router, workspaceProcedure } from "../../server/trpc.ts";
import { again } from "../../server/ways.ts";
import { Filter, runAsks } from "./asks.ts";
import { followRuns } from "./changes.ts";
import { readArtifact, readLogEnd, readLogs } from "./content.ts";
import { readEvents } from "./events.ts";
import { cancelRun } from "./lifecycle.ts";
import { listRuns } from "./list.ts";
import { getRun } from "./read.ts";
import { triggerRun } from "./trigger.ts";
import { watchRun } from "./watch.ts";

const VersionNumber = z
	.int()
	.min(1)
	.max(2 ** 31 - 1);

/** Counted before they are walked: a million of them would hold up everybody. */
const Labels = z
	.custom<Record<string, string>>((given) => !given || typeof given !== "object" || Object.keys(given).length <= 1000, "a run has at most 20 labels")
	.pipe(z.record(z.string(), z.string()));

export const runsRouter = router({
	...runAsks,
	trigger: workspaceProcedure("run")
		.input(
			z.object({
				id: NewId.optional(),
				flow: Name,
				number: VersionNumber.optional(),
				live: z.boolean().optional(),
				parameters: Sealed(MAX_PARAMETERS).optional(),
				labels: Labels.optional(),
				pool: Name.optional(),
				/** Goes on from where an ended run of the flow stands; `from`: the sealed key of the task from which on all is done again. */
				resumes: z.object({ run: Id, from: Sealed(10_000).optional(), changed: z.enum(["rerun", "keep"]).optional() }).optional(),
				/** Cached results are not used. */
				refresh: z.boolean().optional(),
			}),
		)
		.mutation(({ ctx, input }) => triggerRun(ctx.door, ctx.caller, input)),
	get: workspaceProcedure("read")
		.input(z.object({ id: Id }))
		.query(({ ctx, input }) => getRun(ctx.door, ctx.caller.workspace.id, input.id)),
	list: workspaceProcedure("read")
		.input(
			Filter.extend({
				ids: z.array(Id).max(200).optional(),
				parent: Id.optional(),
				own: z.boolean().optional(),
				limit: z.int().min(1).max(200).optional(),
				cursor: Id.optional(),
			}),
		)
		.query(({ ctx, input }) => listRuns(ctx.door, ctx.caller.workspace.id, input)),
	logs: workspaceProcedure("read")
		.input(z.object({ id: Id, after: Seq.optional(), limit: z.int().min(1).max(200).optional(), last: z.int().min(1).max(200).optional() }))
		.query(({ ctx, input: { id, after, limit, last } }) => {
			const workspaceId = ctx.caller.workspace.id;
			return last === undefined ? readLogs(ctx.door, workspaceId, id, after, limit) : readLogEnd(ctx.door, workspaceId, id, last);
		}),
	artifact: workspaceProcedure("read")
		.input(z.object({ id: Id, artifact: Id, after: Seq.optional() }))
		.query(({ ctx, input }) => readArtifact(ctx.door, ctx.caller.workspace.id, input.id, input.artifact, input.after)),
	events: workspaceProcedure("read")
		.input(
			z.object({
				id: Id,
				after: Seq.optional(),
				task: z
					.string()
					.regex(/^[0-9a-f]{32}$/, "must be a task's id: 32 hexadecimal digits")
					.optional(),
				limit: z.int().min(1).max(1_000).optional(),
			}),
		)
		.query(({ ctx, input }) => readEvents(ctx.door, ctx.caller.workspace.id, input)),
	cancel: workspaceProcedure("run")
		.input(z.object({ id: Id }))
		.mutation(({ ctx, input }) => {
			limit("act", ctx.caller.id);
			const workspaceId = ctx.caller.workspace.id;
			return again(() => ctx.door.transaction((tx) => cancelRun(tx, { workspaceId, runId: input.id, by: ctx.caller.actor })));
		}),
	watch: workspaceProcedure("read")
		.input(
			z.object({
				id: Id,
				lastEventId: z
					.string()
					.regex(/^\d{1,15}$/, "must be the id of an event that came before")
					.nullish(),
			}),
		)
		.subscription(async function* ({ ctx, input, signal }) {
			const { door, assertAllowed, drained, caller } = ctx;
			const after = Number(input.lastEventId ?? 0);
			const watching = { door, workspaceId: caller.workspace.id, run: input.id, after, signal: signal ?? NEVER, assertAllowed, drained };
			for await (const watched of held(ctx, watchRun(watching))) yield tracked(String(watched.seq), watched);
		}),
	changes: workspaceProcedure("read")
		.input(z.object({ flow: Name.optional() }))
		.subscription(async function* ({ ctx, input, signal }) {
			const { door, assertAllowed, caller } = ctx;
			yield* held(ctx, followRuns({ door, workspaceId: caller.workspace.id, flow: input.flow, signal: signal ?? NEVER, assertAllowed }));
		}),
});
