/** Ending the process while its run only waits, so that it holds no slot. A crash on purpose: no finally, no exit handlers (decision record 7). */
import { setTimeout as sleep } from "node:timers/promises";
import type { Run } from "./scope.ts";

/** Milliseconds in which a wait may end before its process does. */
export const LINGER = 2000;
const LOOK = 50;

/** Whether the run can be taken up again, and nothing but its body is under way. */
export const quiet = (run: Run): boolean => run.memory !== undefined && run.recorder.suspend !== undefined && run.running === 0;

/** Before a task of the flow's body, while somebody wants a pause: ends the process once what runs has ended, or goes on if they thought better of it. */
export async function parked(run: Run): Promise<void> {
	if (run.memory === undefined || run.recorder.suspend === undefined) return;
	while (run.pausing && !run.signal.aborted) {
		if (quiet(run)) run.recorder.suspend([], "all");
		await sleep(LOOK);
	}
}
