/** The other end of a deploy: from sealed manifest and chunks to a folder of files. What the agent runs comes through here. */
import { chmod, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MAX_CHUNK } from "../protocol/limits.ts";
import { chunkCount, type Manifest, ProjectPath } from "../protocol/manifest.ts";
import { openChunk } from "../protocol/open.ts";
import { SealError, type WorkspaceKey } from "../protocol/seal.ts";

/** Sealed chunks by id; undefined where one is not to be had. */
export type SealedChunk = (id: string) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

/** Every chunk of a version, each once, in the order of its files. */
export function chunksOf(manifest: Manifest): string[] {
	return [...new Set(manifest.files.flatMap((file) => file.chunks))];
}

/** Throws SealError where the list of files contradicts itself: a manifest by somebody with the key, but not by this program. */
export function checkFiles(manifest: Manifest): void {
	const seen = new Set<string>();
	for (const { path, size, chunks } of manifest.files) {
		if (!ProjectPath.safeParse(path).success) throw new SealError("format", `the manifest has a file that leaves the project: ${path}`);
		if (seen.has(path)) throw new SealError("format", `the manifest has two files at ${path}`);
		if (chunks.length !== chunkCount(size)) throw new SealError("format", `the manifest says ${size} bytes in ${chunks.length} chunks for ${path}`);
		seen.add(path);
	}
}

/**
 * Opens every file of `manifest` into `folder`, which is made (0700) and must be empty or new.
 * Throws SealError where a chunk was altered or swapped, and Error where one is missing; the caller removes what was written by then.
 */
export async function writeProject(key: WorkspaceKey, manifest: Manifest, folder: string, chunk: SealedChunk): Promise<void> {
	checkFiles(manifest);
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const folders = new Set(manifest.files.map((file) => dirname(join(folder, file.path))));
	for (const each of folders) await mkdir(each, { recursive: true, mode: 0o700 });
	for (const file of manifest.files) {
		const path = join(folder, file.path);
		const target = await open(path, "wx", file.mode);
		try {
			for (const [index, id] of file.chunks.entries()) {
				const sealed = await chunk(id);
				if (!sealed) throw new Error(`chunk ${id} of ${file.path} is missing`);
				const content = await openChunk(key, id, sealed);
				const expected = Math.min(MAX_CHUNK, file.size - index * MAX_CHUNK);
				if (content.length !== expected)
					throw new SealError("altered", `chunk ${id} of ${file.path} opens to ${content.length} bytes, the manifest says ${expected}`);
				await target.writeFile(content);
			}
		} finally {
			await target.close();
		}
		// The umask may have taken bits away from what open was told.
		await chmod(path, file.mode);
	}
}
