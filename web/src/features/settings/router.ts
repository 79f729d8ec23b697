import { MAX_SETTING } from "tidegate/protocol/limits.ts";
import { Name } from "tidegate/protocol/manifest.ts";
import { SETTING_KINDS, SettingName } from "tidegate/protocol/settings.ts";
import { z } from "zod";
import { Sealed } from "../../server/inputs.ts";
import { router, workspaceProcedure } from "../../server/trpc.ts";
import { listSettings, removeSetting, setSetting } from "./settings.ts";

const Place = z.object({
	kind: z.enum(SETTING_KINDS),
	name: SettingName,
	/** For agents of this pool alone; null: for all of the workspace. */
	pool: Name.nullable().default(null),
});

export const settingsRouter = router({
	list: workspaceProcedure("read")
		.input(z.object({}).optional())
		.query(({ ctx }) => listSettings(ctx.door, ctx.caller.workspace.id)),
	/** Makes it, or puts another value in its place. */
	set: workspaceProcedure("deploy")
		.input(Place.extend({ sealed: Sealed(MAX_SETTING) }))
		.mutation(({ ctx, input }) => setSetting(ctx.door, ctx.caller, input)),
	remove: workspaceProcedure("deploy")
		.input(Place)
		.mutation(({ ctx, input }) => removeSetting(ctx.door, ctx.caller, input)),
});
