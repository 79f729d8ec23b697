/** The agent at work: what it holds, what it takes, what it ends. start.ts makes and ends it. */
import { setInterval as every } from "node:timers";
import { sweepContainers } from "../executors/docker.ts";
import { executors } from "../executors/each.ts";
import type { Assignment, ExecutionRef, News, PollRequest } from "../protocol/wire.ts";
import type { ChunkStore } from "./chunks.ts";
import type { Connection } from "./connection.ts";
import { Disk } from "./disk.ts";
import { Execution } from "./execution.ts";
import { nameOf, RunFolder, type Sealed } from "./folder.ts";
import { fate, type Home, readLease, writeLease } from "./home.ts";
import { makeRoom, SWEEP } from "./janitor.ts";
import type { Ledger } from "./ledger.ts";
import { type Output, plural, short } from "./output.ts";
import { Poller, type Work } from "./poller.ts";
import { Reporter } from "./reporter.ts";
import type { Workshop } from "./workshop.ts";

/** How often run directories are looked at whose changes were not told by the file system. Milliseconds. */
const TICK = 500;
/** What the last report may take when the agent ends. Milliseconds. */
const LAST_REPORT = 2000;

export class Agent implements Work {
	readonly slots: number;
	readonly #home: Home;
	readonly #workshop: Workshop;
	readonly #chunks: ChunkStore;
	readonly #ledger: Ledger;
	readonly #output: Output;
	readonly #poller: Poller;
	readonly #reporter: Reporter;
	readonly #held = new Map<string, Execution>();
	readonly #disk: Disk;
	#tidying: Promise<void> | undefined;
	#lease: number | null;

	constructor(parts: { home: Home; slots: number; connection: Connection; workshop: Workshop; chunks: ChunkStore; ledger: Ledger; output: Output }) {
		this.slots = parts.slots;
		this.#home = parts.home;
		this.#workshop = parts.workshop;
		this.#chunks = parts.chunks;
		this.#ledger = parts.ledger;
		this.#output = parts.output;
		this.#lease = readLease(parts.home);
		this.#disk = new Disk(parts.home.folder, parts.output);
		this.#poller = new Poller(parts.connection, this);
		this.#reporter = new Reporter(parts.connection, parts.ledger, this);
	}

	/** Takes up what an earlier process of this agent held. @returns how many, and how many of them still run. */
	adopt(): { held: number; running: number } {
		for (const folder of RunFolder.open(this.#home.runs)) this.#hold(folder, true);
		void this.#sweepContainers();
		return { held: this.#held.size, running: this.running };
	}

	/** Containers that nobody holds: an earlier process of this agent and what stood before them were killed together. */
	async #sweepContainers(): Promise<void> {
		const count = await sweepContainers(this.#home.runs, this.#workshop.agent, () => new Set(this.#held.keys()));
		if (count > 0) this.#output.warn(`${plural(count, "container")} of an earlier start removed`);
	}

	/** Works until `signal`; rejects with Ended where the control plane wants no more of this agent. */
	async work(signal: AbortSignal): Promise<void> {
		const over = new AbortController();
		const both = AbortSignal.any([signal, over.signal]);
		this.#disk.look();
		const tick = every(() => {
			if (this.#disk.look()) this.#poller.changed();
			for (const execution of this.#held.values()) execution.tick();
		}, TICK);
		const tidy = every(() => this.#tidy(), SWEEP);
		this.#tidy();
		try {
			await Promise.all([this.#poller.run(both), this.#reporter.run(both)]);
		} finally {
			over.abort(new Error("the agent ends"));
			clearInterval(tick);
			clearInterval(tidy);
		}
	}

	/** Tells what there is to tell and lets go; processes run on. @param report false where nobody would listen */
	async leave(report: boolean): Promise<void> {
		for (const execution of this.#held.values()) execution.leave();
		if (report) await this.#reporter.flush(LAST_REPORT);
		for (const execution of this.#held.values()) execution.leave();
		await this.#ledger.close();
	}

	/** Processes of its executions that run now. */
	get running(): number {
		return [...this.#held.values()].filter((execution) => execution.running).length;
	}

	free(): number {
		if (this.#disk.low) return 0;
		const taken = [...this.#held.values()].filter((execution) => execution.occupies).length;
		return Math.max(0, this.slots - taken);
	}

	get stores(): string[] {
		return [this.#workshop.store.id];
	}

	holding(): PollRequest["holding"] {
		return [...this.#held.values()].map(({ ref, heard }) => ({ ...ref, ...heard }));
	}

	take(assignment: Assignment, sealed: Sealed): void {
		// The same answer again: it was lost on the way, or crossed another one.
		if (this.#held.has(nameOf(assignment))) return;
		const before = RunFolder.read(RunFolder.plan(this.#home.runs, assignment, sealed).path);
		if (before) return;
		this.#output.info(
			`run ${short(assignment.run)} of ${assignment.flow} version ${assignment.number}: taken${assignment.execution > 1 ? ` (execution ${assignment.execution})` : ""}`,
		);
		this.#hold(RunFolder.plan(this.#home.runs, assignment, sealed), false);
	}

	cancel(ref: ExecutionRef): void {
		this.#held.get(nameOf(ref))?.cancel();
	}

	hear(news: News): void {
		this.#held.get(nameOf(news))?.hear(news);
	}

	leased(ms: number): void {
		this.#reporter.pace(ms);
		if (ms / 1000 === this.#lease) return;
		this.#lease = ms / 1000;
		try {
			writeLease(this.#home, this.#lease);
		} catch {
			// On a full disk `agent stop` names no seconds.
		}
	}

	#hold(folder: RunFolder, found: boolean): void {
		const execution = new Execution(folder, {
			workshop: this.#workshop,
			executor: executors,
			reporter: this.#reporter,
			output: this.#output,
			onFree: () => this.#poller.changed(),
			onClosed: (closed) => {
				this.#held.delete(nameOf(closed.ref));
			},
		});
		this.#held.set(nameOf(folder.ref), execution);
		void execution.live(found);
	}

	#tidy(): void {
		if (this.#tidying) return;
		this.#chunks.touch();
		const live = new Set([...this.#held.values()].map(({ folder }) => folder.path));
		this.#tidying = makeRoom({ home: this.#home, store: this.#workshop.store, live, output: this.#output, onChunksGone: () => this.#chunks.forget() })
			.catch((error: Error) => this.#output.warn(`could not make room: ${error.message}`))
			.finally(() => {
				this.#tidying = undefined;
			});
	}

	/** In one sentence, for the moment of leaving. @param returns it may be started again */
	sentence(returns: boolean): string {
		const { running } = this;
		if (running === 0) return "no run goes on";
		return `${plural(running, "run goes", "runs go")} on without it${returns ? `: ${fate(running, this.#lease)}` : ""}`;
	}
}
