/** What other runs returned: asked of the agent, which fetches and opens it; what is no JSON is taken from the store on the premises. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NoResult, NotStorable, StoreError } from "./failures.ts";
import { restored, stored } from "./kept.ts";
import { RETURNED } from "./memory.ts";
import { definitionOf } from "./registry.ts";
import { type Scope, scopeFor } from "./scope.ts";
import { CheckpointLog, type Kept, putFile, Store, sha } from "./store.ts";
import { givenAnswer, testStore } from "./testing.ts";
import { type Answer, type Described, FIRST_LOOK, inboxOf, LONGEST_LOOK } from "./wait.ts";

/** Results of a flow that a local store keeps. */
const LOCAL = 10;
/** Where local runs keep what they did; a test has a place of its own. */
export const PLACE = join(".tidegate", "local", "store");

export interface ResultOptions<Default = never> {
	/** Of this version alone. */
	version?: number;
	/** Of the run with this id. */
	run?: string;
	/** Of runs that have these labels. */
	labels?: Record<string, string>;
	/** What is given where there is none. */
	default?: Default;
}

/**
 * What another run of the workspace returned: `await result("train")` of the newest that succeeded. It is remembered: a run that goes on, or is resumed, gets
 * the same again. A local run reads the local store, which knows neither versions nor labels. Throws NoResult where there is none, and no default.
 */
export async function result<Default = never>(flow: string | object, options: ResultOptions<Default> = {}): Promise<unknown> {
	const name = typeof flow === "string" ? flow : definitionOf(flow)?.name;
	if (name === undefined || name === "") throw new TypeError("result takes the name of a flow, or the flow");
	const { version = null, run = null, labels = {} } = options;
	if (version !== null && !(Number.isInteger(version) && version > 0))
		throw new TypeError(`result: version is the number of a version, not ${version}`);
	const scope = scopeFor("result()");
	try {
		return scope.run.recorder.event ? await asked(scope, name, { version, run, labels }) : here(name, run);
	} catch (problem) {
		if (problem instanceof NoResult && Object.hasOwn(options, "default")) return options.default;
		throw problem;
	}
}

interface Found {
	run: string;
	value: unknown;
	described: Described | null;
}

async function asked(scope: Scope, flow: string, wanted: object): Promise<unknown> {
	const { memory, info } = scope.run;
	const key = scope.nextKey("result");
	let found = memory?.moment(key)?.value as Found | undefined;
	if (!found) {
		const answer = await answered(scope, key, flow, wanted);
		if (answer.state !== "answered") {
			const { type, message = "the agent could not get it" } = (answer.error ?? {}) as { type?: string; message?: string };
			throw new (type === "NoResult" ? NoResult : Error)(`result of ${flow}: ${message}`);
		}
		found = { run: String(answer.child?.run), value: answer.value ?? null, described: answer.described ?? null };
		const kept = found;
		memory?.once(key, () => kept);
	}
	return found.described === null ? found.value : ofRun(info.store, found.run, flow, found.described);
}

/** Asks the agent and waits here: it takes a moment, not a person. */
async function answered(scope: Scope, key: string, flow: string, wanted: object): Promise<Answer> {
	const { run } = scope;
	const inbox = inboxOf(run);
	inbox.look();
	if (!inbox.answer(key)) run.recorder.event?.("result_of", { key, flow, ...wanted });
	for (let pause = FIRST_LOOK; ; pause = Math.min(pause * 1.5, LONGEST_LOOK)) {
		const answer = inbox.answer(key);
		if (answer) return answer;
		await sleep(pause, undefined, { signal: run.signal }).catch(() => undefined);
		if (run.signal.aborted) throw run.signal.reason;
		inbox.look();
	}
}

/** What a run kept of the value that it returned, which was no JSON. Throws NoResult, StoreError. */
export function ofRun(path: string | undefined, run: string, flow: string, described: Described): unknown {
	const what = `the result of run ${run} of ${flow} (a ${described.python}, ${described.size} bytes)`;
	if (path === undefined) throw new NoResult(`${what} is no JSON, and this run has no store to read it from`);
	const store = new Store(path);
	const kept = new CheckpointLog(store, run).read(() => undefined).findLast((record) => record.once === RETURNED);
	if (!kept)
		throw new NoResult(
			`${what} is no JSON, so it stays in the store of the agent that ran it, and the store of this agent has none: it is another's, or older than the store keeps them, or could not be stored`,
		);
	return restored(store, kept.value as Kept);
}

interface Local {
	run: string;
	at: number;
	value: Kept;
}
const fileOf = (store: Store, flow: string): string => join(store.path, "results", `${sha(flow).slice(0, 32)}.json`);

function known(file: string): Local[] {
	try {
		const found: unknown = JSON.parse(readFileSync(file, "utf8"));
		return Array.isArray(found) ? found : [];
	} catch {
		return [];
	}
}

/** Of a local run; what can't be kept is not there for others. */
export function keepHere(store: Store, flow: string, run: string, value: unknown): void {
	const file = fileOf(store, flow);
	try {
		const newest = { run, at: Date.now() / 1000, value: stored(store, value).kept };
		mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
		putFile(file, JSON.stringify([newest, ...known(file)].slice(0, LOCAL)));
	} catch (problem) {
		if (!(problem instanceof NotStorable || problem instanceof StoreError || (problem as NodeJS.ErrnoException).code)) throw problem;
	}
}

function here(flow: string, run: string | null): unknown {
	const given = givenAnswer([`result ${flow}`], true);
	if (given) return given.value;
	const path = testStore() ?? PLACE;
	const all = existsSync(join(path, "store.json")) ? known(fileOf(new Store(path), flow)) : [];
	const found = all.find((one) => run === null || one.run === run);
	if (found) return restored(new Store(path), found.value);
	throw new NoResult(`no run of ${flow}${run === null ? "" : ` by the id ${run}`} has succeeded here, as far as ${path} knows`);
}
