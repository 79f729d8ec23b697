/** A version as its deployer made it: the sealed manifest lists what to run and every file of the bundle. */
import { z } from "zod";
import { MAX_ATTEMPTS, MAX_CHUNK, MAX_FILES, MAX_NAME, MAX_RETRY_DELAY } from "./limits.ts";
import { HOOKS } from "./states.ts";

/** Names of flows, pools, agents: what people type and URLs carry. */
export const Name = z
	.string()
	.min(1)
	.max(MAX_NAME)
	.regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/, "use letters, digits, '.', '_' and '-', with a letter or digit at both ends");

export const ChunkId = z.string().regex(/^[0-9a-f]{64}$/, "a chunk id has 64 hexadecimal digits");

/** A path inside the project: relative, '/' between parts, no part of `..`, `.` or nothing. */
export const ProjectPath = z
	.string()
	.min(1)
	.max(1024)
	.refine(
		(path) => !path.includes("\\") && !path.includes("\0") && path.split("/").every((part) => part !== "" && part !== "." && part !== ".."),
		"the path leaves the project",
	);

export const ManifestFile = z.strictObject({
	path: ProjectPath,
	/** 0o644 or 0o755: that it may be executed is all that a deploy keeps. */
	mode: z.union([z.literal(0o644), z.literal(0o755)]),
	size: z.int().min(0),
	/** In order; each opens to at most MAX_CHUNK bytes. */
	chunks: z.array(ChunkId),
});
export type ManifestFile = z.infer<typeof ManifestFile>;

/** JSON Schema of the parameters, as the SDK derives it from the flow function. */
export const ParameterSchema = z.looseObject({
	type: z.literal("object"),
	properties: z.record(z.string(), z.looseObject({})),
	required: z.array(z.string()),
	additionalProperties: z.literal(false),
});
export type ParameterSchema = z.infer<typeof ParameterSchema>;

/** What the flow asks for its runs, as its decorator says. The agent reads it where no process of the run can: before it begins and after it died. */
export const FlowOptions = z.strictObject({
	retries: z
		.int()
		.min(0)
		.max(MAX_ATTEMPTS - 1)
		.default(0),
	/** Seconds, where the delay is constant; null where only code can say. */
	retryDelay: z.number().min(0).max(MAX_RETRY_DELAY).nullable().default(null),
	/** Seconds of one attempt, and in the queue. */
	timeout: z.number().positive().nullable().default(null),
	queueTimeout: z.number().positive().max(MAX_RETRY_DELAY).nullable().default(null),
	/** Bytes. */
	memory: z.int().positive().nullable().default(null),
	cpu: z.number().positive().nullable().default(null),
	gpus: z.int().min(0).nullable().default(null),
	hooks: z.array(z.enum(HOOKS)).max(HOOKS.length).default([]),
});
export type FlowOptions = z.infer<typeof FlowOptions>;

export const Manifest = z.strictObject({
	format: z.literal(1),
	workspace: z.uuid(),
	flow: Name,
	number: z.int().min(1),
	/** `path/inside/project.py:function` */
	entry: z.string().max(1200),
	doc: z.string(),
	parameters: ParameterSchema,
	/** Function names of the tasks, in the order of the source. */
	tasks: z.array(z.string()),
	/** The text of requirements.txt; empty where the flow needs only Python. */
	requirements: z.string(),
	/** The deployer's Python as `3.11`: an agent that has it prefers it. null where the flow needs none: it is TypeScript or JavaScript. */
	python: z
		.string()
		.regex(/^3\.\d+$/)
		.nullable(),
	/** `requires-python` of the project, where it says one. */
	requiresPython: z.string().nullable(),
	/** The deployer's Node as `24.21`, of a flow in TypeScript or JavaScript alone. */
	node: z
		.string()
		.regex(/^\d+\.\d+$/)
		.optional(),
	/** Absent in versions that were deployed before there were any: an address must not change. */
	options: FlowOptions.optional(),
	branch: z.string().nullable(),
	message: z.string().nullable(),
	files: z.array(ManifestFile).max(MAX_FILES),
});
export type Manifest = z.infer<typeof Manifest>;

/** What makes two deploys the same version: all but the number and what Git says of it. Keys in a fixed order. */
export function canonicalManifest(manifest: Manifest): string {
	const { number: _number, branch: _branch, message: _message, ...content } = manifest;
	return JSON.stringify(content, (_key, value: unknown) =>
		value && typeof value === "object" && !Array.isArray(value)
			? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
			: value,
	);
}

/** How many chunks a file of `size` bytes has. */
export const chunkCount = (size: number): number => Math.ceil(size / MAX_CHUNK);
