/** The words that task() and flow() take, checked where they are written: a typing error must not wait for the night that needs the retry. */
import { nearest } from "../protocol/nearest.ts";
import { Cancelled, NoAnswer } from "./failures.ts";
import { preview } from "./preview.ts";

/** Seconds, or parts of it by name: `{ minutes: 5 }`. */
export type Duration = number | { days?: number; hours?: number; minutes?: number; seconds?: number };
/** What a hook is told: the run that ended. */
export interface Ended {
	/** Its id. */
	run: string | null;
	flow: string;
	state: "succeeded" | "failed" | "cancelled";
	/** What it failed with, as text; null where it did not. */
	error: string | null;
	/** What it was given. */
	parameters: Record<string, unknown>;
}
export type Hook = (ended: Ended) => unknown;
type ErrorType = abstract new (...args: never[]) => Error;

/** How a task or a flow is tried again, and how long it may take. */
export interface RetryOptions {
	/** How often it is tried again after a failure. */
	retries?: number;
	/** Before that: seconds, a list of them, `exponential(first)`, or a function of the attempt's number that gives seconds. */
	retryDelay?: Duration | readonly Duration[] | ((attempt: number) => Duration);
	/** 0 to 1, the share of the delay that is drawn by lot. */
	retryJitter?: number;
	/** Error classes, or a function of what was thrown: others fail at once. */
	retryOn?: ErrorType | readonly ErrorType[] | ((thrown: unknown) => boolean);
	/** What one attempt may take. */
	timeout?: Duration;
}
export interface AskOptions {
	/** What a run may wait for an agent. */
	queueTimeout?: Duration;
	/** What it may use at most: "4 GiB", or bytes. */
	memory?: string | number;
	/** Cores: 0.5 or 2. */
	cpu?: number;
	gpus?: number;
	/** Run after a run that succeeded, in an execution of its own. */
	onSuccess?: Hook | readonly Hook[];
	/** The same after one that failed. */
	onFailure?: Hook | readonly Hook[];
	/** The same after one that was cancelled. */
	onCancel?: Hook | readonly Hook[];
}

const RETRY = ["retries", "retryDelay", "retryJitter", "retryOn", "timeout"];
export const TASK_WORDS = ["name", ...RETRY, "cache", "cacheFor"];
export const FLOW_WORDS = ["name", "parameters", ...RETRY, "queueTimeout", "memory", "cpu", "gpus", "onSuccess", "onFailure", "onCancel"];
/** What is said elsewhere for what is meant here, where the nearest spelling would be another thing. */
const MEANT: Record<string, string> = {
	retry: "retries",
	tries: "retries",
	attempts: "retries",
	maxRetries: "retries",
	backoff: "retryDelay",
	ttl: "cacheFor",
};
const HOOKS = { onSuccess: "success", onFailure: "failure", onCancel: "cancel" } as const;
/** 100 attempts, the first among them. */
const MOST_RETRIES = 99;
const UNITS: Record<string, number> = { "": 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 };
const PARTS = { days: 86_400, hours: 3600, minutes: 60, seconds: 1 };

export function secondsOf(what: string, word: string, given: unknown): number {
	const wrong = (): never => {
		throw new TypeError(`${what}: ${word} takes seconds as a number from 0 up, or { days, hours, minutes, seconds }, not ${preview(given)}`);
	};
	const number = (value: unknown): number => {
		if (typeof value !== "number" || !(value >= 0)) return wrong();
		if (value >= 1e10) throw new TypeError(`${what}: ${word} takes less than 1e10 seconds, which are 317 years, not ${preview(given)}`);
		return value;
	};
	if (given === null || typeof given !== "object") return number(given);
	const parts = Object.entries(given);
	if (parts.length === 0 || parts.some(([name]) => !Object.hasOwn(PARTS, name))) wrong();
	return number(parts.reduce((sum, [name, value]) => sum + number(value) * PARTS[name as keyof typeof PARTS], 0));
}

export function someSeconds(what: string, word: string, given: unknown): number | undefined {
	if (given === undefined || given === null) return undefined;
	const seconds = secondsOf(what, word, given);
	if (seconds === 0) throw new TypeError(`${what}: ${word} takes more than 0 seconds; leave it out for no limit`);
	return seconds;
}

