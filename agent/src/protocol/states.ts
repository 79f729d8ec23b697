/**
 * Every state that exists, listed once. Both sides of the gate, the database's CHECKs (by test) and the pages read this list.
 * Who may go from which to which is decided by the control plane's lifecycle alone.
 */
export const RUN_STATES = ["queued", "held", "waiting", "starting", "running", "cancelling", "succeeded", "failed", "cancelled"] as const;
export type RunState = (typeof RUN_STATES)[number];

/** States that a run never leaves. */
export const RUN_ENDED = ["succeeded", "failed", "cancelled"] as const satisfies readonly RunState[];
export type RunEnded = (typeof RUN_ENDED)[number];

/** An attempt is a retry that people see and count; null while it goes on. */
export const ATTEMPT_OUTCOMES = ["succeeded", "failed", "cancelled", "lost", "timed_out", "refused"] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** An execution is one claim of a run by one agent. `returned`: given back before it started, counts as no attempt. */
export const EXECUTION_OUTCOMES = [...ATTEMPT_OUTCOMES, "suspended", "returned"] as const;
export type ExecutionOutcome = (typeof EXECUTION_OUTCOMES)[number];

export const TASK_STATES = ["pending", "running", "waiting", "succeeded", "failed", "cancelled", "skipped"] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** What a run waits for outside its process. `time` is due by itself; the others may have a deadline. */
export const WAIT_KINDS = ["time", "approval", "event", "child"] as const;
export type WaitKind = (typeof WAIT_KINDS)[number];

/** due: a time came. expired: the deadline came first. failed: the child did not succeed. */
export const ANSWER_STATES = ["answered", "due", "expired", "failed"] as const;
export type AnswerState = (typeof ANSWER_STATES)[number];
/** `closed`: the process went on by itself, or the run ended. */
export const WAIT_STATES = ["open", ...ANSWER_STATES, "closed"] as const;
export type WaitState = (typeof WAIT_STATES)[number];

/** Small runs of the same version, made when a run ends. */
export const HOOKS = ["success", "failure", "cancel"] as const;
export type Hook = (typeof HOOKS)[number];

export const ARTIFACT_KINDS = ["table", "markdown", "image", "metrics"] as const;
export type ArtifactKind = (typeof ARTIFACT_KINDS)[number];

export function hasEnded(state: RunState): state is RunEnded {
	return (RUN_ENDED as readonly RunState[]).includes(state);
}
