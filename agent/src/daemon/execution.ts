/** One execution, from its assignment (or from what a restarted agent finds of it) to its acknowledged finish. */
import type { FSWatcher } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Executor } from "../executors/executor.ts";
import type { RunPlace } from "../protocol/places.ts";
import type { ExecutionRef, Finish, News, ReportAnswer } from "../protocol/wire.ts";
import { type End, endNow, judge, REMOVED } from "./end.ts";
import { finishOf, settled } from "./finish.ts";
import type { RunFolder } from "./folder.ts";
import type { GatewayError } from "./gateway.ts";
import { Handle } from "./handle.ts";
import { Inside } from "./inside.ts";
import { errorOf, Journal } from "./journal.ts";
import { type Output, short } from "./output.ts";
import { prepare, type Telling, verdictOn } from "./prepare.ts";
import { Cancelled, Failed, Left } from "./reasons.ts";
import type { Reportable, Reporter, Statement } from "./reporter.ts";
import { Bounds, type Breach } from "./resources.ts";
import { forget, hiddenBefore } from "./secrets/hand-over.ts";
import { Spool } from "./spool.ts";
import { watchFolder } from "./watch.ts";
import type { Workshop } from "./workshop.ts";

/** Between SIGTERM and SIGKILL: what a flow has for its finally blocks. Milliseconds. */
export const GRACE = 10_000;
/** The same for what takes more memory than it may: it goes on taking. Milliseconds. */
const MEMORY_GRACE = 1000;
/** A parent that was killed with its process may have been about to write `exit`. Milliseconds. */
const LAST_LOOK = 50;

export interface Surroundings {
	workshop: Workshop;
	executor: Executor;
	reporter: Reporter;
	output: Output;
	/** A slot is free again. */
	onFree(): void;
	/** Nothing of it is left to do. */
	onClosed(execution: Execution): void;
}

export class Execution implements Reportable {
	readonly folder: RunFolder;
	readonly #around: Surroundings;
	readonly #place: RunPlace;
	readonly #spool: Spool;
	readonly #preparing = new AbortController();
	#watcher: FSWatcher | undefined;
	#end: End | undefined;
	#ended: () => void = () => undefined;
	/** The control plane has not been told yet that this was taken, or began. */
	#news = true;
	/** After an answer that was lost: a finish then waits for the marks. */
	#unsure = false;
	#closed = false;
	/** Why it was ended here, and failed, though nobody asked for its end. */
	#failure: string | null = null;
	/** The control plane will never take what it has to tell: only its end is told. */
	#barred = false;
	readonly #inside: Inside;
	readonly #process: Handle;
	readonly #journal: Journal;
	readonly #bounds: Bounds;

