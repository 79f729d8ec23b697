/**
 * Every message between agent and control plane. Each travels as the header of a frame (frame.ts); what is sealed travels as
 * binary parts that the header names by their index (`part`). All of it is listed here: what is not, does not cross the gate.
 */
import { z } from "zod";
import { MAX_DEPTH, MAX_LABEL, MAX_LABELS, MAX_RETRY_DELAY, MAX_SEGMENT, MAX_SETTINGS, MAX_STORES, MAX_TASKS, MAX_WAITS } from "./limits.ts";
import { ChunkId, Name } from "./manifest.ts";
import { SETTING_KINDS, SettingName } from "./settings.ts";
import { ANSWER_STATES, ARTIFACT_KINDS, HOOKS, RUN_ENDED, TASK_STATES, WAIT_KINDS } from "./states.ts";

/**
 * History: what each number added.
 * - 1 (2026-11-23): enrol, token, poll, report, version, lock, chunks. Enrol's answer may name the workspace's key by its id.
 * - 2 (2026-11-26): inside a run. Waits, suspension, retries, timeouts, pause; child, target, answers; stores; what a run resumes; hooks. Settings.
 */
export const PROTOCOL_VERSION = 2;
/** Carried by every request to the gateway; an answer of 426 tells an agent that is too old. */
export const PROTOCOL_HEADER = "x-tidegate-protocol";

// Types of what a sender makes are inputs: what has a default may be left out.

/** The largest number that a column of the control plane's database takes. */
export const MAX_COUNT = 2 ** 31 - 1;

const Part = z.int().min(0);
const Instant = z.iso.datetime();
const Fence = z.string().regex(/^[0-9a-f]{32}$/);
const Hex16 = z.string().regex(/^[0-9a-f]{32}$/);
const Key32 = z.string().regex(/^[0-9a-f]{64}$/);

/** What `store.json` at the root of a store says. */
export const StoreId = z.string().regex(/^[0-9a-f]{16}$/);

/** One execution, as both sides name it. */
export const ExecutionRef = z.object({ run: z.uuid(), execution: z.int().min(1) });
export type ExecutionRef = z.infer<typeof ExecutionRef>;

/** POST /gateway/enrol — an enrolment token admits one agent to one pool, once. */
export const EnrolRequest = z.object({
	token: z.string().max(200),
	name: Name,
	host: z.string().max(255),
	/** Ed25519 public key, raw, as hex: proves later token requests. */
	signKey: Key32,
	/** X25519 public key, raw, as hex: what a workspace key is wrapped to when a person grants it. */
	deviceKey: Key32,
	version: z.string().max(50),
});
export const EnrolAnswer = z.object({
	agent: z.uuid(),
	name: Name,
	workspace: z.uuid(),
	workspaceName: z.string(),
	pool: Name,
	/** Id of the workspace's key, so that a wrong one is found before the first run; null where it has none yet. */
	kid: z
		.string()
		.regex(/^[0-9a-f]{16}$/)
		.nullish(),
});
export type EnrolRequest = z.infer<typeof EnrolRequest>;
export type EnrolAnswer = z.infer<typeof EnrolAnswer>;

/**
 * POST /gateway/token — a short-lived access token for the agent's own signature over {@link tokenMessage}.
 * `session: null` begins a new session: a process with the same identity and an older session is told `superseded` and stops.
 */
export const TokenRequest = z.object({
	agent: z.uuid(),
	/** Milliseconds since 1970 on the agent's clock; more than 5 minutes off is refused with the server's time, and so is an instant that was used before. */
	at: z.int(),
	session: z.int().nullable(),
	version: z.string().max(50),
	host: z.string().max(255),
	/** Ed25519 signature, hex. */
	signature: z.string().regex(/^[0-9a-f]{128}$/),
});
export const TokenAnswer = z.object({ token: z.string(), session: z.int(), expiresInSeconds: z.int() });
export const tokenMessage = (r: { agent: string; at: number; session: number | null }): string =>
	`tidegate token ${r.agent} ${r.at} ${r.session ?? "new"}`;
export type TokenRequest = z.infer<typeof TokenRequest>;
export type TokenAnswer = z.infer<typeof TokenAnswer>;

