/**
 * From an opened manifest to the folder that a flow runs in. Every path was checked to stay inside (manifest.ts), every folder is made here, every
 * file is made with O_EXCL in a folder that is new: so no link can be followed out of it.
 *
 * A small project is the run's own copy. Measured at 1,000 files, beside a Postgres that commits: reading and writing 45 to 490 ms, `cp --reflink=auto` 45 to 160 ms
 * (from a tree that has to be made first), hard links 17 ms. So Python source, which no flow writes into, is linked from the chunks, which notice if one does
 * (chunks.ts); everything else is copied, since a flow may well append to its own data file. A large project is one read-only tree for all, with a link for each file.
 */
import { randomUUID } from "node:crypto";
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync, symlinkSync, utimesSync, writeSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { chunksOf } from "../bundle/open.ts";
import { MAX_CHUNK } from "../protocol/limits.ts";
import type { Manifest, ManifestFile } from "../protocol/manifest.ts";
import { SealError } from "../protocol/seal.ts";
import type { ChunkStore } from "./chunks.ts";
import type { Version } from "./versions.ts";

/** Above this a run gets links instead of a copy. Bytes. */
const COPY = 20 * 1024 * 1024;
/** Other executions are reported at least this often meanwhile. Milliseconds. */
const SLICE_MS = 10;

export class Projects {
	/** Opened projects that are too large for a copy. */
	readonly trees: string;
	readonly #chunks: ChunkStore;
	readonly #making = new Map<string, Promise<string>>();

	constructor(trees: string, chunks: ChunkStore) {
		this.trees = trees;
		this.#chunks = chunks;
	}

	/** Makes `folder`, anew where an earlier try left one. Throws SealError, and ENOSPC and its like as they come. @returns whether it is links into a tree. */
	async write(version: Version, folder: string, signal?: AbortSignal): Promise<boolean> {
		if (existsSync(folder)) await rm(folder, { recursive: true, force: true });
		const { manifest } = version;
		const size = manifest.files.reduce((sum, file) => sum + file.size, 0);
		if (size <= COPY) {
			await this.#copy(manifest, folder, (file) => file.mode, signal);
			return false;
		}
		const tree = await this.#tree(version, signal);
		await inSlices(foldersFirst(manifest, folder), (file) => symlinkSync(join(tree, file.path), join(folder, file.path)), signal);
		return true;
	}

	/** The read-only tree of a version, made once. */
	async #tree({ address, manifest }: Version, signal?: AbortSignal): Promise<string> {
		const tree = join(this.trees, address);
		if (existsSync(tree)) {
			const now = new Date();
			utimesSync(tree, now, now);
			return tree;
		}
		let making = this.#making.get(address);
		if (!making) {
			making = this.#makeTree(manifest, tree).finally(() => this.#making.delete(address));
			this.#making.set(address, making);
		}
		await making;
		signal?.throwIfAborted();
		return tree;
	}

	async #makeTree(manifest: Manifest, tree: string): Promise<string> {
		const draft = `${tree}.${randomUUID()}`;
		try {
			await this.#copy(manifest, draft, (file) => file.mode & 0o555);
			renameSync(draft, tree);
		} catch (error) {
			await rm(draft, { recursive: true, force: true });
			throw error;
		}
		return tree;
	}

	async #copy(manifest: Manifest, folder: string, mode: (file: ManifestFile) => number, signal?: AbortSignal): Promise<void> {
		await this.#chunks.fetch(chunksOf(manifest), signal);
		const gone: ManifestFile[] = [];
		const write = (file: ManifestFile): void => {
			const path = join(folder, file.path);
			if (isSource(file) && mode(file) === 0o644 && this.#link(file, path)) return;
			const contents = file.chunks.map((id) => this.#chunks.read(id));
			if (contents.includes(undefined)) gone.push(file);
			else writeFile(path, file, contents as Buffer[], mode(file));
		};
		await inSlices(foldersFirst(manifest, folder), write, signal);
		if (gone.length === 0) return;
		// Chunks that were removed to make room, between the fetch and now.
		await this.#chunks.fetch(
			gone.flatMap((file) => file.chunks),
			signal,
		);
		await inSlices(gone.splice(0), write, signal);
		if (gone.length > 0)
			throw new Error(`the chunks of ${gone.length} files disappear as fast as they come: ${this.trees} lies on a disk that is too small`);
	}

	#link(file: ManifestFile, path: string): boolean {
		const [id] = file.chunks;
		try {
			return id !== undefined && this.#chunks.link(id, path);
		} catch (error) {
			throw clash(error);
		}
	}
}

const isSource = ({ path, chunks }: ManifestFile): boolean => chunks.length === 1 && /\.pyi?$/.test(path);

function foldersFirst(manifest: Manifest, folder: string): ManifestFile[] {
	const folders = new Set(manifest.files.map((file) => dirname(join(folder, file.path))));
	for (const each of [folder, ...folders]) {
		try {
			mkdirSync(each, { recursive: true, mode: 0o700 });
		} catch (error) {
			throw clash(error);
		}
	}
	return manifest.files;
}

function writeFile(path: string, file: ManifestFile, contents: Buffer[], mode: number): void {
	let fd: number;
	try {
		fd = openSync(path, "wx", 0o600);
	} catch (error) {
		throw clash(error);
	}
	try {
		for (const [index, content] of contents.entries()) {
			const expected = Math.min(MAX_CHUNK, file.size - index * MAX_CHUNK);
			if (content.length !== expected)
				throw new SealError("altered", `chunk ${file.chunks[index]} opens to ${content.length} bytes, the manifest says ${expected}`);
			for (let at = 0; at < content.length; ) at += writeSync(fd, content, at);
		}
	} finally {
		closeSync(fd);
	}
	chmodSync(path, mode);
}

/** A file that is a folder too, in a manifest that this program did not make. */
function clash(error: unknown): unknown {
	const code = (error as NodeJS.ErrnoException).code;
	return code === "EEXIST" || code === "ENOTDIR" || code === "EISDIR"
		? new SealError("format", "the manifest has a file where it also has a folder")
		: error;
}

async function inSlices(files: ManifestFile[], each: (file: ManifestFile) => void, signal?: AbortSignal): Promise<void> {
	let until = performance.now() + SLICE_MS;
	for (const file of files) {
		each(file);
		if (performance.now() < until) continue;
		await turn();
		signal?.throwIfAborted();
		until = performance.now() + SLICE_MS;
	}
}
