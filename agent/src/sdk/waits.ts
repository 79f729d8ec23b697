/** Waiting for a time, a person or an event. From the flow's body a long wait holds no process and no slot; work beside it belongs into a task, or is cut off. */
import { ParameterError } from "../protocol/parameters.ts";
import { askedHere } from "./answers.ts";
import { TimedOut } from "./failures.ts";
import { checked, type ObjectSchema, type StandardSchema } from "./given.ts";
import { type Duration, refuseUnknown, secondsOf, someSeconds } from "./options.ts";
import { preview } from "./preview.ts";
import { schemaOf } from "./schema.ts";
import { scopeFor } from "./scope.ts";
import { outlast, Wait } from "./wait.ts";

interface Keyed {
	/** Names this wait, where its place in the order says nothing. */
	key?: string;
}
interface Limited {
	/** After which it is given up, with TimedOut. */
	timeout?: Duration;
}

/** Epoch seconds: what an agent takes of a wait's moment. */
const LATEST = 32_503_680_000;
const from = (seconds: number): number => Date.now() / 1000 + seconds;

async function done(wait: Wait, fits?: (value: unknown) => unknown): Promise<unknown> {
	if (!wait.answer && !wait.run.recorder.event && wait.kind !== "time") {
		wait.begin();
		wait.end(await askedHere(wait, fits));
	}
	await outlast([wait]);
	return wait.value;
}

function limit(what: string, timeout: Duration | undefined): number | undefined {
	const seconds = someSeconds(what, "timeout", timeout);
	return seconds === undefined ? undefined : from(seconds);
}

/** A word that is misread waits without its deadline, for ever. Throws TypeError. */
function given<Options extends object>(what: string, options: Options, known: readonly string[]): Options {
	if (options === null || typeof options !== "object") throw new TypeError(`${what} takes its options as an object, not ${preview(options)}`);
	refuseUnknown(what, options, known);
	return options;
}

/** Lets time pass: `await sleep({ days: 3 })`, `await sleep(30)` in seconds. Inside a task it waits in the process. */
export async function sleep(time: Duration, options: Keyed = {}): Promise<void> {
	const { key } = given("sleep()", options, ["key"]);
	await done(new Wait(scopeFor("sleep()"), "time", "sleep", key, from(secondsOf("sleep", "its time", time))));
}

/** Waits for a point in time. One that is past is no wait. */
export async function waitUntil(moment: Date, options: Keyed = {}): Promise<void> {
	const { key } = given("waitUntil()", options, ["key"]);
	if (!(moment instanceof Date) || Number.isNaN(moment.getTime())) throw new TypeError(`waitUntil takes a Date, not ${preview(moment)}`);
	const until = moment.getTime() / 1000;
	// Told to an agent, the run would fail without a word of the flow's.
	if (until > LATEST)
		throw new RangeError(`waitUntil(${moment.toISOString()}) comes to a moment past the latest that a wait may have, 3000-01-01 00:00 UTC`);
	await done(new Wait(scopeFor("waitUntil()"), "time", "wait_until", key, until));
}

/** What a person answered. */
export interface Approval<Form = unknown> {
	approved: boolean;
	/** What the form was filled with; null without one, and where it was declined. */
	form: Form;
	/** Who answered; null where that is not known. */
	by: string | null;
}

/**
 * Asks a person: `if ((await approval("Ship it?")).approved) …`. Answered on the run's page, by the command line, or here in a local run.
 * `form` is what to fill in: a Standard Schema that says itself as JSON Schema (zod), or a JSON Schema of an object.
 */
export async function approval<Form>(
	text: string,
	options: { form: StandardSchema<unknown, Form> } & Limited & Keyed,
): Promise<{ approved: true; form: Form; by: string | null } | { approved: false; form: null; by: string | null }>;
export async function approval(text: string, options?: { form?: ObjectSchema } & Limited & Keyed): Promise<Approval>;
export async function approval(
	text: string,
	options: { form?: ObjectSchema | StandardSchema<unknown, unknown> } & Limited & Keyed = {},
): Promise<Approval> {
	const { form, timeout, key } = given("approval()", options, ["form", "timeout", "key"]);
	if (typeof text !== "string" || text.trim() === "") throw new TypeError(`approval takes the question as text, not ${preview(text)}`);
	const scope = scopeFor("approval()");
	if (form !== undefined && (form === null || !/^(object|function)$/.test(typeof form)))
		throw new TypeError(`approval's form is a JSON Schema of an object, or a schema such as zod's, not ${preview(form)}`);
	const schema = form === undefined ? null : schemaOf(form, "approval's form");
	const wait = new Wait(scope, "approval", "approval", key, limit("approval", timeout), { prompt: { text, form: schema } });
	const value = await done(wait, (typed) => filledBy(form, typed));
	return { ...(await filledBy(form, value)), by: wait.answer?.by ?? null };
}

