/** How an execution ended, judged by what its process left. */
import type { Exit } from "../executors/executor.ts";
import type { Finish } from "../protocol/wire.ts";

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

/** @param cancelled somebody asked for its end @param failure why the agent ended it, though nobody asked */
export function judge(exit: Exit | undefined, cancelled: boolean, failure: string | null): End {
	const code = exit && "code" in exit ? exit.code : null;
	const signal = exit && "signal" in exit ? exit.signal : null;
	const end = (outcome: End["outcome"], note: string | null = null): End => ({ ...endNow(outcome, note), code, signal });
	if (cancelled && code !== 0) return end("cancelled", exit ? null : "ended by force");
	// Another attempt would only end the same way.
	if (failure) return end("failed", failure);
	if (code === 0) return end("succeeded");
	if (!exit) return end("lost", "its process is gone and left no exit code: killed together with its parent, or the host restarted");
	return end("failed", signal ? `the process was ended by ${signal}${signal === "SIGKILL" ? " (out of memory, or by hand)" : ""}` : null);
}
