/** How an execution ended, judged by what its process left. */
import type { Exit } from "../executors/executor.ts";
import { MAX_RETRY_DELAY } from "../protocol/limits.ts";
import type { FlowOptions } from "../protocol/manifest.ts";
import type { Finish } from "../protocol/wire.ts";
import type { Breach } from "./resources.ts";

export interface End {
	outcome: Finish["outcome"];
	code: number | null;
	signal: string | null;
	note: string | null;
	at: string;
}

/** An end that no process told. */
export const endNow = (outcome: Finish["outcome"], note: string | null): End => ({
	outcome,
	note,
	code: null,
	signal: null,
	at: new Date().toISOString(),
});

export const REMOVED = "the run directory was removed by the flow while it ran: it was ended, and what it had not told by then is gone";

const KILLED_TOGETHER = "the process was killed together with its parent, by itself or by the kernel, and left no exit code";

/** By which the SDK says that it ended to wait without itself, and that the flow's own timeout ended it. */
const SUSPENDED = 75;
const TIMED_OUT = 124;

export interface Circumstances {
	/** Somebody asked for its end. */
	cancelled: boolean;
	/** Why the agent ended it, though nobody asked: another attempt would only end the same way. */
	failure: string | null;
	/** It took more than it may. */
	breach: Breach | null;
	/** What the kernel did, where a SIGKILL was its. */
	kernel: string | null;
	/** This process of the agent knew its process alive: no restart of the host can be why it left no end. */
	witnessed: boolean;
	/** When it ended, ISO. */
	at: string;
}

export function judge(exit: Exit | undefined, { cancelled, failure, breach, kernel, witnessed, at }: Circumstances): End {
	const code = exit && "code" in exit ? exit.code : null;
	const signal = exit && "signal" in exit ? exit.signal : null;
	const end = (outcome: End["outcome"], note: string | null = null): End => ({ outcome, note, code, signal, at });
	if (cancelled && code !== 0) return end("cancelled", exit ? null : "ended by force");
	if (failure) return end("failed", failure);
	if (code === 0) return end("succeeded");
	if (code === SUSPENDED) return end("suspended");
	if (breach) return end(breach.kind === "time" ? "timed_out" : "failed", breach.note);
	if (code === TIMED_OUT) return end("timed_out");
	// The parent takes other signals and lives on to tell the end.
	if (!exit && witnessed) return { ...end("failed", kernel ?? KILLED_TOGETHER), signal: "SIGKILL" };
	if (!exit) return end("lost", "its process is gone and left no exit code: killed together with its parent, or the host restarted");
	return end("failed", signal ? (kernel ?? `the process was ended by ${signal}${signal === "SIGKILL" ? " (out of memory, or by hand)" : ""}`) : null);
}

/**
 * Seconds until its next attempt; null where there is none. The flow says it itself where it can; for a process that died the agent does, by what its
 * flow asks for.
 */
export function retryAfter(
	end: End,
	told: number | null,
	asks: Pick<FlowOptions, "retries" | "retryDelay"> | null,
	attempt: number,
	died: boolean,
): number | null {
	if (end.outcome !== "failed" && end.outcome !== "timed_out") return null;
	if (!died) return told === null ? null : Math.min(told, MAX_RETRY_DELAY);
	return asks && attempt <= asks.retries ? (asks.retryDelay ?? 0) : null;
}
