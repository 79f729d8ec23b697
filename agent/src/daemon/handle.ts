/** The process of an execution, as far as its run directory knows it. */
import { statSync } from "node:fs";
import type { Executor, Exit, Failure, Held, Order } from "../executors/executor.ts";
import type { RunFolder } from "./folder.ts";

export class Handle {
	readonly #folder: RunFolder;
	readonly #executor: Executor;
	#witnessed = false;

	constructor(folder: RunFolder, executor: Executor) {
		this.#folder = folder;
		this.#executor = executor;
	}

	get held(): Held | null {
		const { process } = this.#folder.notes;
		return process && { ...this.#folder.ref, folder: this.#folder.path, process };
	}

	get exit(): Exit | undefined {
		return this.#executor.exit(this.#folder.path);
	}

	/** When, ISO: an agent that finds an end of hours ago tells that. Now, where nothing in its folder says so. */
	get endedAt(): string {
		try {
			return new Date(Math.min(statSync(this.#folder.at("exit")).mtimeMs, Date.now())).toISOString();
		} catch {
			return new Date().toISOString();
		}
	}

	/** It is gone, whether it told its end or not. */
	get isGone(): boolean {
		const { held } = this;
		if (!held) return false;
		const alive = this.#executor.isAlive(held);
		this.#witnessed ||= alive;
		return !alive;
	}

	/** This process of the agent started it, or saw it alive: the host did not restart since. */
	get witnessed(): boolean {
		return this.#witnessed;
	}

	get isOver(): boolean {
		return this.exit !== undefined || this.isGone;
	}

	/** Throws where it could not be started. */
	async start(order: Order): Promise<void> {
		// An agent that is killed right after the start finds what the flow asks for: without it, a process that died meanwhile would get no next attempt.
		this.#folder.save();
		this.#folder.notes.startedAt = new Date().toISOString();
		this.#folder.notes.process = await this.#executor.start(order);
		this.#witnessed = true;
		this.#folder.save();
	}

	/** One that was started, but whose identity was not written down before the agent ended. @returns whether there is a process, or was one */
	async find(): Promise<boolean> {
		const { notes, ref } = this.#folder;
		if (!notes.process) {
			notes.process = (await this.#executor.find(ref.run, ref.execution)) ?? null;
		}
		if (notes.process || this.exit) notes.startedAt ??= new Date().toISOString();
		return notes.process !== null || this.exit !== undefined;
	}

	/** Asks, waits, and ends by force what is left. @param graceMs between the two */
	async end(graceMs: number): Promise<void> {
		if (this.held) await this.#executor.end(this.held, graceMs);
	}

	/** After it ended: ends what it left behind. */
	async sweep(): Promise<void> {
		if (this.held) await this.#executor.sweep(this.held);
	}

	/** What its process could not tell of its end; asked after {@link sweep}. */
	get failure(): Failure | null {
		return this.#executor.failure(this.#folder.path);
	}

	/** Once it has ended. */
	get cpuSeconds(): number | null {
		return this.#executor.cpuSeconds(this.#folder.path);
	}
}
