/** Makes room: run directories by age and size, caches by size, oldest first. Never what lives, and never what was not yet told. */
import { existsSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { closed, closedAt, list, RunFolder } from "./folder.ts";
import type { Home } from "./home.ts";
import { bytes, type Output, plural } from "./output.ts";
import { sizeOf } from "./size.ts";
import type { Store } from "./store.ts";

const DAY = 24 * 3600 * 1000;
const GIB = 1024 ** 3;

export interface Limits {
	/** Milliseconds that an ended run's directory is kept. */
	runAge: number;
	/** Bytes of all ended runs' directories. */
	runSize: number;
	/** Bytes of opened chunks, of trees, and of environments, each. */
	cacheSize: number;
}

export const LIMITS: Limits = { runAge: 7 * DAY, runSize: 20 * GIB, cacheSize: 10 * GIB };
/** How often. Milliseconds. */
export const SWEEP = 10 * 60 * 1000;

export interface Tidying {
	home: Home;
	store: Store;
	/** Paths of run directories that an execution holds. */
	live: Set<string>;
	output: Output;
	/** Chunks were removed: whoever remembers which there are looks again. */
	onChunksGone(): void;
	limits?: Limits;
}

export async function makeRoom({ home, store, live, output, onChunksGone, limits = LIMITS }: Tidying): Promise<void> {
	const runs = await removeRuns(home, live, limits);
	const inUse = new Set([...live].flatMap((path) => RunFolder.read(path)?.notes.assignment.address ?? []));
	const trees = await removeOldest(await entries(home.trees), limits.cacheSize, (path) => inUse.has(path.split("/").at(-1) as string));
	const stored = (await Promise.all((await readdir(home.chunks)).map((name) => entries(join(home.chunks, name), "atimeMs")))).flat();
	const dropped = await removeOldest(stored, limits.cacheSize, () => false);
	if (dropped.count > 0) onChunksGone();
	// What runs may hold an environment open; links tell when each was last asked for.
	const environments = live.size === 0 ? await removeEnvironments(home.environments, limits.cacheSize) : { count: 0, size: 0 };
	const forgotten = await store.tidy(live.size === 0, limits.cacheSize);
	const size = forgotten + runs.size + trees.size + dropped.size + environments.size;
	if (size > 0)
		output.info(
			`made room: ${bytes(size)} (${plural(runs.count, "run directory", "run directories")}, ${plural(dropped.count + trees.count + environments.count, "cached item")})`,
		);
}

interface Item {
	path: string;
	/** Milliseconds since 1970 when it was last used. */
	at: number;
	size: number;
}

interface Removed {
	count: number;
	size: number;
}

async function removeRuns(home: Home, live: Set<string>, limits: Limits): Promise<Removed> {
	const ended = list(home.runs).filter((path) => !live.has(path) && (closed(path) !== null || isAbandoned(path)));
	const items = await Promise.all(ended.map(async (path) => ({ path, at: closedAt(path) || statSync(path).mtimeMs, size: await sizeOf(path) })));
	const old = items.filter(({ at }) => at < Date.now() - limits.runAge);
	for (const { path } of old) await remove(path);
	const rest = await removeOldest(
		items.filter((item) => !old.includes(item)),
		limits.runSize,
		() => false,
	);
	return { count: old.length + rest.count, size: old.reduce((sum, { size }) => sum + size, 0) + rest.size };
}

/** A folder that was cut short before anything was noted in it. */
const isAbandoned = (path: string): boolean => !existsSync(join(path, "agent.json"));

async function removeOldest(items: Item[], limit: number, keep: (path: string) => boolean): Promise<Removed> {
	let size = items.reduce((sum, item) => sum + item.size, 0);
	const removed: Removed = { count: 0, size: 0 };
	for (const item of items.sort((a, b) => a.at - b.at)) {
		if (size <= limit) break;
		if (keep(item.path)) continue;
		await remove(item.path);
		size -= item.size;
		removed.count++;
		removed.size += item.size;
	}
	return removed;
}

async function removeEnvironments(folder: string, limit: number): Promise<Removed> {
	const links = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink());
	const items = await Promise.all(
		links.map(async ({ name }) => {
			const path = join(folder, name);
			const target = readlinkSync(path);
			return { path, target, at: (await lstat(path)).mtimeMs, size: await sizeOf(target) };
		}),
	);
	const removed = await removeOldest(items, limit, () => false);
	for (const { path, target } of items) if (!existsSync(path)) await remove(target);
	return removed;
}

/** @param used which of its times tells the last use */
async function entries(folder: string, used: "mtimeMs" | "atimeMs" = "mtimeMs"): Promise<Item[]> {
	const names = readdirSync(folder);
	return Promise.all(
		names.map(async (name) => {
			const path = join(folder, name);
			const stat = await lstat(path).catch(() => undefined);
			return { path, at: stat?.[used] ?? 0, size: stat?.isDirectory() ? await sizeOf(path) : (stat?.size ?? 0) };
		}),
	);
}

async function remove(path: string): Promise<void> {
	// A flow may have left folders without the right to write in them; what cannot be removed is tried again next time.
	await rm(path, { recursive: true, force: true, maxRetries: 2 }).catch(() => undefined);
}
