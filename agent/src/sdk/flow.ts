/** Flows: called from a plain program they run here, told on the terminal. Called inside a flow a flow is the plain function. */
import { ParameterError } from "../protocol/parameters.ts";
import { ask, askAll, type Child, type ChildOptions } from "./children.ts";
import { stackOf } from "./errors.ts";
import { Cancelled, FlowTimedOut } from "./failures.ts";
import { checked, type Given, type Parameters, type Taken } from "./given.ts";
import { begin, here } from "./local.ts";
import { type AskOptions, FLOW_WORDS, Policy, type RetryOptions, refuseGenerator, refuseUnknown } from "./options.ts";
import { type Definition, register } from "./registry.ts";
import { scopes } from "./scope.ts";
import type { FailurePolicy } from "./task.ts";

export interface FlowOptions<Schema extends Parameters> extends RetryOptions, AskOptions {
	/** What it is deployed as, where that is not the function's name. */
	name?: string;
	/** What it is given: a Standard Schema of an object (zod), or a JSON Schema. Types alone are gone when it runs. */
	parameters?: Schema;
}
export interface Flow<Input, Result> {
	(given?: Input): Promise<Awaited<Result>>;
	/** Its name. */
	readonly flow: string;
}

/** While an agent or a deploy imports the user's file. */
export const loading: string[] = [];

/** Makes a function a flow: `export const numbers = flow({ parameters: z.object({ n: z.int() }) }, async function numbers({ n }) { … })`. */
export function flow<Result>(fn: () => Result): Flow<Record<string, never>, Result>;
export function flow<const Schema extends Parameters, Result>(
	options: FlowOptions<Schema>,
	fn: (taken: Taken<Schema>) => Result,
): Flow<Given<Schema>, Result>;
export function flow(first: FlowOptions<Parameters> | (() => unknown), second?: (taken: never) => unknown): Flow<never, unknown> {
	const [options, fn] = typeof first === "function" ? [{} as FlowOptions<Parameters>, first] : [first, second];
	if (typeof fn !== "function") throw new TypeError("flow() takes a function: flow(async function numbers() { … })");
	const name = options.name ?? fn.name;
	if (name === "") throw new TypeError("flow() needs a function with a name, which is the flow's: flow(async function numbers() { … })");
	refuseGenerator("flow", name, fn);
	refuseUnknown(`flow ${name}`, options, FLOW_WORDS);
	const said = Object.keys(options).some((word) => word !== "name" && word !== "parameters");
	const call = async (given: Record<string, unknown> = {}): Promise<unknown> => {
		const top = scopes.getStore() === undefined;
		if (top) begin(name);
		const taken = await checked(options.parameters, given);
		return top ? here(definition, given, taken) : await definition.fn(taken as never);
	};
	const one = async (given?: Record<string, unknown>): Promise<unknown> => {
		if (loading.length > 0 && scopes.getStore() === undefined)
			throw new Error(
				`${loading[0]} calls ${name}() while it is imported, so it would run twice: call it by runFlow(), which knows, or in another file`,
			);
		return await call(given);
	};
	const definition: Definition = {
		name,
		fn: fn as (taken: never) => unknown,
		parameters: options.parameters,
		policy: said ? new Policy(`flow ${name}`, options as Record<string, unknown>) : undefined,
		call,
	};
	const made = Object.assign(one, { flow: name }) as unknown as Flow<never, unknown>;
	register(made, definition);
	return made;
}

async function run(which: string | Flow<never, unknown>, given?: unknown, options?: ChildOptions): Promise<unknown> {
	if (scopes.getStore() !== undefined) return await ask(which, given, options).result();
	if (typeof which === "string") throw new TypeError(`runFlow("${which}") belongs into a flow; a program runs the flow itself: runFlow(${which})`);
	// An agent, or a deploy, is reading this file: it is not the program.
	if (loading.length > 0) return undefined;
	try {
		return await which(given as never);
	} catch (thrown) {
		const fits = !(thrown instanceof ParameterError);
		process.stderr.write(`${fits ? stackOf(thrown) : `${which.flow} was not run:\n${thrown.message}`}\n`);
		process.exitCode = thrown instanceof Cancelled ? 130 : fits ? 1 : 2;
		// What was left behind is waited for no longer.
		if (thrown instanceof Cancelled || thrown instanceof FlowTimedOut) process.exit();
		return undefined;
	}
}

/**
 * In a program: runs a flow and gives its result; its error goes to stderr without the SDK's own lines, with the exit code 1, or 2 where the parameters do not fit.
 * An agent that reads the same file passes over it.
 *
 *     await runFlow(numbers, { n: 5 });
 *
 * In a flow's body: runs a deployed flow, by itself or by its name, as a run of its own, and gives what it returned. The run that waits holds no slot.
 */
export interface RunFlow {
	<Input, Result>(which: Flow<Input, Result>, given?: NoInfer<Input>, options?: ChildOptions): Promise<Awaited<Result> | undefined>;
	(which: string, given?: Record<string, unknown>, options?: ChildOptions): Promise<unknown>;
	/** In a flow's body: asks for the run and goes on; `await child.result()` waits for it. */
	submit<Input, Result>(which: Flow<Input, Result>, given?: NoInfer<Input>, options?: ChildOptions): Child<Awaited<Result>>;
	submit(which: string, given?: Record<string, unknown>, options?: ChildOptions): Child;
	/** In a flow's body: a run for each, and the results in order. `failed` as of a task's map, but all are asked for. */
	map<Input, Result>(
		which: Flow<Input, Result>,
		given: Iterable<NoInfer<Input>>,
		options?: Omit<ChildOptions, "key"> & { failed?: FailurePolicy },
	): Promise<Awaited<Result>[]>;
	map(which: string, given: Iterable<Record<string, unknown>>, options?: Omit<ChildOptions, "key"> & { failed?: FailurePolicy }): Promise<unknown[]>;
}

export const runFlow = Object.assign(run, {
	submit: (which: string | Flow<never, unknown>, given?: unknown, options?: ChildOptions) => ask(which, given, options),
	map: async (
		which: string | Flow<never, unknown>,
		given: Iterable<unknown>,
		{ failed = "raise", ...options }: ChildOptions & { failed?: FailurePolicy } = {},
	) => askAll(which, given, options, failed),
}) as unknown as RunFlow;
