/**
 * Where runs of this agent keep what their finished tasks returned. The SDK alone reads and writes it (decisions/0007-inside-a-run.md); the agent makes it,
 * says its id to the control plane, and removes what is old. It may be shared by several agents: then each of them takes up the others' runs.
 */
import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writePrivate } from "../keys.ts";
import { StoreId } from "../protocol/wire.ts";
import { AgentError, readJson } from "./home.ts";
import { sizeOf } from "./size.ts";

const FORMAT = 1;
const StoreFile = z.object({ format: z.int(), id: StoreId });

const DAY = 24 * 3600 * 1000;
/** What may still be resumed from: by somebody who looks at a failed run after his holidays. Milliseconds. */
const KEPT = 30 * DAY;
/** What a run keeps that waits without a process: a wait may take that long. Milliseconds. */
const KEPT_WAITING = 400 * DAY;
/** A value may lie there before the line that names it. Milliseconds. */
const SPARED = DAY;
/** Stands in a run's folder while it waits without a process. */
const WAITING = "waiting";

export class Store {
	readonly path: string;
	readonly id: string;

	private constructor(path: string, id: string) {
		this.path = path;
		this.id = id;
	}

	/**
	 * One that was removed is made anew under the id that it had, for runs that wait go to nobody else: they find nothing there and begin anew. A folder that is
	 * there and empty may be where a disk is not mounted: that gets an id of its own.
	 * Throws AgentError where it is of a newer release, or cannot be made.
	 */
	static async open(path: string): Promise<Store> {
		const file = join(path, "store.json");
		const note = `${path}.id`;
		try {
			const before = isThere(path) ? undefined : StoreId.safeParse(existsSync(note) ? readFileSync(note, "utf8").trim() : "").data;
			for (const name of ["runs", "objects", "cache"]) await mkdir(join(path, name), { recursive: true, mode: 0o700 });
			if (!existsSync(file)) writePrivate(file, `${JSON.stringify({ format: FORMAT, id: before ?? randomBytes(8).toString("hex") })}\n`, true);
		} catch (error) {
			throw new AgentError(`the store ${path} cannot be made: ${(error as Error).message}`);
		}
		const read = StoreFile.safeParse(readJson(file));
		if (!read.success)
			throw new AgentError(`${file} is not that of a store: move ${path} away, and the agent makes a new one; runs that wait begin anew then.`);
		if (read.data.format > FORMAT)
			throw new AgentError(`the store ${path} has format ${read.data.format}, and this agent knows ${FORMAT}: update the agent.`);
		if (!existsSync(note) || readFileSync(note, "utf8").trim() !== read.data.id) writePrivate(note, `${read.data.id}\n`);
		return new Store(path, read.data.id);
	}

	/** Makes it anew where somebody removed it while the agent runs. */
	async restore(): Promise<void> {
		if (!isThere(this.path)) await Store.open(this.path);
	}

	/** Whether the run goes on without a process now, so that what it keeps is kept as long as it waits. */
	mark(run: string, waits: boolean): void {
		try {
			const file = join(this.path, "runs", run, WAITING);
			if (waits) writeFileSync(file, "", { mode: 0o600 });
			else rmSync(file, { force: true });
		} catch {
			// It keeps nothing.
		}
	}

	/** It is used now: its age counts from here. */
	touch(run: string): void {
		try {
			utimesSync(join(this.path, "runs", run), new Date(), new Date());
		} catch {
			// It keeps nothing yet.
		}
	}

	/**
	 * Removes what nobody resumes from any more.
	 * @param idle whether nothing runs here: only then may environments and folders of files go, which a run may hold open @param most bytes of environments @returns bytes
	 */
	async tidy(idle = false, most = Number.POSITIVE_INFINITY, now: number = Date.now()): Promise<number> {
		let removed = 0;
		const remove = async (path: string): Promise<void> => {
			removed += await sizeOf(path);
			await rm(path, { recursive: true, force: true }).catch(() => undefined);
		};
		const named = new Set<string>();
		for (const run of await names(join(this.path, "runs"))) {
			const path = join(this.path, "runs", run);
			const age = now - (await newest(path));
			if (age > (existsSync(join(path, WAITING)) ? KEPT_WAITING : KEPT)) await remove(path);
			else readNames(join(path, "checkpoints.log"), named);
		}
		for (const path of await files(join(this.path, "cache"))) {
			if (now - (await timeOf(path)) > lifeOf(path)) await remove(path);
			else readNames(path, named);
		}
		for (const path of await files(join(this.path, "objects"))) {
			if (!named.has(path.slice(-64)) && now - (await timeOf(path)) > SPARED) await remove(path);
		}
		if (idle) {
			// Folders of links to objects, which give files their names again: made anew where they are wanted.
			for (const path of await files(join(this.path, "views"))) if (now - (await timeOf(path)) > KEPT) await remove(path);
			await this.#tidyEnvironments(remove, most, now);
		}
		return removed;
	}

	/** Of steps and tasks that have one of their own. The time of `ready` is that of its last use; without that mark it is being built, or was cut short. */
	async #tidyEnvironments(remove: (path: string) => Promise<void>, most: number, now: number): Promise<void> {
		const folder = join(this.path, "environments");
		const found = (await names(folder)).filter((name) => /^[0-9a-f]{24}$/.test(name)).map((name) => join(folder, name));
		const items = await Promise.all(
			found.map(async (path) => ({ path, at: (await timeOf(join(path, "ready"))) || (await timeOf(path)), size: await sizeOf(path) })),
		);
		let size = items.reduce((sum, item) => sum + item.size, 0);
		for (const item of items.sort((a, b) => a.at - b.at)) {
			const age = now - item.at;
			// Another agent of the same store may have begun a run in it.
			if (age <= KEPT && (size <= most || age <= SPARED)) continue;
			// Away first, so that nobody finds a half of it.
			const gone = `${item.path}.gone`;
			await rename(item.path, gone).catch(() => undefined);
			await remove(gone);
			size -= item.size;
		}
	}
}

/** null where there is none yet. */
export function idOfStore(path: string): string | null {
	const read = StoreFile.safeParse(readJson(join(path, "store.json")));
	return read.success ? read.data.id : null;
}

/** A link that leads nowhere is there too. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

const names = (path: string): Promise<string[]> => readdir(path).catch(() => []);

/** Two levels, as objects and cached values lie. */
async function files(folder: string): Promise<string[]> {
	const found: string[] = [];
	for (const part of await names(folder)) for (const name of await names(join(folder, part))) found.push(join(folder, part, name));
	return found;
}

const timeOf = (path: string): Promise<number> =>
	stat(path).then(
		({ mtimeMs }) => mtimeMs,
		() => 0,
	);

async function newest(folder: string): Promise<number> {
	const times = await Promise.all(readdirSync(folder).map((name) => timeOf(join(folder, name))));
	return Math.max(await timeOf(folder), ...times);
}

/** A cached value may say itself for how long it is good; where it does not, and for all else, that is KEPT. */
function lifeOf(path: string): number {
	const entry = readJson(path);
	const seconds = entry && typeof entry === "object" && "for" in entry ? entry.for : null;
	return typeof seconds === "number" ? seconds * 1000 : KEPT;
}

/** The objects that a log or a cached value names: a folder's files stand there by their own names. A digest of anything else names none. */
function readNames(path: string, into: Set<string>): void {
	let content: string;
	try {
		content = readFileSync(path, "latin1");
	} catch {
		return;
	}
	for (const [, name] of content.matchAll(/"([0-9a-f]{64})"/g)) into.add(name as string);
}
