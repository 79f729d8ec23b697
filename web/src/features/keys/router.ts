import { z } from "zod";
import { writeUses } from "../../server/callers.ts";
import { Id, ShownName } from "../../server/inputs.ts";
import { SCOPES } from "../../server/roles.ts";
import { router, workspaceProcedure } from "../../server/trpc.ts";
import { createKey, listKeys, revokeKey } from "./keys.ts";

export const keysRouter = router({
	list: workspaceProcedure("keys")
		.input(z.object({}).optional())
		.query(async ({ ctx }) => {
			// Whoever looks because a key got out must see its last use, not that of ten seconds ago.
			await writeUses();
			return listKeys(ctx.door, ctx.caller.workspace.id);
		}),
	create: workspaceProcedure("keys")
		.input(
			z.object({
				name: ShownName(100),
				/** What CI needs. A wider key is asked for by name. */
				scope: z.enum(SCOPES).default("deploy"),
				expiresAt: z.iso.datetime().optional(),
			}),
		)
		.mutation(({ ctx, input }) => createKey(ctx.door, ctx.caller, input)),
	revoke: workspaceProcedure("keys")
		.input(z.object({ id: Id }))
		.mutation(({ ctx, input }) => revokeKey(ctx.door, ctx.caller, input.id)),
});
