/** One wait of a run: told when it begins, remembered once it has its answer; in this process for a moment, then without one. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TimedOut, WaitFailed } from "./failures.ts";
import type { ErrorRecord, Run, Scope, State, TaskRecord } from "./scope.ts";
import { LINGER, quiet } from "./suspend.ts";

/** Seconds: a sleep up to that stays in the process and is told to nobody else. */
const SHORT = 5;
/** Seconds: what is due so soon is waited for. */
const SOON = 3;
export const FIRST_LOOK = 20;
export const LONGEST_LOOK = 500;

export interface Answer {
	state: "answered" | "due" | "expired" | "failed" | "refused";
	value?: unknown;
	by?: string | null;
	error?: unknown;
	/** Of a child that returned no JSON. */
	described?: Described;
	child?: { run: string };
}
/** A value that JSON has no word for. */
export interface Described {
	repr?: string;
	python?: string;
	size?: number;
}
/** What is told of a wait beside its key, kind and deadline. */
export interface Told {
	event?: string;
	child?: { id: string; flow: string; parameters: Record<string, unknown>; labels: Record<string, string>; pool: string | null; detached: boolean };
	prompt?: { text: string; form: unknown };
}

/** The answers that a run has got so far, and what it waits for. */
export class Inbox {
	readonly #folder: string | undefined;
	readonly #seen = new Set<string>();
	readonly #answers = new Map<string, Answer>();
	/** Waits that were told to the agent and have no answer. */
	readonly open = new Map<string, Wait>();
	/** Calls that wait for the outside, each with what it waits for, since when. */
	readonly calls = new Set<{ since: number; left: Wait[] }>();
	/** A cancel or a pause. */
	onMessage: (message: { type: string; paused?: boolean }) => void = () => undefined;

	constructor(folder?: string) {
		this.#folder = folder;
	}

