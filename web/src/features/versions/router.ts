import { MAX_BUNDLE, MAX_CHUNK, MAX_FILES, MAX_MANIFEST } from "tidegate/protocol/limits.ts";
import { ChunkId, FlowOptions, Name } from "tidegate/protocol/manifest.ts";
import { z } from "zod";
import { Kid, NewId, Sealed } from "../../server/inputs.ts";
import { router, workspaceProcedure } from "../../server/trpc.ts";
import { createVersion } from "./create.ts";
import { setLive } from "./live.ts";
import { getChunks, getVersion, listVersions, MAX_CHUNKS, prepareVersion } from "./versions.ts";

const Number_ = z
	.int()
	.min(1)
	.max(2 ** 31 - 1);
/** Every file may end in a piece of its own. */
const Chunks = z.array(ChunkId).max(MAX_FILES + MAX_BUNDLE / MAX_CHUNK);

export const versionsRouter = router({
	list: workspaceProcedure("read")
		.input(z.object({ flow: Name, cursor: Number_.optional() }))
		.query(({ ctx, input }) => listVersions(ctx.door, ctx.caller.workspace.id, input.flow, input.cursor)),
	get: workspaceProcedure("read")
		.input(z.object({ flow: Name, number: Number_.optional() }))
		.query(({ ctx, input }) => getVersion(ctx.door, ctx.caller.workspace.id, input.flow, input.number)),
	chunks: workspaceProcedure("read")
		.input(z.object({ flow: Name, number: Number_, ids: z.array(ChunkId).min(1).max(MAX_CHUNKS) }))
		.query(({ ctx, input }) => getChunks(ctx.door, ctx.caller.workspace.id, input)),
	setLive: workspaceProcedure("deploy")
		.input(z.object({ flow: Name, number: Number_, from: Number_ }))
		.mutation(({ ctx, input }) => setLive(ctx.door, ctx.caller, input)),
	// A mutation, since it touches the chunks that are there and its list is too long for a URL.
	prepare: workspaceProcedure("deploy")
		.input(z.object({ flow: Name, address: ChunkId, chunks: Chunks }))
		.mutation(({ ctx, input }) => prepareVersion(ctx.door, ctx.caller.workspace.id, input)),
	create: workspaceProcedure("deploy")
		.input(
			z.object({
				id: NewId,
				flow: Name,
				number: Number_,
				address: ChunkId,
				kid: Kid,
				manifest: Sealed(MAX_MANIFEST),
				chunks: Chunks,
				size: z
					.int()
					.min(0)
					.max(MAX_BUNDLE, `a project has at most ${MAX_BUNDLE / 1024 / 1024} MiB`),
				files: z.int().min(0).max(MAX_FILES),
				queueTimeout: FlowOptions.shape.queueTimeout,
				hooks: FlowOptions.shape.hooks,
				commit: z
					.string()
					.regex(/^[0-9a-f]{40,64}$/)
					.nullable(),
			}),
		)
		.mutation(({ ctx, input }) => createVersion(ctx.door, ctx.caller, input)),
});