/** POST /gateway/poll — held up to POLL_HOLD. Repeating a poll id returns the same assignments, so a lost answer costs nothing. */
export const PollRequest = z.object({
	poll: z.uuid(),
	/** Slots that are free now; 0 asks for cancels only. */
	free: z.int().min(0).max(1000),
	slots: z.int().min(1).max(1000),
	/** Changes when the host restarted, or the container: what ran before is then known to be gone. */
	boot: z.string().max(64),
	/** What the agent holds by its run directories, at most 1000, each with the newest {@link News} that it heard of it. Answered at once where there is other. */
	holding: z.array(ExecutionRef.extend({ answered: z.int().min(0).default(0), paused: z.boolean().default(false) })).max(1000),
	/** Ids of the stores that it reaches; new runs keep their checkpoints in the first. */
	stores: z.array(StoreId).max(MAX_STORES).default([]),
});
export const Assignment = ExecutionRef.extend({
	attempt: z.int().min(1),
	token: Fence,
	flow: Name,
	version: z.uuid(),
	number: z.int().min(1),
	/** HMAC of the canonical manifest, hex: the agent checks it against what it opens. */
	address: ChunkId,
	/** Sealed parameters; null runs the flow with its defaults. */
	parameters: Part.nullable(),
	logicalDate: Instant,
	url: z.string().max(2000),
	/** Number of its newest answer; above 0, /gateway/answers is asked before the process begins. */
	answered: z.int().min(0).default(0),
	/** Its finished tasks are not done again. `from` opens to {@link FromContent}; marks by hand come with the answers. */
	resumes: z
		.object({ run: z.uuid(), from: Part.nullable(), changed: z.enum(["rerun", "keep"]), marked: z.boolean() })
		.nullable()
		.default(null),
	/** Cached results are not used. */
	refresh: z.boolean().default(false),
	parent: z.uuid().nullable().default(null),
	/** The one task of the version that a child is to do, by its function's name; null: the flow. */
	step: z.string().max(200).nullable().default(null),
	/**
	 * What `parent` ended with. A hook's parameters are its parent's, sealed for the parent's run; `error` is that of the parent's execution `execution`
	 * (openError in its place), where it failed with one.
	 */
	hook: z
		.object({ on: z.enum(HOOKS), state: z.enum(RUN_ENDED), execution: z.int().min(1).nullable(), error: Part.nullable() })
		.nullable()
		.default(null),
	/** Where its checkpoints lie; null: in the agent's first store. */
	store: StoreId.nullable().default(null),
	/** Counts the changes of the workspace's settings; 0: there never were any. An agent that has those of another number asks /gateway/settings. */
	settings: z.int().min(0).default(0),
});
/** What an agent should know of an execution that it holds. */
export const News = ExecutionRef.extend({
	/** Number of its run's newest answer: what lies past the number that the agent has is fetched by /gateway/answers. */
	answered: z.int().min(0),
	/** The SDK should suspend at its next task; false again when somebody thought better of it. */
	paused: z.boolean(),
});
export type News = z.infer<typeof News>;
export const PollAnswer = z.object({
	assignments: z.array(Assignment),
	/** To be ended: asked for by somebody, or fenced. */
	cancels: z.array(ExecutionRef),
	/** Seconds after the last word from the agent until its executions go to another. */
	leaseSeconds: z.int(),
	news: z.array(News).default([]),
});
export type PollRequest = z.input<typeof PollRequest>;
export type PollAnswer = z.infer<typeof PollAnswer>;
export type Assignment = z.infer<typeof Assignment>;

/** A task as the control plane may know it. `sealed` opens to {@link TaskContent}. */
export const TaskEvent = z.object({
	type: z.literal("task"),
	at: Instant,
	/** HMAC of the task's key, 16 bytes. */
	task: Hex16,
	fn: z.string().max(200),
	index: z.int().min(0).max(MAX_COUNT).nullable(),
	/** The map that the task belongs to, as an opaque id. */
	map: Hex16.nullable(),
	state: z.enum(TASK_STATES),
	attempt: z.int().min(1).max(MAX_COUNT),
	parents: z.array(Hex16).max(1000),
	/** Of a waiting one: when it goes on. */
	until: Instant.nullable().default(null),
	/** Of a remembered one: the run that did it. */
	from: z.uuid().nullable().default(null),
	/** It was remembered by its inputs, not by its place in the run. */
	cached: z.boolean().default(false),
	sealed: Part.nullable(),
});
/** The run waits for something outside; the same task tells its states. Told again by each process that comes to it. `sealed` opens to {@link WaitContent}. */
export const WaitEvent = z.object({
	type: z.literal("wait"),
	at: Instant,
	task: Hex16,
	kind: z.enum(WAIT_KINDS),
	/** When a `time` is due; of the others, the deadline. */
	due: Instant.nullable(),
	/** eventId of an `event`. */
	event: Key32.nullable(),
	/** The run that a `child` is. */
	child: z.uuid().nullable(),
	sealed: Part,
});
/** `sealed` opens to {@link ArtifactContent}; the body follows as stream `artifact.<id>`. */
export const ArtifactEvent = z.object({
	type: z.literal("artifact"),
	at: Instant,
	id: z.uuid(),
	kind: z.enum(ARTIFACT_KINDS),
	task: Hex16.nullable(),
	size: z.int().min(0),
	sealed: Part,
});
/** What the flow returned, or why it failed. `sealed` opens to {@link ResultContent} or {@link ErrorContent}. */
export const EndEvent = z.object({ type: z.enum(["result", "error"]), at: Instant, sealed: Part });
export const AgentEvent = z.discriminatedUnion("type", [TaskEvent, WaitEvent, ArtifactEvent, EndEvent]);
export type AgentEvent = z.input<typeof AgentEvent>;

