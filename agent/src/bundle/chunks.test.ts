import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromHex } from "../protocol/bytes.ts";
import { MAX_CHUNK } from "../protocol/limits.ts";
import type { Manifest } from "../protocol/manifest.ts";
import { manifestAddress, openManifest, sealManifest } from "../protocol/open.ts";
import { SealError, WorkspaceKey } from "../protocol/seal.ts";
import { ChunkCache } from "./cache.ts";
import { type Chunked, chunkFiles, sealedChunk } from "./chunks.ts";
import { writeProject } from "./open.ts";
import { scanFolder } from "./scan.ts";

const workspace = "01980000-0000-7000-8000-000000000001";
let key: WorkspaceKey;
let root: string;
let from: string;

beforeEach(async () => {
	key = await WorkspaceKey.open(fromHex("11".repeat(32)), workspace);
	root = mkdtempSync(join(tmpdir(), "tidegate chunks "));
	from = join(root, "from");
	mkdirSync(join(from, "sub"), { recursive: true });
});
afterEach(() => {
	rmSync(root, { recursive: true, force: true });
});

/** Bytes that do not repeat, so that each chunk is its own. */
const noise = (length: number): Buffer => {
	const bytes = Buffer.alloc(length);
	let x = 1;
	for (let i = 0; i < length; i++) {
		x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
		bytes[i] = x >>> 16;
	}
	return bytes;
};

const manifestOf = (chunked: Chunked): Manifest => ({
	format: 1,
	workspace,
	flow: "flow",
	number: 3,
	entry: "flow.py:flow",
	doc: "",
	parameters: { type: "object", properties: {}, required: [], additionalProperties: false },
	tasks: [],
	requirements: "",
	python: "3.11",
	requiresPython: null,
	branch: null,
	message: null,
	files: chunked.files,
});

async function sealAll(chunked: Chunked): Promise<Map<string, Uint8Array>> {
	return new Map(await Promise.all(chunked.ids.map(async (id) => [id, await sealedChunk(key, chunked, id)] as const)));
}

describe("a project, sealed and opened again", () => {
	it("is the same, byte for byte, for files below, at and above the size of a chunk", async () => {
		const contents: Record<string, Buffer> = {
			"empty.txt": Buffer.alloc(0),
			"one.bin": noise(1),
			"sub/full.bin": noise(MAX_CHUNK),
			"sub/more.bin": noise(2 * MAX_CHUNK + 1),
		};
		for (const [path, bytes] of Object.entries(contents)) writeFileSync(join(from, path), bytes);
		chmodSync(join(from, "one.bin"), 0o755);
		const chunked = await chunkFiles(key, scanFolder(from));
		expect(chunked.files.map((file) => file.chunks.length)).toEqual([0, 1, 1, 3]);
		// The beginning of the longest file is the file of one chunk: sent once.
		expect(chunked.ids).toHaveLength(4);

		const sealed = await sealAll(chunked);
		const to = join(root, "to");
		await writeProject(key, manifestOf(chunked), to, (id) => sealed.get(id));
		for (const [path, bytes] of Object.entries(contents)) expect(readFileSync(join(to, path)).equals(bytes)).toBe(true);
		expect(statSync(join(to, "one.bin")).mode & 0o777).toBe(0o755);
		expect(statSync(join(to, "empty.txt")).mode & 0o777).toBe(0o644);
		expect(readdirSync(to, { recursive: true }).sort()).toEqual(["empty.txt", "one.bin", "sub", join("sub", "full.bin"), join("sub", "more.bin")]);
	});

	it("has chunk names that tell nothing to whoever lacks the key: other keys and workspaces name the same content differently", async () => {
		writeFileSync(join(from, "a.txt"), "the same");
		const files = scanFolder(from);
		const otherKey = await WorkspaceKey.open(fromHex("22".repeat(32)), workspace);
		const otherPlace = await WorkspaceKey.open(fromHex("11".repeat(32)), "01980000-0000-7000-8000-000000000002");
		const names = await Promise.all([key, key, otherKey, otherPlace].map(async (each) => (await chunkFiles(each, files)).ids[0]));
		expect(names[0]).toBe(names[1]);
		expect(new Set(names).size).toBe(3);
	});
});