/** The delays `first`, `first * factor`, …, none longer than `longest` seconds: `retryDelay: exponential(2)`. */
export function exponential(first: Duration, { factor = 2, longest }: { factor?: number; longest?: Duration } = {}): (attempt: number) => number {
	const start = secondsOf("exponential", "first", first);
	if (typeof factor !== "number" || !(factor >= 1 && factor < 1e6))
		throw new TypeError(`exponential: factor is a number from 1 up, not ${preview(factor)}`);
	const most = longest === undefined ? 1e9 : secondsOf("exponential", "longest", longest);
	return (attempt) => Math.min(start * factor ** (attempt - 1), most);
}

/** The checked options of a task or flow, in seconds and bytes; undefined where nothing was said. */
export class Policy {
	readonly retries: number;
	readonly timeout: number | undefined;
	readonly queueTimeout: number | undefined;
	readonly memory: number | undefined;
	readonly cpu: number | undefined;
	readonly gpus: number | undefined;
	readonly hooks: { [On in (typeof HOOKS)[keyof typeof HOOKS]]?: Hook[] } = {};
	readonly cache: boolean | ((...args: never[]) => unknown) | undefined;
	readonly cacheFor: number | undefined;
	readonly #delay: number | number[] | ((attempt: number) => Duration);
	readonly #jitter: number;
	readonly #on: ((thrown: unknown) => boolean) | undefined;
	readonly #what: string;

	/** @param what the task or flow, for messages. Throws TypeError. */
	constructor(what: string, given: Record<string, unknown>) {
		this.#what = what;
		this.retries = count(what, "retries", given.retries, MOST_RETRIES) ?? 0;
		this.#delay = delay(what, given.retryDelay);
		this.#jitter = ranged(what, "retryJitter", given.retryJitter, (n) => n >= 0 && n <= 1, "a share of the delay from 0 to 1") ?? 0;
		this.#on = retryOn(what, given.retryOn);
		this.timeout = someSeconds(what, "timeout", given.timeout);
		this.queueTimeout = someSeconds(what, "queueTimeout", given.queueTimeout);
		this.memory = bytes(what, given.memory);
		this.cpu = ranged(what, "cpu", given.cpu, (n) => n > 0 && n <= 4096, "a number of cores such as 2 or 0.5");
		this.gpus = count(what, "gpus", given.gpus, 1024);
		const { cache } = given;
		if (cache !== undefined && typeof cache !== "boolean" && typeof cache !== "function")
			throw new TypeError(`${what}: cache takes true, false, or a function of the arguments that returns a key, not ${preview(cache)}`);
		this.cache = cache as typeof this.cache;
		this.cacheFor = someSeconds(what, "cacheFor", given.cacheFor);
		if (this.cacheFor !== undefined && !cache)
			throw new TypeError(`${what}: cacheFor says how long a cached result counts: say cache: true or a key function beside it`);
		for (const [word, on] of Object.entries(HOOKS))
			for (const hook of given[word] === undefined ? [] : [given[word]].flat()) {
				if (typeof hook !== "function") throw new TypeError(`${what}: ${word} takes a function or a list of them, not ${preview(hook)}`);
				this.hooks[on] = [...(this.hooks[on] ?? []), hook as Hook];
			}
	}

