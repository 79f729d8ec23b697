/** Waiting between tries: longer each time, up to a bound, and never in step with other agents. */
import { setTimeout as sleep } from "node:timers/promises";

/** Short, because the commonest failure is a control plane that restarts. */
const FIRST_MS = 100;
/** A control plane that comes back is seen within this. */
const LONGEST_MS = 5000;

export class Backoff {
	#tries = 0;

	/** Milliseconds of the next wait: half of it fixed, half at random. */
	next(): number {
		const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#tries);
		this.#tries = Math.min(this.#tries + 1, 16);
		return whole / 2 + (Math.random() * whole) / 2;
	}

	reset(): void {
		this.#tries = 0;
	}

	get tries(): number {
		return this.#tries;
	}

	/** Rejects with the reason of `signal` where that comes first. */
	async wait(signal?: AbortSignal): Promise<void> {
		await sleep(this.next(), undefined, { signal }).catch(() => signal?.throwIfAborted());
	}
}
