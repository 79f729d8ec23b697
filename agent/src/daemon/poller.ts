/**
 * Asks for work. A poll is held by the control plane until there is some; it keeps its id until it is answered, so an answer that was lost is given
 * again. Polls carry no reports and reports carry no work: each has its own socket.
 */
import { randomUUID } from "node:crypto";
import { bootId } from "../executors/identity.ts";
import { POLL_HOLD } from "../protocol/limits.ts";
import { type Assignment, type ExecutionRef, type News, PollAnswer, type PollRequest } from "../protocol/wire.ts";
import { Backoff } from "./backoff.ts";
import { type Connection, mayPass } from "./connection.ts";
import type { Sealed } from "./folder.ts";

/** Beyond the hold: the way there and back, and a busy server. Milliseconds. */
const ANSWER_MS = 10_000;
/**
 * With all slots taken a poll brings only cancels, and each end would call it off again. Runs of a moment are waited for instead. Milliseconds.
 * Cancels lose nothing: they also come with the reports.
 */
const FULL_MS = 300;
const MAX_HELD = 1000;

export interface Work {
	readonly slots: number;
	/** Slots without an execution; none where there is no room for what they would write. */
	free(): number;
	/** Ids of the stores that it reaches. */
	readonly stores: string[];
	holding(): PollRequest["holding"];
	take(assignment: Assignment, sealed: Sealed): void;
	cancel(ref: ExecutionRef): void;
	hear(news: News): void;
	/** Milliseconds of silence after which what it holds goes to another agent. */
	leased(ms: number): void;
}

export class Poller {
	readonly #connection: Connection;
	readonly #work: Work;
	#held: { free: number; controller: AbortController } | undefined;
	#freed: (() => void) | undefined;

	constructor(connection: Connection, work: Work) {
		this.#connection = connection;
		this.#work = work;
	}

	/** A slot is free, or there is no more room for any run: a poll that said otherwise is made again. */
	changed(): void {
		const free = this.#work.free();
		if (free > 0) this.#freed?.();
		if (this.#held && (this.#held.free === 0) !== (free === 0)) this.#held.controller.abort(new Changed());
	}

	/** Until `signal`; rejects with Ended where the control plane wants no more of this agent. */
	async run(signal: AbortSignal): Promise<void> {
		const backoff = new Backoff();
		for (let poll: string = randomUUID(); !signal.aborted; ) {
			if (this.#work.free() === 0) await this.#freeSlot(signal);
			if (signal.aborted) return;
			try {
				await this.#poll(poll, signal);
				poll = randomUUID();
				backoff.reset();
			} catch (error) {
				if (signal.aborted) return;
				// The same poll again, with as many slots as are free now.
				if (error instanceof Changed) continue;
				if (!mayPass(error)) throw error;
				this.#connection.missed(error);
				await backoff.wait(signal).catch(() => undefined);
			}
		}
	}

	async #poll(poll: string, signal: AbortSignal): Promise<void> {
		const { slots } = this.#work;
		const free = Math.min(this.#work.free(), MAX_HELD);
		const controller = new AbortController();
		this.#held = { free, controller };
		try {
			const header: PollRequest = { poll, free, slots, boot: bootId(), holding: this.#work.holding().slice(0, MAX_HELD), stores: this.#work.stores };
			const { header: answer, parts } = await this.#connection.ask({
				path: "poll",
				header,
				answer: PollAnswer,
				timeoutMs: POLL_HOLD + ANSWER_MS,
				signal: AbortSignal.any([signal, controller.signal]),
			});
			this.#work.leased(answer.leaseSeconds * 1000);
			// A part that is missing opens to nothing, and the run is refused for it.
			const part = (index: number | null | undefined): Uint8Array | null => (index == null ? null : (parts[index] ?? new Uint8Array(0)));
			for (const assignment of answer.assignments) {
				const { parameters, resumes, hook } = assignment;
				this.#work.take(assignment, { parameters: part(parameters), from: part(resumes?.from), error: part(hook?.error) });
			}
			for (const ref of answer.cancels) this.#work.cancel(ref);
			for (const news of answer.news) this.#work.hear(news);
		} finally {
			this.#held = undefined;
		}
	}

	/** Until a slot is free, but at most FULL_MS. */
	#freeSlot(signal: AbortSignal): Promise<void> {
		return new Promise((resolve) => {
			const done = (): void => {
				clearTimeout(timer);
				signal.removeEventListener("abort", done);
				this.#freed = undefined;
				resolve();
			};
			const timer = setTimeout(done, FULL_MS);
			signal.addEventListener("abort", done, { once: true });
			this.#freed = done;
		});
	}
}

/** A held poll was called off because it no longer says what is free. */
class Changed extends Error {}