/**
 * A stretch of one stream of the run directory, taken only where `start` is the control plane's mark for the stream.
 * `events.<pid>`: events. `log.<name>`, `out`, `err`: one sealed part (deflated). `artifact.<id>`: one sealed part of its body.
 */
export const StreamName = z.string().regex(/^(events\.\d+|log\.(\d+|agent)|out|err|artifact\.[0-9a-f-]{36})$/);
export const Segment = z.object({
	stream: StreamName,
	start: z.int().min(0),
	end: z.int().min(0),
	/** When its last byte was read. */
	at: Instant,
	/** Lines that end in it (log streams). */
	lines: z.int().min(0).max(MAX_SEGMENT),
	part: Part.nullable(),
	events: z.array(AgentEvent).max(MAX_TASKS),
});
export type Segment = z.input<typeof Segment>;

/** The process ended (or never began). Every stream's final offset is sealed in, so a truncation shows. */
export const Finish = z.object({
	outcome: z.enum(["succeeded", "failed", "cancelled", "lost", "refused", "suspended", "timed_out"]),
	at: Instant,
	code: z.int().nullable(),
	signal: z.string().max(20).nullable(),
	/** Opens to {@link FinishContent}. */
	sealed: Part,
	/** CPU seconds and peak memory in bytes, where the system told them. */
	cpuSeconds: z.number().nullable(),
	peakMemory: z.int().nullable(),
	/** Of a suspended one: the waits that it suspended on (tasks), and whether all or any must be answered; none: it was asked to pause. */
	waits: z.array(Hex16).max(MAX_WAITS).default([]),
	mode: z.enum(["all", "any"]).default("all"),
	/** Of a failed or timed out one: seconds until its next attempt; null: there is none. */
	retryAfter: z.number().min(0).max(MAX_RETRY_DELAY).nullable().default(null),
});
export type Finish = z.input<typeof Finish>;

/** POST /gateway/report — many executions at once, every BEAT even when empty: it is the heartbeat too. */
export const ReportRequest = z.object({
	executions: z
		.array(
			ExecutionRef.extend({
				token: Fence,
				/** When the process began; absent until then. Repeated in every report, harmless. */
				startedAt: Instant.nullable(),
				segments: z.array(Segment),
				finish: Finish.nullable(),
			}),
		)
		.max(1000),
});
export const ReportAnswer = z.object({
	executions: z.array(
		ExecutionRef.extend({
			/** fenced: another execution took over, or nobody knows this one; stop and keep what is there. */
			state: z.enum(["live", "ended", "fenced"]),
			/** The mark of each stream that was named, after this report. */
			marks: z.record(z.string(), z.int()),
		}),
	),
	cancels: z.array(ExecutionRef),
	/** Of each live execution that has any: repeated in every answer, harmless. */
	news: z.array(News).default([]),
});
export type ReportRequest = z.input<typeof ReportRequest>;
export type ReportAnswer = z.infer<typeof ReportAnswer>;

/** An answer to a wait. `wait` opens to {@link WaitContent}, which has the key that the SDK knows. */
export const Answer = z.object({
	task: Hex16,
	kind: z.enum(WAIT_KINDS),
	state: z.enum(ANSWER_STATES),
	wait: Part,
	/** Of an approval openAnswer, of an event openEvent (with `event`), of a child its openResult or openError in the place of `child`; null where there is none. */
	part: Part.nullable(),
	event: Key32.nullable(),
	child: z.object({ run: z.uuid(), flow: Name, number: z.int().min(1), execution: z.int().min(1).nullable(), state: z.enum(RUN_ENDED) }).nullable(),
	/** Who answered, for people. */
	by: z.string().max(1000).nullable(),
});
export type Answer = z.infer<typeof Answer>;
/** A task's end that was set by hand on a run that this one resumes. `part` opens to {@link MarkContent} in the place of task `task` of `run`. */
export const Mark = z.object({
	run: z.uuid(),
	flow: Name,
	number: z.int().min(1),
	task: Hex16,
	state: z.enum(["succeeded", "skipped"]),
	part: Part,
});
export type Mark = z.infer<typeof Mark>;
/** POST /gateway/answers — those past number `after`, oldest first, as many as fit into one body; with `after: 0` the marks too. Asked again from `after` while there are more. */
export const AnswersRequest = ExecutionRef.extend({ token: Fence, after: z.int().min(0) });
export const AnswersAnswer = z.object({ answers: z.array(Answer), marks: z.array(Mark), after: z.int().min(0), more: z.boolean() });
export type AnswersRequest = z.infer<typeof AnswersRequest>;
export type AnswersAnswer = z.infer<typeof AnswersAnswer>;

