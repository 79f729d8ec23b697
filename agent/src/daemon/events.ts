/**
 * From the SDK's event records to what the control plane may know of them: function names, indexes, states and times are clear, everything else is
 * sealed, task keys become opaque ids. Records that are not understood are passed over: a newer SDK may write more.
 */
import { z } from "zod";
import { ErrorContent, type TaskContent } from "../protocol/content.ts";
import { MAX_ARTIFACT, MAX_ARTIFACTS, MAX_TASKS } from "../protocol/limits.ts";
import { sealArtifact, sealError, sealResult, sealTask, taskId } from "../protocol/open.ts";
import type { RunPlace } from "../protocol/places.ts";
import type { WorkspaceKey } from "../protocol/seal.ts";
import { ARTIFACT_KINDS, TASK_STATES } from "../protocol/states.ts";
import { type AgentEvent, MAX_COUNT } from "../protocol/wire.ts";
import { Masker } from "./secrets/masker.ts";

/** Epoch seconds that a date and a database column can hold: to the year 3000. */
const Time = z.number().min(0).max(32_503_680_000);
const TaskRecord = z.object({
	type: z.literal("task"),
	t: Time,
	key: z.string(),
	fn: z.string(),
	index: z.int().min(0).max(MAX_COUNT).nullish(),
	map: z.string().nullish(),
	state: z.enum(TASK_STATES),
	attempt: z.int().min(1).max(MAX_COUNT).catch(1),
	parents: z.array(z.string()).catch([]),
	name: z.string().nullish(),
	inputs: z.record(z.string(), z.string()).nullish(),
	preview: z.string().nullish(),
	size: z.int().nullish(),
	error: ErrorContent.nullish().catch(null),
});
const ArtifactRecord = z.object({
	type: z.literal("artifact"),
	t: Time,
	id: z.uuid(),
	kind: z.enum(ARTIFACT_KINDS),
	name: z.string(),
	task: z.string().nullish(),
	/** Straight inside artifacts/: what a flow writes there by hand leads nowhere else. */
	file: z.string().regex(/^artifacts\/[A-Za-z0-9-]+(\.[A-Za-z0-9]+)?$/),
	mime: z.string(),
	size: z.int().min(0),
});
const ResultRecord = z.object({
	type: z.literal("result"),
	t: Time,
	json: z.unknown().optional(),
	repr: z.string().optional(),
	python: z.string().optional(),
	size: z.int().optional(),
});
const ErrorRecord = z.object({ type: z.literal("error"), t: Time, error: ErrorContent });
const CancelledRecord = z.object({ type: z.literal("cancelled"), t: Time });
const Record = z.discriminatedUnion("type", [TaskRecord, ArtifactRecord, ResultRecord, ErrorRecord, CancelledRecord]);
type Record = z.infer<typeof Record>;

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
	/** The flow ended because it was asked to. */
	cancelled = false;
	/** Tasks and artifacts above the limits, which stay home. */
	notTold = 0;

	constructor(key: WorkspaceKey, place: RunPlace, execution: number) {
		this.#key = key;
		this.#place = place;
		this.#execution = execution;
	}

	/** Takes in records that the control plane has already: what later ones build on. */
	recall(content: Uint8Array): void {
		for (const record of records(content)) this.#take(record);
	}

	/** @param parts of the frame; sealed contents are added to it. */
	async read(content: Uint8Array, parts: Uint8Array[]): Promise<AgentEvent[]> {
		const taken = records(content).map((record) => ({ record, content: this.#take(record) }));
		// Of several records of one task in one piece only the last is sealed: it says all that the earlier ones said.
		const last = new Map(taken.map(({ record }, index) => [record.type === "task" ? record.key : `#${index}`, index]));
		const told = await Promise.all(
			taken.map(async ({ record, content }, index) =>
				content === null ? null : this.#tell(record, content, last.get(record.type === "task" ? record.key : `#${index}`) === index),
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
				this.failed = true;
				return "told";
			case "result":
				return "told";
			case "artifact":
				return this.#takeArtifact(record) ? "told" : null;
			case "task":
				return this.#takeTask(record);
		}
	}

	#takeArtifact({ id, file, size }: z.infer<typeof ArtifactRecord>): boolean {
		const fits = size <= MAX_ARTIFACT && (this.artifacts.has(id) || this.artifacts.size < MAX_ARTIFACTS);
		if (fits) this.artifacts.set(id, { id, file, size });
		else this.notTold++;
		return fits;
	}

	#takeTask(record: z.infer<typeof TaskRecord>): TaskContent | null {
		if (!this.#ids.has(record.key) && this.#ids.size >= MAX_TASKS) {
			this.notTold++;
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
		};
		const ended = record.state !== "pending" && record.state !== "running" && record.state !== "waiting";
		if (ended) this.#tasks.delete(record.key);
		else this.#tasks.set(record.key, content);
		return content;
	}

	async #tell(record: Record, content: TaskContent | "told", seal: boolean): Promise<{ event: object; sealed: Uint8Array | null }> {
		const at = new Date(record.t * 1000).toISOString();
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
				};
				return { event, sealed: seal ? await sealTask(key, place, task, this.masker.json(content as TaskContent)) : null };
			}
			case "artifact": {
				const { id, kind, size, name, mime } = record;
				const task = record.task ? await this.#id(record.task) : null;
				return {
					event: { type: "artifact", at, id, kind, task, size },
					sealed: await sealArtifact(key, place, id, this.masker.json({ name, mime })),
				};
			}
			case "result": {
				const { type: _type, t: _t, ...result } = record;
				return { event: { type: "result", at }, sealed: await sealResult(key, place, execution, this.masker.json(result)) };
			}
			case "error":
				return { event: { type: "error", at }, sealed: await sealError(key, place, execution, this.masker.json(record.error)) };
			case "cancelled":
				throw new Error("a cancelled record is not told: the finish says it");
		}
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

function records(content: Uint8Array): Record[] {
	return Buffer.from(content.buffer, content.byteOffset, content.byteLength)
		.toString("utf8")
		.split("\n")
		.flatMap((line) => {
			if (line === "") return [];
			try {
				const read = Record.safeParse(JSON.parse(line));
				return read.success && Number.isFinite(new Date(read.data.t * 1000).getTime()) ? [read.data] : [];
			} catch {
				return [];
			}
		});
}
