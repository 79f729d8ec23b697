/** Files become chunks of at most 1 MiB, named by what they hold under the workspace key, so that only new content travels. */
import { open } from "node:fs/promises";
import type { Bytes } from "../protocol/bytes.ts";
import { MAX_CHUNK } from "../protocol/limits.ts";
import { chunkCount, type ManifestFile } from "../protocol/manifest.ts";
import { chunkName, sealChunk } from "../protocol/open.ts";
import type { WorkspaceKey } from "../protocol/seal.ts";
import type { ChunkCache } from "./cache.ts";
import { ProjectProblem } from "./problem.ts";
import { type ScannedFile, unreadable } from "./scan.ts";

/** Enough to keep the disk and WebCrypto's threads busy; memory stays below this many chunks. */
const AT_ONCE = 16;

/** Where a chunk's content is: any file that has it. */
interface Source {
	file: ScannedFile;
	index: number;
}

export interface Chunked {
	files: ManifestFile[];
	/** Every chunk once, in the order of the files. */
	ids: string[];
	sources: Map<string, Source>;
}

export async function chunkFiles(key: WorkspaceKey, files: readonly ScannedFile[], cache?: ChunkCache): Promise<Chunked> {
	const chunks = new Array<string[]>(files.length);
	const fresh: number[] = [];
	for (const [at, file] of files.entries()) {
		const known = cache?.get(file);
		if (known) chunks[at] = known;
		else fresh.push(at);
	}
	await inParallel(fresh, async (at) => {
		const file = files[at] as ScannedFile;
		const names: string[] = [];
		await readChunks(file, async (content) => void names.push(await chunkName(key, content)));
		chunks[at] = names;
		cache?.set(file, names);
	});
	const sources = new Map<string, Source>();
	const manifest = files.map((file, at) => {
		const own = chunks[at] as string[];
		for (const [index, id] of own.entries()) if (!sources.has(id)) sources.set(id, { file, index });
		return { path: file.path, mode: file.mode, size: file.size, chunks: own };
	});
	return { files: manifest, ids: [...sources.keys()], sources };
}

/** Reads chunk `id` again and seals it. Throws ProjectProblem where the file is no longer what it was when it was named. */
export async function sealedChunk(key: WorkspaceKey, chunked: Chunked, id: string): Promise<Bytes> {
	const source = chunked.sources.get(id);
	if (!source) throw new Error(`the control plane asks for chunk ${id}, which this project does not have`);
	let content: Bytes | undefined;
	const keep = async (bytes: Bytes): Promise<void> => {
		content = bytes;
	};
	await readChunks(source.file, keep, source.index);
	if (!content || (await chunkName(key, content)) !== id) throw changed(source.file);
	return sealChunk(key, id, content);
}

/** Does `work` for each item, AT_ONCE at a time; the first failure ends it. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
	let next = 0;
	const worker = async (): Promise<void> => {
		while (next < items.length) await work(items[next++] as T);
	};
	await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
}

/** @param only reads just this chunk. */
async function readChunks(file: ScannedFile, use: (content: Bytes) => Promise<void>, only?: number): Promise<void> {
	const count = chunkCount(file.size);
	if (count === 0) return;
	let handle: Awaited<ReturnType<typeof open>>;
	try {
		handle = await open(file.source, "r");
	} catch (error) {
		throw unreadable(file.source, error);
	}
	try {
		for (let index = only ?? 0; index < (only === undefined ? count : only + 1); index++) {
			const expected = Math.min(MAX_CHUNK, file.size - index * MAX_CHUNK);
			const content = new Uint8Array(expected);
			let filled = 0;
			while (filled < expected) {
				const { bytesRead } = await handle.read(content, filled, expected - filled, index * MAX_CHUNK + filled);
				if (bytesRead === 0) throw changed(file);
				filled += bytesRead;
			}
			await use(content);
		}
	} catch (error) {
		throw unreadable(file.source, error);
	} finally {
		await handle.close();
	}
}

const changed = (file: ScannedFile): ProjectProblem => new ProjectProblem(`${file.path} changed while it was deployed: deploy again.`);
