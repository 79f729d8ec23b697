/** Other flows as runs of their own: asked for from the flow's body, awaited without a slot. */
import { randomBytes } from "node:crypto";
import { checkParameters, ParameterError } from "../protocol/parameters.ts";
import { held } from "./call.ts";
import { NoResult, WaitFailed } from "./failures.ts";
import { checked } from "./given.ts";
import { preview } from "./preview.ts";
import { type Definition, definitionOf, flowNamed } from "./registry.ts";
import { jsonOf } from "./result.ts";
import { ofRun } from "./results.ts";
import { schemaOf } from "./schema.ts";
import { type Scope, scopeFor, scopes } from "./scope.ts";
import { type FailurePolicy, listed } from "./task.ts";
import { givenAnswer } from "./testing.ts";
import { type Answer, inboxOf, outlast, Wait } from "./wait.ts";

export interface ChildOptions {
	/** The pool whose agents may take it. */
	pool?: string;
	/** Labels, readable by the control plane. */
	labels?: Record<string, string>;
	/** Not cancelled with this run. */
	detached?: boolean;
	/** Names this call, where its place in the order says nothing. */
	key?: string;
}

const WORDS = ["pool", "labels", "detached", "key"];
/** Children of one run, as the control plane has it: what never ends is told while there is still memory. */
const MOST = 10_000;

/** A run that was asked for. */
export class Child<Result = unknown> {
	/** Its id. */
	readonly run: string;
	readonly flow: string;
	readonly parameters: Record<string, unknown>;
	/** @internal */
	readonly wait: Wait;

	/** @internal */
	constructor(wait: Wait, run: string, flow: string, parameters: Record<string, unknown>) {
		this.wait = wait;
		this.run = run;
		this.flow = flow;
		this.parameters = parameters;
	}

	/** Whether it has ended, as far as this process has heard. */
	get done(): boolean {
		inboxOf(this.wait.run).look();
		return this.wait.look();
	}

	/** Waits for what its flow returns; throws WaitFailed if it failed. */
	async result(): Promise<Result> {
		await ended([this]);
		return returned(this) as Result;
	}
}

/** What it returned; what is no JSON from the store, if that is this agent's too, else as it was described. */
function returned({ wait, run, flow }: Child): unknown {
	const { value } = wait;
	const described = wait.answer?.described;
	wait.run.produced(wait.key, value);
	if (described === undefined) return value;
	try {
		const whole = ofRun(wait.run.info.store, run, flow, described);
		wait.run.produced(wait.key, whole);
		return whole;
	} catch (problem) {
		if (problem instanceof NoResult) return described;
		throw problem;
	}
}

async function ended(children: readonly Child[]): Promise<void> {
	for (const child of children) if (!child.wait.answer && !child.wait.run.recorder.event) child.wait.end(await here(child));
	await outlast(children.map((child) => child.wait));
}

/** In a local run another flow runs in this process, as far as it was loaded here; a test may give its answer. */
async function here(child: Child): Promise<Answer> {
	const given = givenAnswer([child.wait.key, child.flow], true);
	if (given) return { state: "answered", value: given.value };
	const found = flowNamed(child.flow);
	if (!found) throw new WaitFailed(`no flow "${child.flow}" is loaded here: a local run finds the flows of the files that were imported`);
	const unfit = refusal(found, child.parameters);
	if (unfit) return { state: "failed", error: { type: "ChildError", message: `the child run of ${child.flow} could not be made: ${unfit.message}` } };
	try {
		return { state: "answered", value: jsonOf(await scopes.exit(() => found.call(child.parameters))) };
	} catch (thrown) {
		const { type, message } = child.wait.run.recorder.error(thrown);
		return { state: "failed", error: { type, message } };
	}
}

/** What an agent would say of the parameters before it begins the run: a schema's own library may pass over those that it does not know. */
function refusal({ name, parameters }: Definition, given: Record<string, unknown>): ParameterError | undefined {
	try {
		checkParameters(schemaOf(parameters ?? { type: "object", properties: {} }, name) as never, given);
	} catch (problem) {
		// A schema that can't be deployed is left to the call itself.
		if (problem instanceof ParameterError) return problem;
	}
	return undefined;
}

function nameOf(flow: string | object): string {
	const name = typeof flow === "string" ? flow : definitionOf(flow)?.name;
	if (name === undefined || name === "") throw new TypeError("runFlow takes the name of a deployed flow, or the flow");
	return name;
}

