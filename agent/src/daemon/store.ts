/**
 * Where runs of this agent keep what their finished tasks returned. The SDK alone reads and writes it (decisions/0007-inside-a-run.md); the agent makes it,
 * says its id to the control plane, and removes what is old. It may be shared by several agents: then each of them takes up the others' runs.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
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

	/** Throws AgentError where it is of a newer release, or cannot be made. */
	static async open(path: string): Promise<Store> {
		const file = join(path, "store.json");
		try {
			for (const name of ["runs", "objects", "cache"]) await mkdir(join(path, name), { recursive: true, mode: 0o700 });
			if (!existsSync(file)) writePrivate(file, `${JSON.stringify({ format: FORMAT, id: randomBytes(8).toString("hex") })}\n`, true);
		} catch (error) {
			throw new AgentError(`the store ${path} cannot be made: ${(error as Error).message}`);
		}
		const read = StoreFile.safeParse(readJson(file));
		if (!read.success)
			throw new AgentError(`${file} is not that of a store: move ${path} away, and the agent makes a new one; runs that wait begin anew then.`);
		if (read.data.format > FORMAT)
			throw new AgentError(`the store ${path} has format ${read.data.format}, and this agent knows ${FORMAT}: update the agent.`);
		return new Store(path, read.data.id);
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

	/** Removes what nobody resumes from any more. @returns bytes */
	async tidy(now: number = Date.now()): Promise<number> {
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
		return removed;
	}
}

/** null where there is none yet. */
export function idOfStore(path: string): string | null {
	const read = StoreFile.safeParse(readJson(join(path, "store.json")));
	return read.success ? read.data.id : null;
}

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

/** A cached value says itself how long it is good for; without, as long as any other. */
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
