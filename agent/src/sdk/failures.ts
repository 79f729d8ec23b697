/** What the SDK itself throws. */

/** The run was cancelled. Whoever catches it must throw it again. */
export class Cancelled extends Error {
	override readonly name = "Cancelled";
}

/** A task or the flow took longer than its timeout, or a wait ended without its answer. */
export class TimedOut extends Error {
	override readonly name: string = "TimedOut";
}

/** The flow took longer than its own timeout. */
export class FlowTimedOut extends TimedOut {}

/** What was waited for failed: the run that was asked for, or the asking. */
export class WaitFailed extends Error {
	override readonly name = "WaitFailed";
}

/** A value that cannot be kept, and why. */
export class NotStorable extends Error {
	override readonly name = "NotStorable";
}

/** The store cannot be read or written: where, why, and what to do. The run can be resumed once that is done. */
export class StoreError extends Error {
	override readonly name = "StoreError";
}

/** There is no such secret here, or it cannot be had now. */
export class SecretError extends Error {
	override readonly name = "SecretError";
}

/** No run of that flow, version and labels has succeeded, or what it returned can't be read here. */
export class NoResult extends Error {
	override readonly name = "NoResult";
}

/** There is no such variable or connection here, or it cannot be had. */
export class VariableError extends Error {
	override readonly name = "VariableError";
}

/** Nobody is there who could answer, nor will be at another attempt. */
export class NoAnswer extends Error {
	override readonly name = "NoAnswer";
}
