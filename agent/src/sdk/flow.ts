/** Flows: called from a plain program they run here, told on the terminal. Called inside a flow a flow is the plain function. */
import { randomUUID } from "node:crypto";
import { ParameterError } from "../protocol/parameters.ts";
import { checked, type Parameters, type StandardSchema } from "./given.ts";
import { failure, preview } from "./preview.ts";
import { type Run, Scope, scopes } from "./scope.ts";
import { seconds, Terminal } from "./terminal.ts";

export interface FlowOptions<Schema extends Parameters> {
	/** What it is called, where that is not the function's name. */
	name?: string;
	parameters?: Schema;
}
/** What may be given, and what the function gets. */
type Given<Schema> = Schema extends StandardSchema<infer Input, unknown> ? Input : Record<string, unknown>;
type Taken<Schema> = Schema extends StandardSchema<unknown, infer Output> ? Output : Record<string, unknown>;

export interface Flow<Input, Result> {
	(given?: Input): Promise<Awaited<Result>>;
	readonly flow: string;
}

/** After the flow's own end its tasks are waited for, those too that they begin. */
async function ended(run: Run): Promise<void> {
	while (run.open.size > 0) await Promise.all(run.open);
}

async function here<Result>(name: string, fn: (taken: never) => Result, taken: unknown): Promise<Awaited<Result>> {
	const terminal = new Terminal(name);
	const run: Run = { id: randomUUID(), flow: name, recorder: terminal, open: new Set() };
	const began = performance.now();
	terminal.line("start", name, "");
	try {
		const value = await scopes.run(new Scope(run, null), async () => await fn(taken as never));
		await ended(run);
		terminal.line("done", name, `${seconds(performance.now() - began)}${value === undefined ? "" : `  → ${preview(value)}`}`);
		return value;
	} catch (thrown) {
		await ended(run);
		terminal.line("fail", name, `failed after ${seconds(performance.now() - began)}`);
		throw thrown;
	}
}

/** Makes a function a flow: `flow({ parameters: z.object({ n: z.int() }) }, async function numbers({ n }) { … })`. */
export function flow<Result>(fn: () => Result): Flow<Record<string, never>, Result>;
export function flow<Schema extends Parameters, Result>(
	options: FlowOptions<Schema>,
	fn: (taken: Taken<Schema>) => Result,
): Flow<Given<Schema>, Result>;
export function flow(first: FlowOptions<Parameters> | (() => unknown), second?: (taken: never) => unknown): Flow<never, unknown> {
	const [options, fn] = typeof first === "function" ? [{} as FlowOptions<Parameters>, first] : [first, second];
	if (typeof fn !== "function") throw new TypeError("flow() takes a function: flow(async function numbers() { … })");
	const name = options.name ?? fn.name;
	if (name === "") throw new TypeError("flow() needs a function with a name, which is the flow's: flow(async function numbers() { … })");
	const unknown = Object.keys(options).find((word) => word !== "name" && word !== "parameters");
	if (unknown !== undefined) throw new TypeError(`flow ${name} has no option "${unknown}": there are name and parameters`);
	const one = async (given: Record<string, unknown> = {}): Promise<unknown> => {
		const taken = await checked(options.parameters, given);
		return scopes.getStore() === undefined ? here(name, fn as (taken: never) => unknown, taken) : await fn(taken as never);
	};
	return Object.assign(one, { flow: name });
}

/**
 * Runs a flow as a program does: the result, or the error on stderr without the SDK's own lines and the exit code 1; 2 where the parameters do not fit.
 *
 *     if (import.meta.main) await runFlow(numbers, { n: 5 });
 */
export async function runFlow<Input, Result>(which: Flow<Input, Result>, given?: Input): Promise<Awaited<Result> | undefined> {
	try {
		return await which(given);
	} catch (thrown) {
		const fits = !(thrown instanceof ParameterError);
		process.stderr.write(`${fits ? told(thrown) : `${which.flow} was not run:\n${thrown.message}`}\n`);
		process.exitCode = fits ? 1 : 2;
		return undefined;
	}
}

/** The stack without the frames of the SDK and of Node. */
function told(thrown: unknown): string {
	if (!(thrown instanceof Error) || thrown.stack === undefined) return failure(thrown).message;
	const own = (line: string): boolean => !/^\s+at (.*node:|async Promise\.|new Promise \()/.test(line) && !line.includes(import.meta.url);
	return thrown.stack.split("\n").filter(own).join("\n");
}
