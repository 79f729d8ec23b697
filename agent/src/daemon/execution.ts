/** One execution, from its assignment (or from what a restarted agent finds of it) to its acknowledged finish. */
import type { FSWatcher } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Executor, Held } from "../executors/executor.ts";
import type { LogRecord } from "../protocol/content.ts";
import { sealFinish } from "../protocol/open.ts";
import type { RunPlace } from "../protocol/places.ts";
import type { ExecutionRef, Finish, ReportAnswer } from "../protocol/wire.ts";
import { type End, endNow, judge, REMOVED } from "./end.ts";
import type { RunFolder } from "./folder.ts";
import type { GatewayError } from "./gateway.ts";
import { type Output, short, took } from "./output.ts";
import { prepare, type Telling, verdictOn, type Workshop } from "./prepare.ts";
import { Cancelled, Failed, Left } from "./reasons.ts";
import type { Reportable, Reporter, Statement } from "./reporter.ts";
import { forget, handedOver, valuesOf } from "./secrets/hand-over.ts";
import { AGENT_LOG, Spool } from "./spool.ts";
import { watchFolder } from "./watch.ts";

/** Between SIGTERM and SIGKILL: what a flow has for its finally blocks. Milliseconds. */
export const GRACE = 10_000;
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
	#capSaid = false;
	#peak: number | null = null;

	constructor(folder: RunFolder, around: Surroundings) {
		this.folder = folder;
		this.#around = around;
		const { run, flow, number } = folder.notes.assignment;
		this.#place = { workspace: around.workshop.key.workspace, flow, number, run };
		this.#spool = new Spool(around.workshop.key, this.#place, folder);
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
		if (found) await this.#recallSecrets();
		this.#watch();
		if (found) this.#spool.recallAll();
		// What ended while no agent looked is told with its end at once: where another took over, nothing after the first word is listened to.
		const over = found && this.#isOver();
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

	/** Before anything leaves: what an earlier process of this agent gave to the run. */
	async #recallSecrets(): Promise<void> {
		const { key, vault } = this.#around.workshop;
		const given = await handedOver(this.folder, key, this.#place);
		const values = given ?? (await vault.secretsOf(this.#place.flow).then(valuesOf, () => []));
		this.#spool.masker = vault.masker(values);
	}

	#isOver(): boolean {
		const { executor } = this.#around;
		const held = this.#held();
		return executor.exit(this.folder.path) !== undefined || (held !== null && !executor.isAlive(held));
	}

	/** @returns whether there is a process, or was one. */
	async #begin(found: boolean): Promise<boolean> {
		const { notes, path } = this.folder;
		const { executor, workshop } = this.#around;
		if (!notes.process && found) {
			notes.process = (await executor.find(notes.assignment.run, notes.assignment.execution)) ?? null;
			if (notes.process) notes.startedAt ??= new Date().toISOString();
		}
		if (notes.process || executor.exit(path)) return true;
		if (notes.cancelled) return this.#settleBefore("cancelled", "cancelled before it began");
		const order = await prepare(workshop, this.folder, this.#place, this.#telling, this.#preparing.signal);
		notes.startedAt = new Date().toISOString();
		notes.process = await executor.start(order);
		this.folder.save();
		this.#news = true;
		this.#around.reporter.wake(this, "events");
		return true;
	}

	readonly #telling: Telling = {
		say: (line) => this.#say("info", line),
		hide: (values) => {
			this.#spool.masker = this.#around.workshop.vault.masker(values);
		},
	};

	/** Until the process has ended. */
	async #attend(): Promise<void> {
		const { executor } = this.#around;
		if (this.folder.notes.cancelled) void this.#endByForce();
		const ended = new Promise<void>((resolve) => {
			this.#ended = resolve;
		});
		this.#look();
		if (!executor.exit(this.folder.path)) await ended;
		const exit = executor.exit(this.folder.path);
		const held = this.#held();
		if (held) await executor.sweep(held);
		// It may have ended before the clock looked.
		if (this.folder.removed) this.#failure ??= REMOVED;
		const end = judge(exit, this.folder.notes.cancelled, this.#failure);
		if (end.note === REMOVED) this.#remake(end);
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
		const { executor } = this.#around;
		const held = this.#held();
		if (executor.exit(this.folder.path)) this.#ended();
		else if (held && !executor.isAlive(held)) void sleep(LAST_LOOK).then(() => this.#ended());
	}

	/** By the clock, for what the file system does not tell: a network disk, a process that was killed with its parent. */
	tick(): void {
		if (this.#closed) return;
		const held = this.#held();
		if (held && this.occupies) {
			this.#peak = this.#around.executor.usage(held).peakMemory ?? this.#peak;
			if (this.folder.removed) this.#fail(REMOVED, "its folder was removed while it ran");
			this.#look();
		}
		this.#around.reporter.wake(this);
	}

	/** Asks for its end: before the start it never starts, after that its processes get SIGTERM, and SIGKILL after GRACE. */
	cancel(): void {
		const { notes } = this.folder;
		// A process that has ended by itself keeps its true outcome.
		if (this.#end || notes.cancelled || this.#isOver()) return;
		notes.cancelled = true;
		this.#note();
		this.#around.output.info(`run ${short(notes.assignment.run)} of ${notes.assignment.flow}: cancelling`);
		if (notes.process) void this.#endByForce();
		else this.#preparing.abort(new Cancelled());
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

	async #endByForce(): Promise<void> {
		const held = this.#held();
		if (!held) return;
		try {
			this.folder.write("inbox/0001.json", '{"type":"cancel"}\n');
		} catch {
			// The signal says it too.
		}
		await this.#around.executor.end(held, GRACE);
		this.#look();
	}

	/** The agent ends: what is being prepared is left for its next start, processes go on. */
	leave(): void {
		this.#preparing.abort(new Left());
		this.#watcher?.close();
		this.#note();
	}

	#held(): Held | null {
		const { process } = this.folder.notes;
		return process && { ...this.ref, folder: this.folder.path, process };
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
		if (content) this.#append("events.0.ndjson", { type: "error", t: Date.now() / 1000, error: content });
		this.#say("error", note);
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
		this.#tell(end);
		this.#around.onFree();
		this.#around.reporter.wake(this, "now");
		this.#maybeGone();
	}

	/** One line in the agent's own log. The note stays out of it: it may name what is sealed. */
	#tell({ outcome, code, signal, at }: End): void {
		const { startedAt, assignment } = this.folder.notes;
		const how = signal ? ` by ${signal}` : code === null ? "" : ` with exit code ${code}`;
		const time = startedAt ? ` after ${took(Date.parse(at) - Date.parse(startedAt))}` : " before it began";
		this.#around.output.info(`run ${short(assignment.run)} of ${assignment.flow}: ${outcome}${how}${time}`);
	}

	async state(parts: Uint8Array[], budget: number): Promise<Statement> {
		const { token } = this.folder.notes.assignment;
		const startedAt = this.folder.notes.startedAt;
		const end = this.#end;
		const { segments, more, drained } = this.#barred
			? { segments: [], more: false, drained: true }
			: await this.#spool.collect(parts, budget, end !== undefined);
		// Said in the log before the finish closes it.
		const capped = this.#spool.capped && !this.#capSaid;
		if (capped) this.#sayCapped();
		// A finish rides with the last segments, unless one of these may not be taken where it begins.
		const mayFinish = end && drained && !capped && !(this.#unsure && segments.length > 0);
		const finish = mayFinish ? await this.#finish(end, segments, parts) : null;
		return { token, startedAt, segments, finish, more: more || capped || (end !== undefined && !finish && segments.length > 0), news: this.#news };
	}

	async #finish(end: End, segments: Statement["segments"], parts: Uint8Array[]): Promise<Finish> {
		const { outcome, at, code, signal } = end;
		const { events } = this.#spool;
		const silent = outcome === "failed" && code !== null && !events.failed;
		const note = end.note ?? (silent ? `the process ended with exit code ${code} and told no error: os._exit, or a library that ended it` : null);
		const content = { ...this.#spool.final(segments), outcome, note: note && this.#spool.masker.text(note) };
		const sealed = parts.push(await sealFinish(this.#around.workshop.key, this.#place, this.ref.execution, content)) - 1;
		const held = this.#held();
		const cpuSeconds = held ? this.#around.executor.usage(held).cpuSeconds : null;
		return { outcome, at, code, signal, sealed, cpuSeconds, peakMemory: this.#peak };
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
			if (sent.finish) this.#close("reported");
			else this.#fenced();
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
		if (this.occupies) this.#around.output.warn(`run ${short(run)} of ${flow}: no longer this agent's; its process is ended, its folder is kept`);
		this.#close("fenced");
		this.folder.notes.cancelled = true;
		if (this.folder.notes.process && this.occupies) void this.#endByForce();
		else this.#preparing.abort(new Cancelled());
	}

	#close(why: "reported" | "fenced"): void {
		if (this.#closed) return;
		this.#closed = true;
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
		});
	}

	#sayCapped(): void {
		this.#capSaid = true;
		this.#say("warn", `this execution has logged more than 64 MiB: the rest stays on the agent, in ${this.folder.path}`);
	}

	#say(level: LogRecord["l"], message: string): void {
		const record: LogRecord = { t: Date.now() / 1000, l: level, m: message, s: "agent" };
		this.#append(`${AGENT_LOG}.ndjson`, record);
	}

	#append(name: string, record: object): void {
		this.folder.append(name, record);
		this.#around.reporter.wake(this);
	}
}