/** What a person said to a question. Throws ParameterError for what its form does not take. */
async function filledBy(
	form: ObjectSchema | StandardSchema<unknown, unknown> | undefined,
	value: unknown,
): Promise<{ approved: boolean; form: unknown }> {
	if (typeof value === "boolean") return { approved: value, form: null };
	const told = value as { approved?: unknown; form?: unknown } | null;
	const whole = told !== null && typeof told === "object" && typeof told.approved === "boolean";
	if (whole && !told.approved) return { approved: false, form: null };
	const filled = whole ? (told.form ?? null) : value;
	if (form === undefined) return { approved: true, form: filled };
	if (filled !== null && (typeof filled !== "object" || Array.isArray(filled)))
		throw new ParameterError([`the form is filled in as an object, not as ${preview(filled)}`]);
	return { approved: true, form: await checked(form, (filled ?? {}) as Record<string, unknown>) };
}

/**
 * Waits for an event by name and key, sent through the API, and gives what it brought. With a function it asks that one each `every` (a minute where
 * nothing is said), holds no slot between, and gives the first thing that is true. Throws TimedOut.
 */
export async function waitFor(event: string, key?: string, options?: Limited): Promise<unknown>;
export async function waitFor<Value>(ready: () => Value, options?: { every?: Duration } & Limited): Promise<NonNullable<Awaited<Value>>>;
export async function waitFor(
	event: string | (() => unknown),
	second?: string | ({ every?: Duration } & Limited),
	third: Limited = {},
): Promise<unknown> {
	if (typeof event === "function") return sensed(event, given("waitFor()", (second ?? third) as Limited, ["every", "timeout"]));
	if (typeof event !== "string" || event === "" || event.includes("\0"))
		throw new TypeError(`waitFor takes an event's name, or a function that says whether to go on, not ${preview(event)}`);
	const [key, options] = typeof second === "object" && second !== null ? ["", second] : [second ?? "", third];
	// 7 and "7" would be two keys, of which nobody sends the first.
	if (typeof key !== "string" || key.includes("\0")) throw new TypeError(`waitFor takes the event's key as text, not ${preview(key)}`);
	const { timeout } = given("waitFor()", options, ["timeout"]);
	return done(new Wait(scopeFor("waitFor()"), "event", "event", undefined, limit("waitFor", timeout), { event: `${event}\0${key}` }));
}

async function sensed(ready: () => unknown, { every = 60, timeout }: { every?: Duration } & Limited): Promise<unknown> {
	const pause = secondsOf("waitFor", "every", every);
	const scope = scopeFor("waitFor()");
	const name = scope.nextKey("sensor");
	const { memory, info } = scope.run;
	let until = limit("waitFor", timeout);
	if (memory && until !== undefined) {
		// As a deadline for an answer: one that passed in an earlier attempt of the flow, or in a run that is resumed, begins anew.
		const end = (told: string): string => `${told}:until:${info.run}`;
		const over = (told: string): boolean => Number(memory.moment(end(told))?.value ?? Number.POSITIVE_INFINITY) * 1000 <= Date.now();
		const given = until;
		until = memory.once(end(memory.askedAs(name, over)), () => given);
	}
	for (;;) {
		// Each pause is a wait of its own, and those of earlier executions are over: the function is asked once for each new one.
		const wait = new Wait(scope, "time", "pause", undefined, from(pause));
		if (wait.answer) continue;
		const found = await ready();
		if (found) return found;
		if (until !== undefined && Date.now() / 1000 >= until) throw new TimedOut(`${name} had nothing before its deadline`);
		await done(wait);
	}
}
