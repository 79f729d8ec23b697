/**
 * From the SDK's event records to what the control plane may know of them: function names, indexes, states and times are clear, everything else is
 * sealed, task keys become opaque ids.
 */
import { eventId, sealWait } from "../protocol/answers.ts";
import type { TaskContent, WaitContent } from "../protocol/content.ts";
import { MAX_ARTIFACT, MAX_ARTIFACTS, MAX_TASKS } from "../protocol/limits.ts";
import { sealArtifact, sealError, sealResult, sealTask, taskId } from "../protocol/open.ts";
import type { RunPlace } from "../protocol/places.ts";
import type { WorkspaceKey } from "../protocol/seal.ts";
import type { AgentEvent } from "../protocol/wire.ts";
import {
	type ArtifactRecord,
	type ChildRecord,
	type Record,
	type ResultOfRecord,
	records,
	type SuspendRecord,
	type TaskRecord,
	type WaitRecord,
} from "./records.ts";
import { Masker } from "./secrets/masker.ts";

export interface FoundArtifact {
	id: string;
	file: string;
	size: number;
}

/** Characters of a function's name, and parents of a task, that the wire takes. */
const MAX_FN = 200;
const MAX_PARENTS = 1000;

export class Events {
	readonly #key: WorkspaceKey;
	readonly #place: RunPlace;
	readonly #execution: number;
	readonly #ids = new Map<string, Promise<string>>();
	/** What is known of each task so far, until it ends: every sealed content is whole, whichever the control plane keeps. */
	readonly #tasks = new Map<string, TaskContent>();
	/** What of the contents must not leave. */
	masker: Masker = Masker.none;
	readonly artifacts = new Map<string, FoundArtifact>();
	/** The flow told an error of its own. */
	failed = false;
	/** The flow told what it returned: the one sign that it came to its end. */
	returned = false;
	/** The flow ended because it was asked to. */
	cancelled = false;
	/** The process ended to wait without itself, or to be tried again: its last word. */
	suspended: Pick<SuspendRecord, "on" | "mode"> | null = null;
	/** Waits that are told to nobody, and why. */
	readonly unkept = new Map<string, string>();
	retryAfter: number | null = null;
	/** Called for each child that the run asks for; again after a restart. */
	onChild: (key: string, child: ChildRecord) => void = () => undefined;
	/** Called for each result of another run that it asks for; again after a restart. */
	onResultOf: (asked: ResultOfRecord) => void = () => undefined;
	/** Limits that it passed, in words: what came after them stays home. */
	readonly limits = new Set<string>();
	/** Called once for each of them, though not for what an agent of before has said. */
	onLimit: (words: string) => void = () => undefined;
	#recalling = false;

	constructor(key: WorkspaceKey, place: RunPlace, execution: number) {
		this.#key = key;
		this.#place = place;
		this.#execution = execution;
	}

	/** Takes in records that the control plane has already: what later ones build on. */
	recall(content: Uint8Array): void {
		this.#recalling = true;
		for (const record of records(content)) this.#take(record);
		this.#recalling = false;
	}

	/** The process said how it ends: what it came to, or what for it waits. */
	get ended(): boolean {
		return this.returned || this.failed || this.cancelled || this.suspended !== null;
	}

	/** @param parts of the frame; sealed contents are added to it. */
	async read(content: Uint8Array, parts: Uint8Array[]): Promise<AgentEvent[]> {
		const taken = records(content).map((record) => ({ record, content: this.#take(record) }));
		// Of several records of one task in one piece only the last is sealed: it says all that the earlier ones said, but why an attempt failed.
		const last = new Map(taken.map(({ record }, index) => [record.type === "task" ? record.key : `#${index}`, index]));
		const told = await Promise.all(
			taken.map(async ({ record, content }, index) =>
				content === null
					? null
					: this.#tell(record, content, saysWhy(record) || last.get(record.type === "task" ? record.key : `#${index}`) === index),
			),
		);
		return told.flatMap((each) => {
			if (!each) return [];
			const sealed = each.sealed ? parts.push(each.sealed) - 1 : null;
			return [{ ...each.event, sealed } as AgentEvent];
		});
	}

	/** Remembers a record. @returns the task's content so far; null where the record is not told. */
	#take(record: Record): TaskContent | "told" | null {
		switch (record.type) {
			case "cancelled":
				this.cancelled = true;
				return null;
			case "error":
			case "timeout":
				this.failed = true;
				return "told";
			case "result":
				this.returned = true;
				return "told";
			case "suspend":
				this.suspended = record;
				return null;
			case "retry":
				this.retryAfter = record.after;
				return null;
			case "result_of":
				this.onResultOf(record);
				return null;
			case "wait":
				if (record.until === Number.POSITIVE_INFINITY) {
					this.unkept.set(record.key, `${record.key} waits for a moment that can't be kept: the latest is 3000-01-01 00:00 UTC`);
					return null;
				}
				if (record.child) this.onChild(record.key, record.child);
				return "told";
			case "artifact":
				return this.#takeArtifact(record) ? "told" : null;
			case "task":
				return this.#takeTask(record);
		}
	}

	#takeArtifact({ id, file, size }: ArtifactRecord): boolean {
		if (size > MAX_ARTIFACT) return false;
		const fits = this.artifacts.has(id) || this.artifacts.size < MAX_ARTIFACTS;
		if (fits) this.artifacts.set(id, { id, file, size });
		else this.#pass("artifacts", MAX_ARTIFACTS, "kept");
		return fits;
	}

	#pass(what: string, most: number, verb: string): void {
		const words = `this run made more than ${most.toLocaleString("en")} ${what}: those after that are not ${verb}`;
		if (!this.limits.has(words) && !this.#recalling) this.onLimit(words);
		this.limits.add(words);
	}

	#takeTask(record: TaskRecord): TaskContent | null {
		if (!this.#ids.has(record.key) && this.#ids.size >= MAX_TASKS) {
			this.#pass("tasks", MAX_TASKS, "shown");
			return null;
		}
		const before = this.#tasks.get(record.key);
		const content: TaskContent = {
			key: record.key,
			name: record.name ?? before?.name ?? null,
			inputs: record.inputs ?? before?.inputs ?? null,
			preview: record.preview ?? before?.preview ?? null,
			size: record.size ?? before?.size ?? null,
			error: record.error ?? null,
			python: record.python ?? before?.python ?? null,
			note: record.note ?? before?.note ?? null,
		};
		const ended = record.state !== "pending" && record.state !== "running" && record.state !== "waiting";
		if (ended) this.#tasks.delete(record.key);
		else this.#tasks.set(record.key, content);
		return content;
	}

