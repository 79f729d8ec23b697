/** What the SDK writes into events.<pid>.ndjson: decisions/0001-run-directory.md and 0007-inside-a-run.md. What is not understood is passed over: a newer SDK may write more. */
import { z } from "zod";
import { ErrorContent } from "../protocol/content.ts";
import { MAX_WAITS } from "../protocol/limits.ts";
import { ARTIFACT_KINDS, TASK_STATES, WAIT_KINDS } from "../protocol/states.ts";
import { MAX_COUNT } from "../protocol/wire.ts";

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
	until: Time.nullish().catch(null),
	/** A remembered one: the run that did it, and whether it was found by its inputs. */
	from: z
		.object({ run: z.uuid(), cached: z.boolean().catch(false) })
		.nullish()
		.catch(null),
	python: z.string().nullish().catch(null),
	note: z.string().nullish().catch(null),
});
const ChildRecord = z.object({
	id: z.uuid(),
	/** Absent for a step of the run's own version. */
	flow: z.string().nullable().default(null),
	step: z.string().nullable().default(null),
	parameters: z.record(z.string(), z.unknown()).default({}),
	labels: z.record(z.string(), z.string()).default({}),
	pool: z.string().nullable().default(null),
	detached: z.boolean().default(false),
});
export type ChildRecord = z.infer<typeof ChildRecord>;
const WaitRecord = z.object({
	type: z.literal("wait"),
	t: Time,
	key: z.string(),
	kind: z.enum(WAIT_KINDS),
	/** One that nobody can keep stays as that: passed over, the run that waits would fail with no word of it. */
	until: Time.nullish().catch(Number.POSITIVE_INFINITY),
	/** Its name and its key, with a NUL between them. */
	event: z.string().nullish(),
	child: ChildRecord.nullish(),
	prompt: z.object({ text: z.string(), form: z.unknown() }).nullish(),
});
/** Asks for what another run returned; told to nobody, answered into the inbox. */
const ResultOfRecord = z.object({
	type: z.literal("result_of"),
	t: Time,
	key: z.string(),
	flow: z.string(),
	version: z.int().min(1).max(MAX_COUNT).nullish(),
	run: z.string().nullish(),
	labels: z.record(z.string(), z.string()).default({}),
});
const SuspendRecord = z.object({
	type: z.literal("suspend"),
	t: Time,
	on: z.array(z.string()).max(MAX_WAITS),
	mode: z.enum(["all", "any"]).catch("all"),
});
const RetryRecord = z.object({ type: z.literal("retry"), t: Time, after: z.number().min(0) });
const TimeoutRecord = z.object({ type: z.literal("timeout"), t: Time, error: ErrorContent });
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
export const Record = z.discriminatedUnion("type", [
	TaskRecord,
	WaitRecord,
	ArtifactRecord,
	ResultRecord,
	ResultOfRecord,
	ErrorRecord,
	TimeoutRecord,
	SuspendRecord,
	RetryRecord,
	CancelledRecord,
]);
export type Record = z.infer<typeof Record>;
export type TaskRecord = z.infer<typeof TaskRecord>;
export type WaitRecord = z.infer<typeof WaitRecord>;
export type ResultOfRecord = z.infer<typeof ResultOfRecord>;
export type SuspendRecord = z.infer<typeof SuspendRecord>;
export type ArtifactRecord = z.infer<typeof ArtifactRecord>;

export function records(content: Uint8Array): Record[] {
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
