/** Hints that something about the devices of a workspace changed. They may be late or too many, never wrong: whoever gets one asks again. */
import { bus } from "../../server/pubsub.ts";
import { wakeable } from "../runs/wakeable.ts";

/** After a pause hints may have been lost: one is told anyway. */
const RECHECK = 5_000;
const ANYWAY = 6;

export interface Following {
	workspaceId: string;
	signal: AbortSignal;
	assertAllowed(): Promise<void>;
}

export async function* followDevices({ workspaceId, signal, assertAllowed }: Following): AsyncGenerator<{ changed: true }> {
	const wake = wakeable(signal);
	let heard = false;
	let quiet = 0;
	const off = bus.onDevice(workspaceId, () => {
		heard = true;
		wake.now();
	});
	try {
		while (!signal.aborted) {
			await wake.next(RECHECK);
			await assertAllowed();
			quiet += 1;
			if (!heard && quiet < ANYWAY) continue;
			heard = false;
			quiet = 0;
			yield { changed: true };
		}
	} finally {
		off();
		wake.end();
	}
}
