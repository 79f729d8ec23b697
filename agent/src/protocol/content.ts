/** What is inside the sealed parts: read and written on the customer's side only (SDK, agent, CLI, unlocked browser). */
import { z } from "zod";

export const ErrorContent = z.object({
	type: z.string(),
	module: z.string(),
	message: z.string(),
	/** As Python prints it. */
	traceback: z.string(),
	frames: z.array(z.object({ file: z.string(), line: z.int(), function: z.string(), code: z.string(), own: z.boolean() })),
});
export type ErrorContent = z.infer<typeof ErrorContent>;

export const TaskContent = z.object({
	key: z.string(),
	name: z.string().nullable(),
	inputs: z.record(z.string(), z.string()).nullable(),
	preview: z.string().nullable(),
	size: z.int().nullable(),
	error: ErrorContent.nullable(),
	/** Type of the result, as `pandas.DataFrame`. */
	python: z.string().nullish(),
	/** A line for people: why it ran again, why its result could not be kept. */
	note: z.string().nullish(),
});
export type TaskContent = z.infer<typeof TaskContent>;

export const ArtifactContent = z.object({ name: z.string(), mime: z.string() });
export type ArtifactContent = z.infer<typeof ArtifactContent>;

/** `json` where the result is JSON of at most 256 KiB (the SDK measures; MAX_SEGMENT bounds it here), else its type, size and a short repr. */
export const ResultContent = z.object({
	json: z.unknown().optional(),
	repr: z.string().optional(),
	python: z.string().optional(),
	size: z.int().optional(),
});
export type ResultContent = z.infer<typeof ResultContent>;

/** Final offset of every stream, and a line for people where the end was not the flow's own ("the run directory is full"). */
export const FinishContent = z.object({
	/** As the agent saw it: a control plane that tells another end is found out. */
	outcome: z.string(),
	streams: z.record(z.string(), z.int()),
	note: z.string().nullable(),
	notShipped: z.int(),
});
export type FinishContent = z.infer<typeof FinishContent>;

/** One line of a `log.*` stream. */
export const LogRecord = z.object({
	t: z.number(),
	l: z.enum(["debug", "info", "warn", "error"]),
	m: z.string(),
	k: z.string().optional(),
	s: z.enum(["log", "stdout", "stderr", "agent"]),
	part: z.boolean().optional(),
	/** The task's attempt, from the second on. */
	a: z.int().optional(),
});
export type LogRecord = z.infer<typeof LogRecord>;

/** What a run waits for, as people and the next process read it. */
export const WaitContent = z.object({
	/** The wait's task key, such as `approval#0`. */
	key: z.string(),
	/** Of an approval: the question, and the JSON Schema of its form. */
	prompt: z.object({ text: z.string(), form: z.unknown() }).nullable(),
	/** Of an event: its name and key. */
	event: z.object({ name: z.string(), key: z.string() }).nullable(),
});
export type WaitContent = z.infer<typeof WaitContent>;

/** What somebody answered, or what an event brought. */
export const AnswerContent = z.object({ value: z.unknown() });
export type AnswerContent = z.infer<typeof AnswerContent>;

/** The task that a run resumes another from. */
export const FromContent = z.object({ from: z.string() });
export type FromContent = z.infer<typeof FromContent>;

/** A task's end, set by hand. */
export const MarkContent = z.object({ key: z.string(), value: z.unknown() });
export type MarkContent = z.infer<typeof MarkContent>;
