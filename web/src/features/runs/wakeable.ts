import { bus } from "../../server/pubsub.ts";

/** A sleeper that is woken by calls, by time, when callers' rights change, or for good by a signal. A call while awake is not lost: the next sleep ends at once. */
export interface Wakeable {
	now(): void;
	/** @param milliseconds at most. */
	next(milliseconds: number): Promise<void>;
	/** Lets go of the signals. */
	end(): void;
}

export function wakeable(signal: AbortSignal): Wakeable {
	let woken = false;
	let resume: (() => void) | undefined;
	const now = (): void => {
		woken = true;
		resume?.();
	};
	signal.addEventListener("abort", now);
	const off = bus.onCallers(now);
	return {
		now,
		async next(milliseconds) {
			if (!woken && !signal.aborted) {
				await new Promise<void>((resolve) => {
					const timer = setTimeout(resolve, milliseconds);
					resume = () => {
						clearTimeout(timer);
						resolve();
					};
				});
			}
			resume = undefined;
			woken = false;
		},
		end() {
			off();
			signal.removeEventListener("abort", now);
		},
	};
}