/** POST /gateway/target — which version of a flow a child's parameters are to be sealed for: the live one, or `number`. Part 0 of the answer is its sealed manifest. */
export const TargetRequest = z.object({ flow: Name, number: z.int().min(1).nullable().default(null) });
export const TargetAnswer = z.object({ version: z.uuid(), flow: Name, number: z.int().min(1), address: ChunkId, kid: z.string(), manifest: Part });
export type TargetRequest = z.infer<typeof TargetRequest>;
export type TargetAnswer = z.infer<typeof TargetAnswer>;

const Label = z.string().max(MAX_LABEL);
/** POST /gateway/child — makes the run once by (parent, task): asked again, it answers what is there. A depth past MAX_DEPTH is refused, and so is a child of what has ended. */
export const ChildRequest = ExecutionRef.extend({
	token: Fence,
	/** The wait in the parent that the child answers, or would answer. */
	task: Hex16,
	/** UUIDv7, made by the SDK and remembered there before it asks. */
	id: z.uuid(),
	flow: Name,
	/** null: the parent's pool. */
	pool: Name.nullable(),
	labels: z.record(Label, Label).refine((labels) => Object.keys(labels).length <= MAX_LABELS),
	/** Not cancelled with its parent. */
	detached: z.boolean(),
	/** null: the live one; needed where there are parameters. */
	version: z.uuid().nullable(),
	step: z.string().max(200).nullable().default(null),
	/** Sealed for `id` and the version. */
	parameters: Part.nullable(),
});
export const ChildAnswer = z.object({ id: z.uuid(), flow: Name, number: z.int().min(1), depth: z.int().min(1).max(MAX_DEPTH) });
export type ChildRequest = z.infer<typeof ChildRequest>;
export type ChildAnswer = z.infer<typeof ChildAnswer>;

/**
 * POST /gateway/result — what another run of the workspace returned: the newest that succeeded, of a version and with labels where they are named, or run `of`.
 * `result` opens by openResult in the place of that run; null where it returned nothing.
 */
export const ResultRequest = ExecutionRef.extend({
	token: Fence,
	flow: Name,
	number: z.int().min(1).nullable(),
	of: z.uuid().nullable(),
	labels: z.record(Label, Label),
});
export const ResultAnswer = z.object({ run: z.uuid(), flow: Name, number: z.int().min(1), execution: z.int().min(1), result: Part.nullable() });
export type ResultRequest = z.infer<typeof ResultRequest>;
export type ResultAnswer = z.infer<typeof ResultAnswer>;

/** POST /gateway/settings — secrets, variables and connections of the agent's pool and of its whole workspace. */
export const SettingsRequest = z.object({});
export const SettingsAnswer = z.object({
	/** As in an assignment. */
	revision: z.int().min(0),
	/** `part` opens by openSetting in the place that kind, name and pool say. */
	settings: z.array(z.object({ kind: z.enum(SETTING_KINDS), name: SettingName, pool: Name.nullable(), part: Part })).max(MAX_SETTINGS),
});
export type SettingsAnswer = z.infer<typeof SettingsAnswer>;

/** POST /gateway/version — part 0 of the answer is the sealed manifest. */
export const VersionRequest = z.object({ version: z.uuid() });
export const VersionAnswer = z.object({ flow: Name, number: z.int(), address: ChunkId, manifest: Part, lock: Part.nullable() });
export type VersionAnswer = z.infer<typeof VersionAnswer>;

/** POST /gateway/lock — the first build's resolved package list, sealed (part 0). The first one wins and is answered. */
export const LockRequest = z.object({ version: z.uuid(), lock: Part });
export const LockAnswer = z.object({ lock: Part });

/** POST /gateway/chunks — answers those that exist, in the order asked, as many as fit into one body. */
export const ChunksRequest = z.object({ ids: z.array(ChunkId).min(1).max(4096) });
export const ChunksAnswer = z.object({ ids: z.array(ChunkId) });

/** Every refusal of the gateway and of the upload door. `code` is stable, `message` is for people. */
export const Refusal = z.object({
	code: z.enum([
		"bad_request",
		"unauthorized",
		"expired",
		"revoked",
		"superseded",
		"not_found",
		"conflict",
		"too_large",
		"too_many",
		"clock",
		"protocol",
		"unavailable",
	]),
	message: z.string(),
});
export type Refusal = z.infer<typeof Refusal>;
