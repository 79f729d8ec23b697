/**
 * Tells the control plane what the run directories hold: one report at a time for all executions, which makes the batches by itself where the way is
 * slow. What is new on a quiet execution goes at once; a busy one is heard every PACE. Every BEAT all that are held are named, even with nothing to say.
 */
import { BEAT } from "../protocol/limits.ts";
import { type ExecutionRef, type Finish, type News, ReportAnswer, type ReportRequest, type Segment } from "../protocol/wire.ts";
import { Backoff } from "./backoff.ts";
import { type Connection, mayPass } from "./connection.ts";
import { nameOf } from "./folder.ts";
import { GatewayError } from "./gateway.ts";
import type { Entry, Ledger } from "./ledger.ts";

/** Batches of a busy execution: decisions say ≤ 200 ms. */
const PACE = 200;
/**
 * How long the first words of an execution wait for each other: taken, begun, the SDK's own and those of its first tasks fall into the very time
 * in which Python starts and needs the processor, and one report that tells all of them is one commit in place of four. Log lines and ends never
 * wait for it. Milliseconds.
 */
const FIRST_WORDS = 100;
/** Bytes before sealing of one report, and of one execution in it: a long backlog delays no other execution's lines by more than a report. */
const MAX_REPORT = 4 * 1024 * 1024;
const MAX_SHARE = 1024 * 1024;
/** Executions that one report may carry. */
const MAX_CARRIED = 1000;
/** After an answer that brought an execution no further. */
const STUCK_MS = 1000;
/** At most so long until one whose report the control plane fails at is sent again. Milliseconds. */
const APART_MS = 60_000;

export interface Statement {
	token: string;
	startedAt: string | null;
	segments: Segment[];
	finish: Finish | null;
	/** There is more than this one held. */
	more: boolean;
	/** To be sent even without segments: the control plane does not know that it was taken, or that it began. */
	news: boolean;
}

/** An execution, as the reporter sees it. */
export interface Reportable {
	readonly ref: ExecutionRef;
	state(parts: Uint8Array[], budget: number): Promise<Statement>;
	/** @returns whether the control plane took what was sent. */
	answered(sent: Statement, answer: ReportAnswer["executions"][number]): boolean;
	/** Nobody knows whether the statement arrived. */
	unanswered(): void;
	/** The control plane will never take it. */
	refused(error: GatewayError): void;
}

/** Who is told what answers bring. */
export interface Told {
	cancel(ref: ExecutionRef): void;
	hear(news: News): void;
}

export class Reporter {
	readonly #connection: Connection;
	readonly #ledger: Ledger;
	readonly #told: Told;
	readonly #held = new Map<string, Reportable>();
	/** When each is to be asked again for what is new. */
	readonly #due = new Map<Reportable, number>();
	/** When each last said something of its log and of its events: a first line waits for no task that began just before it. */
	readonly #said = { log: new WeakMap<Reportable, number>(), events: new WeakMap<Reportable, number>() };
	/** Until when the first words of each are gathered. */
	readonly #gathering = new WeakMap<Reportable, number>();
	#lastReport = performance.now();
	#beat = BEAT;
	#ring: (() => void) | undefined;
	/** One by one, after a report was refused as a whole: the one that is refused alone is the reason. */
	#single = false;
	/** Those whose report the control plane failed at (it says so, and not why), and how often in a row: each goes by itself, so that none holds up others. */
	readonly #apart = new Map<Reportable, number>();
	/** Reports by themselves that failed one after the other. */
	#failures = 0;

	constructor(connection: Connection, ledger: Ledger, told: Told) {
		this.#connection = connection;
		this.#ledger = ledger;
		this.#told = told;
	}

	/** @param lease milliseconds after the last word until another agent takes over: a short one leaves room for two words that get lost. */
	pace(lease: number): void {
		this.#beat = Math.min(BEAT, lease / 3);
	}

	hold(execution: Reportable): void {
		this.#held.set(nameOf(execution.ref), execution);
		this.#gathering.set(execution, performance.now() + FIRST_WORDS);
		this.wake(execution, "events");
	}

	release(execution: Reportable): void {
		this.#held.delete(nameOf(execution.ref));
		this.#due.delete(execution);
		this.#apart.delete(execution);
	}