/** What is unknown was meant for the flow, most likely. */
function refuseOthers(name: string, options: object): void {
	const unknown = Object.keys(options).find((word) => !WORDS.includes(word));
	if (unknown !== undefined)
		throw new TypeError(
			`runFlow("${name}"): unknown option "${unknown}". Parameters of the flow go before the options: runFlow("${name}", { ${unknown}: … }) (known: ${WORDS.join(", ")})`,
		);
}

function parametersOf(given: unknown, what: string): Record<string, unknown> {
	const parameters = jsonOf(given ?? {});
	if (parameters === null || typeof parameters !== "object" || Array.isArray(parameters))
		throw new TypeError(`${what} takes the parameters of each run as an object, not ${preview(given, 120)}`);
	return parameters as Record<string, unknown>;
}

/** A run for each, and their results; none is asked for where one can't be. */
export async function askAll(flow: string | object, given: Iterable<unknown>, options: ChildOptions, failed: FailurePolicy): Promise<unknown[]> {
	const all = async (): Promise<unknown[]> => resultsOf(await asking(flow, given, options), failed);
	return await held(scopeFor("runFlow()").run, all());
}

async function asking(flow: string | object, given: Iterable<unknown>, options: ChildOptions): Promise<Child[]> {
	const name = nameOf(flow);
	refuseOthers(name, options);
	const all = listed("runFlow.map()", given, MOST, "parameters", "A run may have that many children: give each more to do");
	// A deployed flow may be another version, whose parameters the agent knows; here it is this one.
	const definition = scopeFor("runFlow()").run.recorder.event ? undefined : definitionOf(flow);
	const parameters: Record<string, unknown>[] = [];
	for (const [place, each] of all.entries()) {
		const what = `runFlow.map("${name}"), item ${place} of ${all.length.toLocaleString("en")}:`;
		try {
			const own = parametersOf(each, what);
			if (definition) await checked(definition.parameters, own);
			parameters.push(own);
		} catch (problem) {
			const { message } = problem as Error;
			throw new TypeError(message.startsWith(what) ? message : `${what} ${message}`);
		}
	}
	return parameters.map((each) => ask(flow, each, options));
}

export function ask(flow: string | object, given: unknown, options: ChildOptions = {}): Child {
	const name = nameOf(flow);
	refuseOthers(name, options);
	const scope = scopeFor("runFlow()");
	if (scope.key !== null)
		throw new Error(
			`runFlow("${name}") is called in the task ${scope.key}, but only the flow's own body can wait for another run without holding a slot: call it there`,
		);
	return asked(scope, name, parametersOf(given, `runFlow("${name}")`), options);
}

function asked(scope: Scope, flow: string, parameters: Record<string, unknown>, options: ChildOptions): Child {
	const { labels = {}, pool = null, detached = false, key } = options;
	const { memory, info } = scope.run;
	const child = { id: uuid7(), flow, parameters, labels, pool, detached };
	const wait = new Wait(scope, "child", `run ${flow}`, key, undefined, { child });
	if (memory && !wait.answer) child.id = memory.once(`${wait.key}:${info.run}`, () => child.id);
	wait.begin();
	return new Child(wait, child.id, flow, parameters);
}

/** A run's id comes from who asks for it; the time is in its first half. */
function uuid7(): string {
	const random = randomBytes(10).toString("hex");
	const digits = `${Date.now().toString(16).padStart(12, "0")}7${random.slice(0, 3)}${"89ab"[Number.parseInt(random[3] as string, 16) & 3]}${random.slice(4, 19)}`;
	return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20, 32)].join("-");
}

/** Waits for all at once; see FailurePolicy. */
async function resultsOf(children: readonly Child[], failed: FailurePolicy): Promise<unknown[]> {
	if (!["raise", "skip", "return"].includes(failed)) throw new RangeError(`failed is "raise", "skip" or "return", not ${JSON.stringify(failed)}`);
	const [first] = children;
	if (!first) return [];
	await held(first.wait.run, ended(children));
	return children.flatMap((child) => {
		try {
			return [returned(child)];
		} catch (thrown) {
			if (failed === "raise") throw thrown;
			return failed === "return" ? [thrown] : [];
		}
	});
}
