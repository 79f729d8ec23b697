import { z } from "zod";
import { Email, ShownName } from "../../server/inputs.ts";
import { limit } from "../../server/rates.ts";
import { openProcedure, router, workspaceProcedure } from "../../server/trpc.ts";
import { findProvider, getProvider, removeProvider, saveProvider, testIssuer } from "./providers.ts";

const Issuer = z.string().trim().min(1, "is missing").max(500);
const Domain = z
	.string()
	.trim()
	.toLowerCase()
	.max(253)
	.regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/, "must be a domain, as example.com");

export const providersRouter = router({
	find: openProcedure.input(z.object({ email: Email })).query(({ input }) => findProvider(input.email)),
	get: workspaceProcedure("sign_in")
		.input(z.object({}).optional())
		.query(({ ctx }) => getProvider(ctx.door, ctx.caller.organization.id)),
	test: workspaceProcedure("sign_in")
		.input(z.object({ issuer: Issuer }))
		.mutation(({ ctx, input }) => {
			limit("discovery", ctx.caller.id);
			return testIssuer(input.issuer);
		}),
	save: workspaceProcedure("sign_in")
		.input(
			z.object({
				name: ShownName(100),
				issuer: Issuer,
				clientId: z.string().trim().min(1, "is missing").max(500),
				clientSecret: z.string().min(1).max(2_000).optional(),
				domains: z.array(Domain).min(1, "name at least one").max(50),
				role: z.enum(["admin", "operator", "viewer"]),
			}),
		)
		.mutation(({ ctx, input }) => {
			limit("discovery", ctx.caller.id);
			return saveProvider(ctx.door, ctx.caller, input);
		}),
	remove: workspaceProcedure("sign_in")
		.input(z.object({}))
		.mutation(({ ctx }) => removeProvider(ctx.door, ctx.caller)),
});