	/** Something is new: in its log, or in its events and state; `now` where it should not wait for the pace (an end). */
	wake(execution: Reportable, what: "log" | "events" | "now" = "log"): void {
		if (!this.#held.has(nameOf(execution.ref))) return;
		const at = what === "now" ? 0 : this.#dueAt(execution, what);
		const due = this.#due.get(execution);
		if (due !== undefined && due <= at) return;
		this.#due.set(execution, at);
		this.#ring?.();
	}

	#dueAt(execution: Reportable, what: "log" | "events"): number {
		const paced = (this.#said[what].get(execution) ?? Number.NEGATIVE_INFINITY) + PACE;
		return what === "log" ? paced : Math.max(paced, this.#gathering.get(execution) ?? 0);
	}

	/** Until `signal`; rejects with Ended where the control plane wants no more of this agent. */
	async run(signal: AbortSignal): Promise<void> {
		const backoff = new Backoff();
		while (!signal.aborted) {
			await this.#wait(signal);
			if (signal.aborted) return;
			try {
				if (await this.#report(signal)) backoff.reset();
			} catch (error) {
				if (signal.aborted) return;
				if (!mayPass(error)) throw error;
				this.#connection.missed(error);
				await backoff.wait(signal).catch(() => undefined);
			}
		}
	}

	/** Everything that is new now, within `ms`. For the moment before the agent ends. */
	async flush(ms: number): Promise<void> {
		const signal = AbortSignal.timeout(ms);
		for (const execution of this.#held.values()) this.wake(execution, "now");
		try {
			while (this.#due.size > 0 && (await this.#report(signal)));
		} catch {
			// The next start of the agent carries on from the marks.
		}
	}

	/** Until something is due, or the beat. */
	async #wait(signal: AbortSignal): Promise<void> {
		for (;;) {
			const now = performance.now();
			const beat = this.#held.size > 0 ? this.#lastReport + this.#beat : Number.POSITIVE_INFINITY;
			const next = Math.min(beat, ...this.#due.values());
			if (next <= now || signal.aborted) return;
			await new Promise<void>((resolve) => {
				const timer = next === Number.POSITIVE_INFINITY ? undefined : setTimeout(resolve, next - now);
				const done = (): void => {
					clearTimeout(timer);
					signal.removeEventListener("abort", done);
					this.#ring = undefined;
					resolve();
				};
				this.#ring = done;
				signal.addEventListener("abort", done, { once: true });
			});
		}
	}

	/** @returns false where one was left for later, since the control plane failed at it. */
	async #report(signal: AbortSignal): Promise<boolean> {
		const beat = performance.now() >= this.#lastReport + this.#beat;
		const asked = this.#asked(beat);
		const parts: Uint8Array[] = [];
		const said = await this.#collect(asked, parts, beat);
		if (said.length === 0) return true;
		const header: ReportRequest = {
			executions: said.map(([{ ref }, { token, startedAt, segments, finish }]) => ({ ...ref, token, startedAt, segments, finish })),
		};
		try {
			const { header: answer } = await this.#connection.ask({ path: "report", header, parts, answer: ReportAnswer, signal });
			if (beat || this.#held.size === said.length) this.#lastReport = performance.now();
			this.#single = false;
			this.#failures = 0;
			for (const [execution] of said) this.#apart.delete(execution);
			this.#apply(said, answer, parts);
			return true;
		} catch (error) {
			this.#failed(said, error);
			return false;
		}
	}

	/** At a beat all, else those that have something new; those that failed one by one, when no other has. */
	#asked(beat: boolean): Reportable[] {
		const now = performance.now();
		const all = [...(beat ? this.#held.values() : this.#due.keys())];
		const others = all.filter((execution) => !this.#apart.has(execution));
		if (others.length > 0) return others.slice(0, this.#single ? 1 : MAX_CARRIED);
		return all.filter((execution) => beat || (this.#due.get(execution) ?? 0) <= now).slice(0, 1);
	}

	/** In turn, since the parts of one statement lie together; each is asked for its share. */
	async #collect(asked: Reportable[], parts: Uint8Array[], beat: boolean): Promise<[Reportable, Statement][]> {
		const said: [Reportable, Statement][] = [];
		let left = MAX_REPORT;
		for (const execution of asked) {
			// At a beat all are named, if only with what they last said.
			if (left <= 0 && !beat) break;
			this.#due.delete(execution);
			const statement = await execution.state(parts, Math.max(0, Math.min(left, MAX_SHARE)));
			left -= statement.segments.reduce((sum, { start, end }) => sum + end - start, 0);
			this.#pace(execution, statement.segments);
			if (statement.more) this.#due.set(execution, 0);
			if (beat || statement.news || statement.finish || statement.segments.length > 0) said.push([execution, statement]);
		}
		return said;
	}

	#pace(execution: Reportable, segments: Segment[]): void {
		const now = performance.now();
		if (segments.some(({ part }) => part !== null)) this.#said.log.set(execution, now);
		if (segments.some(({ events }) => events.length > 0)) this.#said.events.set(execution, now);
	}

	#apply(said: [Reportable, Statement][], answer: ReportAnswer, parts: Uint8Array[]): void {
		const answers = new Map(answer.executions.map((each) => [nameOf(each), each]));
		for (const [execution, statement] of said) {
			const own = answers.get(nameOf(execution.ref));
			if (!own) {
				execution.unanswered();
				this.#due.set(execution, performance.now() + STUCK_MS);
				continue;
			}
			this.#ledger.note(entries(execution.ref, statement, own, parts));
			if (!execution.answered(statement, own) && this.#held.has(nameOf(execution.ref)))
				this.#due.set(execution, stuck(statement, own) ? performance.now() + STUCK_MS : 0);
		}
		for (const ref of answer.cancels) this.#told.cancel(ref);
		for (const news of answer.news) this.#told.hear(news);
	}

	#failed(said: [Reportable, Statement][], error: unknown): void {
		const failed = error instanceof GatewayError && error.code === "unavailable" && this.#held.size > 1;
		for (const [execution] of said) {
			execution.unanswered();
			if (!this.#held.has(nameOf(execution.ref))) continue;
			const before = this.#apart.get(execution) ?? 0;
			if (failed) this.#apart.set(execution, before + 1);
			this.#due.set(execution, failed && said.length === 1 ? performance.now() + Math.min(APART_MS, STUCK_MS * 2 ** before) : 0);
		}
		if (failed && said.length > 1) return;
		if (failed) {
			this.#failures += 1;
			if (this.#failures === 1) return;
			// Then it is the control plane's fault, and all wait for that.
			this.#apart.clear();
			for (const execution of this.#due.keys()) this.#due.set(execution, 0);
		}
		if (!(error instanceof GatewayError) || mayPass(error)) throw error;
		if (said.length === 1) {
			const [execution] = said[0] as [Reportable, Statement];
			this.#single = false;
			execution.refused(error);
		} else this.#single = true;
	}
}

/** Not one stream came further: the control plane is asked again only after a while. */
const stuck = (sent: Statement, { marks }: ReportAnswer["executions"][number]): boolean =>
	sent.segments.every(({ stream, start }) => (marks[stream] ?? start) === start);

function entries(
	ref: ExecutionRef,
	{ segments, finish }: Statement,
	{ state, marks }: ReportAnswer["executions"][number],
	parts: Uint8Array[],
): Entry[] {
	const size = (part: number | null): number => (part === null ? 0 : (parts[part]?.length ?? 0));
	const taken = segments.filter(({ stream, end }) => (marks[stream] ?? 0) >= end);
	const told: Entry[] = taken.map(({ stream, start, end, part, events }) => ({
		kind: "segment",
		...ref,
		stream,
		start,
		end,
		bytes: size(part) + events.reduce((sum, event) => sum + size(event.sealed), 0),
		...(events.length > 0 ? { events: events.length } : {}),
	}));
	if (finish && state !== "fenced") told.push({ kind: "finish", ...ref, bytes: size(finish.sealed), why: finish.outcome });
	if (state === "fenced")
		told.push({
			kind: "fenced",
			...ref,
			why: "another execution took over, or the run is no longer known; the process is ended and its results stay here",
		});
	return told;
}