	async #tell(record: Record, content: TaskContent | "told", seal: boolean): Promise<{ event: object; sealed: Uint8Array | null }> {
		const at = instant(record.t);
		const [key, place, execution] = [this.#key, this.#place, this.#execution];
		switch (record.type) {
			case "task": {
				const task = await this.#id(record.key);
				const parents = await Promise.all([...new Set(record.parents)].slice(0, MAX_PARENTS).map((each) => this.#id(each)));
				const map = record.map ? await this.#id(record.map) : null;
				const event = {
					type: "task",
					at,
					task,
					fn: record.fn.slice(0, MAX_FN),
					index: record.index ?? null,
					map,
					state: record.state,
					attempt: record.attempt,
					parents,
					until: record.until ? instant(record.until) : null,
					from: record.from?.run ?? null,
					cached: record.from?.cached ?? false,
				};
				return { event, sealed: seal ? await sealTask(key, place, task, this.masker.json(content as TaskContent)) : null };
			}
			case "artifact": {
				const { id, kind, size, name, mime } = record;
				const task = record.task ? await this.#id(record.task) : null;
				return {
					// To the microsecond: pages show those of one moment in the order of their making.
					event: { type: "artifact", at: exact(record.t), id, kind, task, size },
					sealed: await sealArtifact(key, place, id, this.masker.json({ name, mime })),
				};
			}
			case "result": {
				const { type: _type, t: _t, ...result } = record;
				return { event: { type: "result", at }, sealed: await sealResult(key, place, execution, this.masker.json(result)) };
			}
			case "wait":
				return this.#tellWait(record, at);
			case "error":
			case "timeout":
				return { event: { type: "error", at }, sealed: await sealError(key, place, execution, this.masker.json(record.error)) };
			case "cancelled":
			case "suspend":
			case "retry":
			case "result_of":
				throw new Error(`a record of type ${record.type} is not told by itself`);
		}
	}

	async #tellWait({ key: taskKey, kind, until, event, child, prompt }: WaitRecord, at: string) {
		const task = await this.#id(taskKey);
		const [name = "", key = ""] = event?.split("\0") ?? [];
		const named = event == null ? null : { name, key };
		// The key stays as it is: by it the next process knows what was answered.
		const content: WaitContent = {
			key: taskKey,
			prompt: this.masker.json(prompt ? { text: prompt.text, form: prompt.form ?? null } : null),
			event: this.masker.json(named),
		};
		const told = {
			...{ type: "wait", at, task, kind, due: until == null ? null : instant(until) },
			...{ event: named && (await eventId(this.#key, named)), child: child?.id ?? null },
		};
		return { event: told, sealed: await sealWait(this.#key, this.#place, task, content) };
	}

	/** Ids of tasks, as the control plane knows them. */
	ids(taskKeys: readonly string[]): Promise<string[]> {
		return Promise.all(taskKeys.map((each) => this.#id(each)));
	}

	#id(taskKey: string): Promise<string> {
		let id = this.#ids.get(taskKey);
		if (!id) {
			id = taskId(this.#key, this.#place.run, taskKey);
			this.#ids.set(taskKey, id);
		}
		return id;
	}
}

/** A failed attempt that another follows is not the last of its task in a piece, and nothing later repeats its error. */
const saysWhy = (record: Record): boolean => record.type === "task" && record.state === "failed";

const exact = (seconds: number): string => instant(seconds).replace("Z", `${String(Math.floor((seconds * 1e6) % 1000)).padStart(3, "0")}Z`);
const instant = (seconds: number): string => new Date(seconds * 1000).toISOString();