	constructor(folder: RunFolder, around: Surroundings) {
		this.folder = folder;
		this.#around = around;
		const { run, flow, number } = folder.notes.assignment;
		this.#place = { workspace: around.workshop.key.workspace, flow, number, run };
		this.#spool = new Spool(around.workshop.key, this.#place, folder);
		const { key, connection } = around.workshop;
		this.#process = new Handle(folder, around.executor);
		this.#journal = new Journal(folder, around.output, () => around.reporter.wake(this));
		this.#bounds = new Bounds(folder, around.executor, (breach) => this.#breach(breach));
		this.#inside = new Inside({
			...{ folder, place: this.#place, key, connection },
			masker: () => this.#spool.masker,
			say: (level, line) => this.#journal.say(level, line),
			onSettled: () => around.reporter.wake(this, "now"),
		});
		this.#spool.events.onChild = (wait, child) => this.#inside.children.see(wait, child);
		this.#spool.events.onResultOf = (asked) => this.#inside.results.see(asked);
	}

	/** What the control plane said last of its answers and its pause. */
	get heard(): { answered: number; paused: boolean } {
		return this.#inside.heard;
	}

	hear(news: News): void {
		if (this.occupies) this.#inside.hear(news);
	}

	get ref(): ExecutionRef {
		return this.folder.ref;
	}

	/** True until its process has ended. */
	get occupies(): boolean {
		return this.#end === undefined;
	}

	/** True while a process of it runs. */
	get running(): boolean {
		return this.folder.notes.process !== null && this.occupies;
	}

	/** Takes it up: a new one from the start, a found one from where it stands. Never rejects. */
	async live(found: boolean): Promise<void> {
		try {
			if (!found) this.folder.make();
		} catch (error) {
			this.#around.reporter.hold(this);
			return this.#giveUp(error);
		}
		if (found) {
			this.#around.workshop.gpus.hold(this.folder.notes.gpus);
			// Before anything leaves.
			this.#spool.masker = await hiddenBefore(this.folder, this.#around.workshop, this.#place);
		}
		this.#watch();
		if (found) this.#spool.recallAll();
		// What ended while no agent looked is told with its end at once: where another took over, nothing after the first word is listened to.
		const over = found && this.#process.isOver;
		if (!over) this.#around.reporter.hold(this);
		try {
			if (this.folder.notes.end) this.#settle(endNow(this.folder.notes.end.outcome, this.folder.notes.end.note));
			else if (await this.#begin(found)) await this.#attend();
		} catch (error) {
			if (this.#preparing.signal.reason instanceof Left) return;
			this.#giveUp(error);
		} finally {
			if (over) this.#around.reporter.hold(this);
		}
	}

	/** @returns whether there is a process, or was one. */
	async #begin(found: boolean): Promise<boolean> {
		if (found && (await this.#process.find())) return true;
		if (this.folder.notes.cancelled) return this.#settleBefore("cancelled", "cancelled before it began");
		const order = await prepare(this.#around.workshop, this.folder, this.#place, this.#telling, this.#preparing.signal);
		await this.#process.start(order);
		this.#inside.begun();
		this.#news = true;
		this.#around.reporter.wake(this, "events");
		return true;
	}

	readonly #telling: Telling = {
		answers: (signal) => this.#inside.before(signal),
		say: (line) => this.#journal.say("info", line),
		hide: (values) => {
			this.#spool.masker = this.#around.workshop.vault.masker(values);
		},
	};

	/** Until the process has ended. */
	async #attend(): Promise<void> {
		if (this.folder.notes.cancelled) void this.#endByForce();
		const ended = new Promise<void>((resolve) => {
			this.#ended = resolve;
		});
		this.#look();
		if (!this.#process.exit) await ended;
		const { exit, endedAt, witnessed } = this.#process;
		await this.#process.sweep();
		// It may have ended before the clock looked.
		const told = this.#process.failure;
		this.#failure ??= this.folder.removed ? REMOVED : (told?.message ?? null);
		const { cancelled, breach } = this.folder.notes;
		const killed = exit ? "signal" in exit && exit.signal === "SIGKILL" : witnessed;
		const kernel = killed && !breach ? this.#bounds.killedByKernel() : null;
		const end = judge(exit, { cancelled, failure: this.#failure, breach, kernel, witnessed, at: endedAt });
		if (end.note === REMOVED) this.#remake(end);
		if (end.note && (end.note === breach?.note || end.note === kernel))
			this.#journal.error(errorOf(breach?.kind === "time" ? "TimeoutError" : "MemoryError", end.note));
		if (told && end.note === told.message) this.#journal.error(errorOf(told.type, end.note));
		this.#journal.lostInAll();
		this.#settle(end);
	}

	/** So that an agent that restarts before this is told still knows it. */
	#remake({ note }: End): void {
		this.folder.notes.end = { outcome: "failed", note };
		try {
			this.folder.make();
		} catch {
			// Then it is told by this process, or counts as lost.
		}
	}

	/** Looks whether the process has ended; called when its folder changes, and by the clock. */
	#look(): void {
		if (this.#process.exit) this.#ended();
		else if (this.#process.isGone) void sleep(LAST_LOOK).then(() => this.#ended());
	}

	/** By the clock, for what the file system does not tell: a network disk, a process that was killed with its parent. */
	tick(): void {
		if (this.#closed) return;
		const { held } = this.#process;
		if (held && this.occupies) {
			if (this.folder.removed) this.#fail(REMOVED, "its folder was removed while it ran");
			else this.#bounds.look(held);
			this.#look();
		}
		this.#around.reporter.wake(this);
	}

	/** Asks for its end: before the start it never starts, after that its processes get SIGTERM, and SIGKILL after GRACE. */
	cancel(): void {
		const { notes } = this.folder;
		// A process that has ended by itself keeps its true outcome.
		if (this.#end || notes.cancelled || this.#process.isOver) return;
		notes.cancelled = true;
		this.#note();
		this.#inside.children.leave();
		this.#around.output.info(`run ${short(notes.assignment.run)} of ${notes.assignment.flow}: cancelling`);
		if (notes.process) void this.#endByForce();
		else this.#preparing.abort(new Cancelled());
	}

	#breach(breach: Breach): void {
		const { notes } = this.folder;
		if (notes.breach || notes.cancelled || this.#failure) return;
		notes.breach = breach;
		this.#note();
		this.#around.output.warn(`run ${short(notes.assignment.run)} of ${notes.assignment.flow}: ${breach.note}`);
		void this.#endByForce(breach.kind === "memory" ? MEMORY_GRACE : GRACE);
	}

	/** Ends what cannot end well. @param note for people with the key @param line for the agent's own log */
	#fail(note: string, line: string): void {
		if (this.#failure) return;
		this.#failure = note;
		const { run, flow } = this.folder.notes.assignment;
		this.#around.output.error(`run ${short(run)} of ${flow}: ${line}`);
		if (this.#end) this.#end = { ...this.#end, outcome: this.#end.outcome === "cancelled" ? "cancelled" : "failed", note };
		else if (this.folder.notes.process) void this.#endByForce();
		else this.#preparing.abort(new Failed());
	}

	async #endByForce(grace = GRACE): Promise<void> {
		if (!this.#process.held) return;
		this.#inside.cancel();
		await this.#process.end(grace);
		this.#look();
	}

	/** The agent ends: what is being prepared is left for its next start, processes go on. */
	leave(): void {
		this.#preparing.abort(new Left());
		this.#inside.leave();
		this.#watcher?.close();
		this.#note();
	}

	#giveUp(error: unknown): void {
		if (this.#preparing.signal.reason instanceof Cancelled) {
			this.#settleBefore("cancelled", "cancelled before it began");
			return;
		}
		if (this.#failure) return void this.#settleBefore("failed", this.#failure);
		const { outcome, note, line, error: content } = verdictOn(error);
		const { run, flow } = this.folder.notes.assignment;
		this.#around.output.error(`run ${short(run)} of ${flow}: ${line}`);
		if (content) this.#journal.error(content);
		this.#journal.say("error", note);
		this.#settleBefore(outcome, note);
	}

	#settleBefore(outcome: "failed" | "cancelled" | "refused", note: string): false {
		this.folder.notes.end = { outcome, note };
		this.#note();
		this.#settle(endNow(outcome, note));
		return false;
	}

	#settle(end: End): void {
		this.#end = end;
		this.#around.workshop.gpus.release(this.folder.notes.gpus);
		this.#journal.end(end);
		this.#around.onFree();
		this.#around.reporter.wake(this, "now");
		this.#maybeGone();
	}

	async state(parts: Uint8Array[], budget: number): Promise<Statement> {
		const { token } = this.folder.notes.assignment;
		const startedAt = this.folder.notes.startedAt;
		const end = this.#end;
		const { segments, more, drained } = this.#barred
			? { segments: [], more: false, drained: true }
			: await this.#spool.collect(parts, budget, end !== undefined);
		const limits = this.#spool.unsaid.splice(0);
		for (const words of limits) this.#journal.say("warn", words);
		const said = limits.length > 0;
		// A finish rides with the last segments, unless one of these may not be taken where it begins.
		const mayFinish = end && drained && !said && this.#inside.children.settled && !(this.#unsure && segments.length > 0);
		const finish = mayFinish ? await this.#finish(end, segments, parts) : null;
		return { token, startedAt, segments, finish, more: more || said || (end !== undefined && !finish && segments.length > 0), news: this.#news };
	}

	#finish(judged: End, segments: Statement["segments"], parts: Uint8Array[]): Promise<Finish> {
		const { cpuSeconds, peak } = this.#bounds;
		const end = settled(judged, this.#spool.events, this.#inside.children.refused, this.folder);
		if (end.outcome !== judged.outcome) this.#journal.end(end);
		this.#end = end;
		const ended = { end, folder: this.folder, key: this.#around.workshop.key, place: this.#place, spool: this.#spool };
		const used = { peakMemory: peak, cpuSeconds: this.#process.cpuSeconds ?? cpuSeconds };
		return finishOf({ ...ended, ...used, hopeless: this.#failure !== null }, segments, parts);
	}

	answered(sent: Statement, answer: ReportAnswer["executions"][number]): boolean {
		if (sent.startedAt === this.folder.notes.startedAt) this.#news = false;
		if (answer.state === "fenced") {
			this.#fenced();
			return true;
		}
		const same = this.#spool.acknowledge(sent.segments, answer.marks);
		this.#unsure = !same;
		if (answer.state === "ended") {
			if (sent.finish) {
				const waits = sent.finish.outcome === "suspended" || (sent.finish.retryAfter ?? null) !== null;
				this.#around.workshop.store.mark(this.ref.run, waits);
				this.#close("reported");
			} else this.#fenced();
			return true;
		}
		return same && !sent.finish;
	}

	unanswered(): void {
		this.#unsure = true;
	}

	refused(error: GatewayError): void {
		// With nothing but its end in the report there is no more to leave out.
		if (this.#barred) {
			this.#around.output.error(`run ${short(this.ref.run)}: the control plane refuses its report: ${error.message}; its folder is kept`);
			this.#fenced();
			return;
		}
		this.#barred = true;
		const reason = `the control plane refuses what this run reports: ${error.message}`;
		this.#fail(reason, `${reason}; it is ended, its folder is kept`);
		this.#around.reporter.wake(this, "now");
	}

	/** Another took over, or the run ended without us: the process is ended, what it wrote stays here and is told to nobody. */
	#fenced(): void {
		const { run, flow } = this.folder.notes.assignment;
		const lost = this.#end
			? "the control plane did not take what it came to here: another attempt has the run, or it ended without this one; its folder is kept"
			: "no longer this agent's; its process is ended, its folder is kept";
		if (!this.#closed && (this.#end ? !this.#barred : this.occupies)) this.#around.output.warn(`run ${short(run)} of ${flow}: ${lost}`);
		this.#close("fenced");
		this.folder.notes.cancelled = true;
		if (this.folder.notes.process && this.occupies) void this.#endByForce();
		else this.#preparing.abort(new Cancelled());
	}

	#close(why: "reported" | "fenced"): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#inside.leave();
		// A folder that was reported to its end is never taken up again: its marks are of no more use.
		if (why === "fenced") this.#note();
		this.folder.close(why);
		forget(this.folder);
		this.#around.reporter.release(this);
		this.#maybeGone();
	}

	#maybeGone(): void {
		if (!this.#closed || this.occupies) return;
		this.#watcher?.close();
		this.#around.onClosed(this);
	}

	/** Marks and intents, as far as the disk takes them: without, a restarted agent asks again. */
	#note(): void {
		try {
			this.folder.save();
		} catch {
			// Said above.
		}
	}

	#watch(): void {
		const { reporter } = this.#around;
		this.#watcher = watchFolder(this.folder.path, {
			onEnd: () => this.occupies && this.#look(),
			onEvents: () => reporter.wake(this, "events"),
			onLog: () => reporter.wake(this),
			onLost: () => this.#journal.lost(),
		});
	}
}
