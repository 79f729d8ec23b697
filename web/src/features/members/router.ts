import { z } from "zod";
import { Email, Id, ShownName } from "../../server/inputs.ts";
import { lookAtLink } from "../../server/links.ts";
import { limit } from "../../server/rates.ts";
import { ROLES } from "../../server/roles.ts";
import { openProcedure, router, workspaceProcedure } from "../../server/trpc.ts";
import { createInvite, listInvites, lookAtInvite, revokeInvite } from "./invites.ts";
import { endAllSessions } from "./leaving.ts";
import { createLink, leave, listMembers, removeMember, rename, setRole } from "./members.ts";

const Role = z.enum(ROLES);

export const membersRouter = router({
	list: workspaceProcedure("people")
		.input(z.object({}).optional())
		.query(({ ctx }) => listMembers(ctx.door, ctx.caller)),
	setRole: workspaceProcedure("members")
		.input(z.object({ id: Id, role: Role }))
		.mutation(({ ctx, input }) => setRole(ctx.door, ctx.caller, input.id, input.role)),
	remove: workspaceProcedure("members")
		.input(z.object({ id: Id }))
		.mutation(({ ctx, input }) => removeMember(ctx.door, ctx.caller, input.id)),
	leave: workspaceProcedure("people")
		.input(z.object({}))
		.mutation(({ ctx }) => leave(ctx.door, ctx.caller)),
	/** Of whoever asks: nobody is named by others. */
	rename: workspaceProcedure("people")
		.input(z.object({ name: ShownName(100, "is empty: people must be told apart") }))
		.mutation(({ ctx, input }) => rename(ctx.door, ctx.caller, input.name)),
	createLink: workspaceProcedure("members")
		.input(z.object({ id: Id }))
		.mutation(({ ctx, input }) => {
			limit("invite", ctx.caller.id);
			return createLink(ctx.door, ctx.caller, input.id);
		}),
});

export const sessionsRouter = router({
	/** Everywhere: whoever asks is signed out as well. */
	endAll: workspaceProcedure("read")
		.input(z.object({}))
		.mutation(({ ctx }) => endAllSessions(ctx.door, ctx.caller)),
	/** Whom a one-time link is for. A mutation, so that the token stands in no address. */
	look: openProcedure.input(z.object({ token: z.string().max(200) })).mutation(({ input }) => lookAtLink(input.token)),
});

export const invitesRouter = router({
	list: workspaceProcedure("members")
		.input(z.object({}).optional())
		.query(({ ctx }) => listInvites(ctx.door, ctx.caller)),
	create: workspaceProcedure("members")
		.input(z.object({ email: Email, role: Role }))
		.mutation(({ ctx, input }) => {
			limit("invite", ctx.caller.id);
			return createInvite(ctx.door, ctx.caller, input);
		}),
	revoke: workspaceProcedure("members")
		.input(z.object({ id: Id }))
		.mutation(({ ctx, input }) => revokeInvite(ctx.door, ctx.caller, input.id)),
	// A mutation, so that the token stands in no address.
	look: openProcedure.input(z.object({ token: z.string().max(200) })).mutation(({ input }) => lookAtInvite(input.token)),
});