	look(): void {
		if (this.#folder === undefined) return;
		let names: string[];
		try {
			names = readdirSync(this.#folder).filter((name) => name.endsWith(".json") && !this.#seen.has(name));
		} catch {
			// No inbox yet.
			return;
		}
		for (const name of names.sort()) {
			let message: { type?: string; key?: string };
			try {
				message = JSON.parse(readFileSync(join(this.#folder, name), "utf8"));
			} catch {
				continue;
			}
			this.#seen.add(name);
			if (message.type === "answer" && !this.#answers.has(String(message.key))) this.#answers.set(String(message.key), message as Answer);
			else if (typeof message.type === "string") this.onMessage(message as { type: string });
		}
	}

	answer(key: string): Answer | undefined {
		return this.#answers.get(key);
	}

	/** Whether what was told by this key had an answer that is none, when this process began or since. */
	failed(key: string): boolean {
		if (this.#answers.size === 0) this.look();
		const state = this.#answers.get(key)?.state;
		return state !== undefined && state !== "answered" && state !== "due";
	}
}

const inboxes = new WeakMap<Run, Inbox>();

export function receive(run: Run, inbox: Inbox): void {
	inboxes.set(run, inbox);
}

export function inboxOf(run: Run): Inbox {
	const found = inboxes.get(run) ?? new Inbox();
	inboxes.set(run, found);
	return found;
}

const seconds = (): number => Date.now() / 1000;
const rounded = (time: number): number => Math.round(time * 1e6) / 1e6;

export class Wait {
	readonly scope: Scope;
	readonly run: Run;
	readonly kind: "time" | "approval" | "event" | "child";
	/** What is called: pages say "sleep", not "time". */
	readonly #fn: string;
	/** What it is remembered by. */
	readonly name: string;
	/** What it is told by: the same, but for one that failed in an earlier attempt of the flow. */
	readonly key: string;
	readonly told: Told;
	/** Epoch seconds. */
	readonly until: number | undefined;
	#begun = false;
	answer: Answer | undefined;

	constructor(scope: Scope, kind: Wait["kind"], name: string, key: string | undefined, until?: number, told: Told = {}) {
		this.scope = scope;
		this.run = scope.run;
		this.kind = kind;
		this.#fn = kind === "time" ? name : kind;
		this.name = key === undefined ? scope.nextKey(name) : scope.ownKey(`${name}#=`, key, "");
		this.told = told;
		const { memory } = this.run;
		const remembered = memory?.moment(this.name);
		this.key = (kind !== "time" && memory?.askedAs(this.name, remembered ? undefined : (told) => inboxOf(this.run).failed(told))) || this.name;
		if (remembered) {
			this.answer = { state: "answered", ...(remembered.value as Partial<Answer>) };
			this.#task("succeeded", { from: { run: remembered.run, cached: false } });
		} else if (until !== undefined && memory) {
			// A sleep of the run that this one resumes goes on; a deadline for an answer begins anew, as its question does.
			this.until = memory.once(kind === "time" ? `${this.key}:until` : `${this.key}:until:${this.run.info.run}`, () => rounded(until));
		} else this.until = until;
	}

	#task(state: State, more: Partial<TaskRecord> = {}): void {
		this.run.recorder.task({ key: this.key, fn: this.#fn, index: null, map: null, attempt: 1, parents: [], state, ...more });
	}

	/** Tells that the run waits, once. */
	begin(): void {
		if (this.#begun || this.answer) return;
		this.#begun = true;
		const stays = this.kind === "time" && (this.scope.key !== null || (this.until ?? 0) - seconds() <= SHORT);
		const agent = this.run.recorder.event !== undefined;
		// A sleep that stays in its process holds a slot as any work does, and no wait is told of it: as running, a page knows since when it is.
		this.#task(agent && stays ? "running" : "waiting", this.until === undefined ? {} : { until: this.until });
		if (!this.run.recorder.event || stays) return;
		inboxOf(this.run).open.set(this.key, this);
		this.run.recorder.event("wait", { key: this.key, kind: this.kind, until: this.until ?? null, ...this.told });
	}

	/** Whether it has its answer now. */
	look(): boolean {
		if (this.answer) return true;
		const due = this.kind === "time" && (this.run.fast || (this.until ?? 0) <= seconds());
		const found = inboxOf(this.run).answer(this.key) ?? (due ? { state: "due" as const } : undefined);
		if (found) this.end(found);
		return found !== undefined;
	}

	/** Takes the answer; one that is no failure is remembered. */
	end(found: Answer): void {
		inboxOf(this.run).open.delete(this.key);
		this.answer = found;
		if (found.state !== "answered" && found.state !== "due") {
			const error = isErrorRecord(found.error) ? found.error : this.run.recorder.error(this.#problem(found));
			this.#task("failed", { error });
			return;
		}
		const kept = Object.entries(found).filter(([name, value]) => ["value", "by", "described"].includes(name) && value != null);
		this.run.memory?.once(this.name, () => Object.fromEntries(kept));
		this.#task("succeeded");
	}

	#problem({ state, error }: Answer): Error {
		if (state === "expired") return new TimedOut(`${this.key} had no answer before its deadline`);
		const { type, message } = (error ?? {}) as Partial<ErrorRecord>;
		return new WaitFailed(`${this.key} ${state}${type === undefined ? "" : `: ${type}: ${message}`}`);
	}

	/** What was answered. Throws TimedOut, WaitFailed. */
	get value(): unknown {
		const answer = this.answer as Answer;
		if (answer.state !== "answered" && answer.state !== "due") throw this.#problem(answer);
		return answer.described ?? answer.value ?? null;
	}

	/** Milliseconds to the time that it waits for; none where it waits for something else. */
	get rest(): number {
		return this.kind === "time" && this.until !== undefined ? (this.until - seconds()) * 1000 : Number.POSITIVE_INFINITY;
	}
}

const isErrorRecord = (given: unknown): given is ErrorRecord =>
	given !== null && typeof given === "object" && "traceback" in given && "frames" in given;

/** Until all have their answers; the process may end meanwhile, and the flow's body comes here again. */
export async function outlast(waits: readonly Wait[]): Promise<void> {
	const run = waits[0]?.run;
	if (!run) return;
	const inbox = inboxOf(run);
	inbox.look();
	const call = { since: performance.now(), left: waits.filter((wait) => !wait.look()) };
	for (const wait of call.left) wait.begin();
	inbox.calls.add(call);
	try {
		for (let pause = FIRST_LOOK; call.left.length > 0; pause = Math.min(pause * 1.5, LONGEST_LOOK)) {
			const due = Math.min(...call.left.map((wait) => wait.rest));
			await sleep(Math.max(Math.min(pause, due), 1), undefined, { signal: run.signal }).catch(() => undefined);
			if (run.signal.aborted) throw run.signal.reason;
			inbox.look();
			call.left = call.left.filter((wait) => !wait.look());
			if (call.left.length > 0 && mayEnd(run, inbox)) {
				const others = inbox.calls.size > 1;
				run.recorder.suspend?.(others ? [...inbox.open.keys()] : call.left.map((wait) => wait.key), others ? "any" : "all");
			}
		}
	} finally {
		inbox.calls.delete(call);
	}
}

/** Nothing here can go on: the body waits for the outside, and nothing else is under way. */
function mayEnd(run: Run, inbox: Inbox): boolean {
	if (!quiet(run)) return false;
	const now = performance.now();
	return [...inbox.calls].every(
		({ since, left }) =>
			now - since >= LINGER && left.every((wait) => wait.scope.key === null && inbox.open.has(wait.key) && wait.rest >= SOON * 1000),
	);
}