describe("a control plane that lies is refused", () => {
	let chunked: Chunked;
	let sealed: Map<string, Uint8Array>;
	const write = (get = (id: string) => sealed.get(id)): Promise<void> => writeProject(key, manifestOf(chunked), join(root, "to"), get);

	beforeEach(async () => {
		writeFileSync(join(from, "a.py"), "a = 1\n");
		writeFileSync(join(from, "b.py"), "b = 2\n");
		chunked = await chunkFiles(key, scanFolder(from));
		sealed = await sealAll(chunked);
	});

	it("when it swaps two chunks, alters one, or leaves one out", async () => {
		const [a, b] = chunked.ids as [string, string];
		await expect(write((id) => sealed.get(id === a ? b : a))).rejects.toThrow(`chunk ${workspace} ${a}`);
		rmSync(join(root, "to"), { recursive: true });
		const altered = Uint8Array.from(sealed.get(b) as Uint8Array);
		altered[altered.length - 1] = (altered.at(-1) as number) ^ 1;
		await expect(write((id) => (id === b ? altered : sealed.get(id)))).rejects.toThrow(SealError);
		rmSync(join(root, "to"), { recursive: true });
		await expect(write((id) => (id === b ? undefined : sealed.get(id)))).rejects.toThrow(`chunk ${b} of b.py is missing`);
	});

	it("when it gives a manifest for another version or flow, or an address that is not its own", async () => {
		const manifest = manifestOf(chunked);
		const envelope = await sealManifest(key, manifest);
		const place = { workspace, flow: "flow", number: 3 };
		expect(await openManifest(key, place, envelope, await manifestAddress(key, manifest))).toEqual(manifest);
		await expect(openManifest(key, { ...place, number: 4 }, envelope)).rejects.toThrow(
			/manifest was altered, or belongs to another place than version .* flow 4/,
		);
		await expect(openManifest(key, { ...place, flow: "other" }, envelope)).rejects.toThrow(SealError);
		await expect(openManifest(key, place, envelope, "0".repeat(64))).rejects.toThrow(/has address [0-9a-f]{64}, but the control plane said 0{64}/);
	});

	it("and so is a manifest whose files leave the folder, repeat, or do not add up", async () => {
		const [file] = chunked.files as [Manifest["files"][number]];
		for (const files of [[{ ...file, path: "../a.py" }], [file, file], [{ ...file, size: 0 }], [{ ...file, size: 3 }]]) {
			rmSync(join(root, "to"), { recursive: true, force: true });
			await expect(writeProject(key, { ...manifestOf(chunked), files }, join(root, "to"), (id) => sealed.get(id))).rejects.toThrow(SealError);
		}
		expect(readdirSync(root).sort()).toEqual(["from", "to"]);
	});
});

describe("an address", () => {
	it("is the same whatever the number and what Git says, and another as soon as one byte or mode differs", async () => {
		writeFileSync(join(from, "a.py"), "a = 1\n");
		const manifest = manifestOf(await chunkFiles(key, scanFolder(from)));
		const address = await manifestAddress(key, manifest);
		expect(await manifestAddress(key, { ...manifest, number: 9, branch: "main", message: "m" })).toBe(address);
		chmodSync(join(from, "a.py"), 0o755);
		expect(await manifestAddress(key, manifestOf(await chunkFiles(key, scanFolder(from))))).not.toBe(address);
		chmodSync(join(from, "a.py"), 0o644);
		writeFileSync(join(from, "a.py"), "a = 2\n");
		expect(await manifestAddress(key, manifestOf(await chunkFiles(key, scanFolder(from))))).not.toBe(address);
	});
});

describe("files that were read before", () => {
	/** @param after milliseconds from now until the files are read */
	const cache = (after = 0): ChunkCache => new ChunkCache(join(root, "home"), workspace, key.kid, from, Date.now() + after);
	const LATER = 10_000;

	it("are not read again while they are unchanged", async () => {
		writeFileSync(join(from, "a.py"), "a = 1\n");
		const files = scanFolder(from);
		const first = cache(LATER);
		const before = await chunkFiles(key, files, first);
		first.save();
		rmSync(join(from, "a.py"));
		expect((await chunkFiles(key, files, cache())).ids).toEqual(before.ids);
	});

	it("are read again when they changed, however little shows it", async () => {
		writeFileSync(join(from, "a.py"), "a = 1\n");
		const first = cache(LATER);
		const before = await chunkFiles(key, scanFolder(from), first);
		first.save();
		writeFileSync(join(from, "a.py"), "a = 2\n");
		expect((await chunkFiles(key, scanFolder(from), cache())).ids).not.toEqual(before.ids);
	});

	it("are not remembered when they changed just now, since they may change again within a tick of the clock", async () => {
		writeFileSync(join(from, "a.py"), "a = 1\n");
		const files = scanFolder(from);
		const first = cache();
		await chunkFiles(key, files, first);
		first.save();
		rmSync(join(from, "a.py"));
		await expect(chunkFiles(key, files, cache())).rejects.toThrow(/cannot read .*a\.py: it disappeared/);
	});

	it("and a cache that was cut off costs time only", async () => {
		writeFileSync(join(from, "a.py"), "a = 1\n");
		const first = cache(LATER);
		const before = await chunkFiles(key, scanFolder(from), first);
		first.save();
		const folder = join(root, "home/cache/files");
		for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '{"format":1,"files":{');
		expect((await chunkFiles(key, scanFolder(from), cache())).ids).toEqual(before.ids);
	});

	it("a file that changes between naming and sending is refused by its path", async () => {
		writeFileSync(join(from, "a.py"), "a = 1\n");
		const chunked = await chunkFiles(key, scanFolder(from));
		writeFileSync(join(from, "a.py"), "a = 2\n");
		await expect(sealedChunk(key, chunked, chunked.ids[0] as string)).rejects.toThrow("a.py changed while it was deployed: deploy again.");
	});
});
