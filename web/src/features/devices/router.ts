import { z } from "zod";
import { Id, Kid } from "../../server/inputs.ts";
import { limit } from "../../server/rates.ts";
import { held, NEVER } from "../../server/subscriptions.ts";
import { router, workspaceProcedure } from "../../server/trpc.ts";
import { followDevices } from "./changes.ts";
import {
	askForKey,
	assertPerson,
	findOwn,
	grantKey,
	listAsking,
	listDevices,
	rejectGrant,
	removeDevice,
	renameDevice,
	takeGrant,
} from "./devices.ts";
import { oneLine, PublicKey, Wrapped } from "./inputs.ts";
import { approveLogin, denyLogin, endLogin, lookLogin } from "./login.ts";

const DeviceName = z
	.string()
	.max(1000)
	.transform((text) => oneLine(text, 100))
	.pipe(z.string().min(1, "must not be empty"));

/** All but `changes` are for people in browsers: which devices there are is no program's business. */
export const devicesRouter = router({
	list: workspaceProcedure("read")
		.input(z.object({}).optional())
		.query(({ ctx }) => listDevices(ctx.door, ctx.caller)),
	asking: workspaceProcedure("read")
		.input(z.object({}).optional())
		.query(({ ctx }) => listAsking(ctx.door, ctx.caller)),
	own: workspaceProcedure("read")
		.input(z.object({ publicKey: PublicKey }))
		.query(({ ctx, input }) => findOwn(ctx.door, ctx.caller, input.publicKey)),
	ask: workspaceProcedure("read")
		.input(z.object({ publicKey: PublicKey, name: DeviceName }))
		.mutation(({ ctx, input }) => askForKey(ctx.door, ctx.caller, input)),
	grant: workspaceProcedure("read")
		.input(z.object({ id: Id, publicKey: PublicKey, kid: Kid, wrapped: Wrapped }))
		.mutation(({ ctx, input }) => grantKey(ctx.door, ctx.caller, input)),
	take: workspaceProcedure("read")
		.input(z.object({ id: Id }))
		.mutation(({ ctx, input }) => takeGrant(ctx.door, ctx.caller, input.id)),
	reject: workspaceProcedure("read")
		.input(z.object({ id: Id }))
		.mutation(({ ctx, input }) => rejectGrant(ctx.door, ctx.caller, input.id)),
	rename: workspaceProcedure("read")
		.input(z.object({ id: Id, name: DeviceName }))
		.mutation(({ ctx, input }) => renameDevice(ctx.door, ctx.caller, input.id, input.name)),
	remove: workspaceProcedure("read")
		.input(z.object({ id: Id }))
		.mutation(({ ctx, input }) => removeDevice(ctx.door, ctx.caller, input.id)),
	changes: workspaceProcedure("read")
		.input(z.object({}).optional())
		.subscription(async function* ({ ctx, signal }) {
			const { assertAllowed, caller } = ctx;
			yield* held(ctx, followDevices({ workspaceId: caller.workspace.id, signal: signal ?? NEVER, assertAllowed }));
		}),
});

/** The code as a person typed it. */
const Code = z.string().max(100);

export const loginRouter = router({
	look: workspaceProcedure("read")
		.input(z.object({ code: Code }))
		.query(({ ctx, input }) => {
			assertPerson(ctx.caller);
			limit("deviceCode", ctx.caller.id);
			return lookLogin(input.code);
		}),
	approve: workspaceProcedure("read")
		.input(z.object({ code: Code, key: z.object({ kid: Kid, wrapped: Wrapped }).optional() }))
		.mutation(({ ctx, input }) => {
			limit("deviceCode", ctx.caller.id);
			return approveLogin(ctx.door, ctx.caller, input.code, input.key);
		}),
	deny: workspaceProcedure("read")
		.input(z.object({ code: Code }))
		.mutation(({ ctx, input }) => {
			limit("deviceCode", ctx.caller.id);
			return denyLogin(ctx.caller, input.code);
		}),
	/** An API key ends itself: `tidegate logout`. */
	end: workspaceProcedure("read")
		.input(z.object({}).optional())
		.mutation(({ ctx }) => endLogin(ctx.door, ctx.caller)),
});
