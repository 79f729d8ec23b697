import { z } from "zod";
import { Id, PlainText } from "../../server/inputs.ts";
import { router, workspaceProcedure } from "../../server/trpc.ts";
import { listAudit, TOPICS } from "./audit.ts";

const YEARS = 10 * 366 * 86_400;

export const auditRouter = router({
	// Addresses of people stand in it, so no API key reads it.
	list: workspaceProcedure("members")
		.input(
			z.object({
				text: PlainText(200).optional(),
				topic: z.enum(TOPICS).optional(),
				/** Seconds before now. */
				within: z.int().min(1).max(YEARS).optional(),
				limit: z.int().min(1).max(200).optional(),
				cursor: Id.optional(),
			}),
		)
		.query(({ ctx, input }) => listAudit(ctx.door, ctx.caller.workspace.id, input)),
});