	/** What the manifest says of a flow: agent and control plane act on it where no process can. */
	described(): Record<string, unknown> {
		const { retries, timeout, queueTimeout, memory, cpu, gpus } = this;
		const hooks = Object.keys(this.hooks).sort();
		const again = retries === 0 ? {} : { retries, ...(typeof this.#delay === "number" ? { retryDelay: this.#delay } : {}) };
		const asked = { ...again, timeout, queueTimeout, memory, cpu, gpus, hooks: hooks.length > 0 ? hooks : undefined };
		return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
	}

	/** Seconds until the next attempt; undefined where that one was the last. */
	again(thrown: unknown, attempt: number): number | undefined {
		if (attempt > this.retries || thrown instanceof Cancelled || thrown instanceof NoAnswer || (this.#on && !this.#on(thrown))) return undefined;
		let seconds: number;
		if (typeof this.#delay === "function") seconds = secondsOf(this.#what, "retryDelay's result", this.#delay(attempt));
		else if (typeof this.#delay === "number") seconds = this.#delay;
		else seconds = this.#delay[Math.min(attempt, this.#delay.length) - 1] ?? 0;
		return seconds * (1 + this.#jitter * (2 * Math.random() - 1));
	}
}

/** Throws TypeError for a function with yield, whose call does nothing, and would be a success. */
export function refuseGenerator(kind: "flow" | "task", name: string, fn: unknown): void {
	if (!/GeneratorFunction\]$/.test(Object.prototype.toString.call(fn))) return;
	if (kind === "flow")
		throw new TypeError(
			`flow ${name} is a generator, and would end without doing anything: a flow returns, so return a list where it yields, or call tasks in a loop`,
		);
	throw new TypeError(
		`task ${name} is a generator, whose body would not run before the task has ended: a task returns, so return a list where it yields, or call a task for each item in a loop`,
	);
}

/** Throws TypeError, which names the option and the nearest known one. */
export function refuseUnknown(what: string, given: object, known: readonly string[]): void {
	for (const word of Object.keys(given)) {
		if (known.includes(word)) continue;
		const elsewhere = TASK_WORDS.includes(word) ? "; task() has it" : FLOW_WORDS.includes(word) ? "; flow() has it" : "";
		const meant = Object.hasOwn(MEANT, word) ? MEANT[word] : undefined;
		const near = meant !== undefined && known.includes(meant) ? meant : nearest(word, [...known]);
		const hint = elsewhere || (near === undefined ? "" : `; did you mean "${near}"?`);
		throw new TypeError(`${what} has no option "${word}"${hint} (known: ${known.join(", ")})`);
	}
}

function count(what: string, word: string, given: unknown, most: number): number | undefined {
	if (given === undefined) return undefined;
	if (!Number.isInteger(given) || (given as number) < 0 || (given as number) > most)
		throw new TypeError(`${what}: ${word} takes a whole number from 0 to ${most}, not ${preview(given)}`);
	return given as number;
}

function ranged(what: string, word: string, given: unknown, fits: (number: number) => boolean, noun: string): number | undefined {
	if (given === undefined) return undefined;
	if (typeof given !== "number" || !fits(given)) throw new TypeError(`${what}: ${word} takes ${noun}, not ${preview(given)}`);
	return given;
}

function bytes(what: string, given: unknown): number | undefined {
	if (given === undefined) return undefined;
	const [, digits, unit] = typeof given === "string" ? (/^\s*([\d.]+)\s*([a-z]*)\s*$/i.exec(given) ?? []) : [null, String(given), ""];
	const size = Math.trunc(Number(digits) * (UNITS[unit?.toLowerCase() ?? "?"] ?? Number.NaN));
	if (!(size >= 1 && size < 2 ** 60))
		throw new TypeError(`${what}: memory takes a size such as "4 GiB" or "512 MB", or bytes as a whole number, not ${preview(given)}`);
	return size;
}

function delay(what: string, given: unknown): number | number[] | ((attempt: number) => Duration) {
	if (given === undefined) return 0;
	if (typeof given === "function") return given as (attempt: number) => Duration;
	if (Array.isArray(given)) return given.map((one, place) => secondsOf(what, `retryDelay[${place}]`, one));
	return secondsOf(what, "retryDelay", given);
}

const isErrorType = (given: unknown): given is ErrorType => typeof given === "function" && (given === Error || given.prototype instanceof Error);

function retryOn(what: string, given: unknown): ((thrown: unknown) => boolean) | undefined {
	if (given === undefined) return undefined;
	const types = Array.isArray(given) ? given : [given];
	if (types.length > 0 && types.every(isErrorType)) return (thrown) => types.some((type) => thrown instanceof type);
	if (typeof given === "function") return given as (thrown: unknown) => boolean;
	throw new TypeError(`${what}: retryOn takes error classes, or a function of what was thrown that says whether to try again, not ${preview(given)}`);
}
