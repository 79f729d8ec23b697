/** What people and programs do to runs that go on: answers, events, pauses, marks. The procedures of runs.* and events.* that change a run, without those that make one. */
import { MAX_ANSWER } from "tidegate/protocol/limits.ts";
import { Name } from "tidegate/protocol/manifest.ts";
import { RUN_STATES, WAIT_KINDS } from "tidegate/protocol/states.ts";
import { z } from "zod";
import { audit } from "../../server/audit.ts";
import { Refused } from "../../server/errors.ts";
import { Id, PlainText, Sealed } from "../../server/inputs.ts";
import { limit } from "../../server/rates.ts";
import { router, workspaceProcedure } from "../../server/trpc.ts";
import { again } from "../../server/ways.ts";
import { cancelMany } from "./cancelling.ts";
import { markTask, pauseRun, resumeRun } from "./lifecycle/control.ts";
import { answerRun, sendEvent } from "./lifecycle/waiting.ts";
import { countRuns, stateOf } from "./list.ts";
import { listWaits } from "./waits.ts";

const Task = z.string().regex(/^[0-9a-f]{32}$/, "must be a task's id: 32 hexadecimal digits");
const Event = z.string().regex(/^[0-9a-f]{64}$/, "must be an event's id: 64 hexadecimal digits");
/** Times around which an id can be: to the end of 9999. */
const Instant = z.iso
	.datetime({ offset: true })
	.refine((at) => Date.parse(at) >= 86_400_000 && Date.parse(at) < 253_402_300_800_000, "must lie between 1970 and 9999");
const YEARS = 10 * 366 * 86_400;

/** Which runs: the same for those that are listed, counted and cancelled, so that what is cancelled is what was shown. */
export const Filter = z.object({
	flow: Name.optional(),
	states: z.array(z.enum(RUN_STATES)).optional(),
	number: z
		.int()
		.min(1)
		.max(2 ** 31 - 1)
		.optional(),
	label: PlainText(500).optional(),
	from: Instant.optional(),
	to: Instant.optional(),
	within: z.int().min(1).max(YEARS).optional(),
	ids: z.array(Id).max(1_000).optional(),
});

export const runAsks = {
	waits: workspaceProcedure("read")
		.input(
			z.object({
				kind: z.enum(WAIT_KINDS).optional(),
				run: Id.optional(),
				limit: z.int().min(1).max(200).optional(),
				cursor: z
					.string()
					.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} [0-9a-f]{32}$/, "must be the next of an answer before")
					.optional(),
			}),
		)
		.query(({ ctx, input }) => listWaits(ctx.door, ctx.caller.workspace.id, input)),
	answer: workspaceProcedure("run")
		.input(z.object({ id: Id, task: Task, answer: Sealed(MAX_ANSWER) }))
		.mutation(({ ctx, input: { id: run, task, answer } }) => {
			limit("act", ctx.caller.id);
			const { workspace, actor } = ctx.caller;
			return again(() => ctx.door.transaction((tx) => answerRun(tx, { workspace, actor, run, task, answer })));
		}),
	pause: workspaceProcedure("run")
		.input(z.object({ id: Id }))
		.mutation(({ ctx, input }) => {
			limit("act", ctx.caller.id);
			return again(() => ctx.door.transaction((tx) => pauseRun(tx, ctx.caller, input.id)));
		}),
	resume: workspaceProcedure("run")
		.input(z.object({ id: Id, scratch: z.boolean().optional() }))
		.mutation(({ ctx, input }) => {
			limit("act", ctx.caller.id);
			return again(() => ctx.door.transaction((tx) => resumeRun(tx, ctx.caller, input.id, input.scratch ?? false)));
		}),
	mark: workspaceProcedure("run")
		.input(z.object({ id: Id, task: Task, state: z.enum(["succeeded", "skipped"]), value: Sealed(MAX_ANSWER) }))
		.mutation(async ({ ctx, input: { id: run, ...mark } }) => {
			limit("act", ctx.caller.id);
			await ctx.door.transaction((tx) => markTask(tx, ctx.caller, { run, ...mark }));
			return { id: run };
		}),
	count: workspaceProcedure("read")
		.input(Filter)
		.query(async ({ ctx, input }) => ({ count: await countRuns(ctx.door, ctx.caller.workspace.id, input) })),
	cancelMany: workspaceProcedure("run")
		// An empty label would be none at all, and all runs.
		.input(Filter.extend({ label: PlainText(500).min(1).optional(), expected: z.int().min(0) }))
		.mutation(({ ctx, input: { expected, ...filter } }) => {
			limit("cancelMany", ctx.caller.id);
			return cancelMany(ctx.door, ctx.caller, filter, expected);
		}),
};

export const eventsRouter = router({
	/** `run`: that one alone. */
	send: workspaceProcedure("run")
		.input(z.object({ event: Event, value: Sealed(MAX_ANSWER).optional(), run: Id.optional() }))
		.mutation(async ({ ctx, input: { event, value, run } }) => {
			limit("act", ctx.caller.id);
			const { workspace, actor } = ctx.caller;
			const waited = await sendEvent(ctx.door, workspace.id, event, value ?? null, actor, run);
			if (run && waited === 0) {
				const state = await stateOf(ctx.door, workspace.id, run);
				if (state.ended) throw new Refused("run_ended", `Run ${run} has ended (${state.state}): it waits for no event any more.`);
				throw new Refused("unknown_wait", `Run ${run} does not wait for this event.`);
			}
			await ctx.door.transaction((tx) => audit(tx, ctx.caller, "event.send", event, { waited }));
			return { waited };
		}),
});
