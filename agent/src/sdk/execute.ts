/**
 * Does the run that a run directory describes. Everything that comes of it is written there (decision records 1 and 7). Exit codes: 0 done, 1 the flow
 * threw, 2 the project can't be imported or the parameters don't fit, 75 suspended, 124 timed out, 143 cancelled.
 */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Cancelled, FlowTimedOut } from "./failures.ts";
import { loading } from "./flow.ts";
import { checked } from "./given.ts";
import { Checkpoints } from "./memory.ts";
import { hooksOf, perform } from "./perform.ts";
import { RunDirectory } from "./records.ts";
import { type Definition, definitionOf } from "./registry.ts";
import { resultRecord } from "./result.ts";
import { type ErrorRecord, Run, type RunFile } from "./scope.ts";
import { takeSecrets } from "./secrets.ts";
import { Store } from "./store.ts";
import { takeVariables } from "./variables.ts";
import { Inbox, receive } from "./wait.ts";

const FIRST_LOOK = 50;
const LONGEST_LOOK = 500;

/** Imports `path:export` of a project. Throws what the import throws, and Error where there is no such flow. */
async function load(project: string, entry: string): Promise<Definition> {
	const at = entry.lastIndexOf(":");
	const [path, name] = [entry.slice(0, at), entry.slice(at + 1)];
	const file = join(project, ...path.split("/"));
	if (!existsSync(file)) throw new Error(`the project has no file ${path}, where the flow ${name} was deployed from`);
	loading.push(path);
	try {
		const found: unknown = (await import(pathToFileURL(file).href))[name];
		const definition = definitionOf(found);
		if (!definition) throw new Error(`${path} exports ${found === undefined ? "nothing" : `a ${typeof found} that is no flow`} by the name ${name}`);
		return definition;
	} finally {
		loading.pop();
	}
}

/** The project's folder, and where its files really are: those of a large one are links into a tree that runs share. */
function foldersOf(project: string, entry: string): [string, ...string[]] {
	const path = entry.slice(0, entry.lastIndexOf(":"));
	const file = join(project, ...path.split("/"));
	const real = existsSync(file) ? realpathSync(file).slice(0, -path.length - 1) : project;
	return real === project ? [project] : [real, project];
}

export async function execute(folder: string): Promise<never> {
	const info = JSON.parse(readFileSync(join(folder, "run.json"), "utf8")) as Required<RunFile>;
	const project = join(folder, "project");
	const directory = new RunDirectory(folder, ...foldersOf(project, info.entry));
	takeSecrets(folder);
	takeVariables(folder);
	directory.streams.install();
	const run = new Run(directory, info);
	directory.run = run;
	listen(run, folder);
	directory.event("started", { node: process.versions.node });
	process.argv.splice(1, process.argv.length, join(project, info.entry.slice(0, info.entry.lastIndexOf(":"))));

	const end = (code: number, type: string, record: object = {}): never => {
		try {
			run.memory?.sync();
		} catch (problem) {
			directory.log("warn", (problem as Error).message, null);
		}
		directory.streams.finish();
		directory.event(type, record);
		process.exit(code);
	};
	let flow: Definition | undefined;
	const failed = (thrown: unknown): never => {
		if (thrown instanceof Cancelled && run.signal.aborted) return end(143, "cancelled");
		let error = directory.error(thrown);
		try {
			const after = info.hook ? undefined : flow?.policy?.again(thrown, info.attempt ?? 1);
			if (after !== undefined) directory.event("retry", { after, error });
		} catch (problem) {
			error = directory.error(problem);
		}
		return thrown instanceof FlowTimedOut ? end(124, "timeout", { error }) : end(1, "error", { error });
	};
	const uncaught = (thrown: unknown): void => {
		// What was left behind when the run was stopped may end as it likes.
		if (!run.signal.aborted) failed(thrown);
	};
	process.on("unhandledRejection", uncaught).on("uncaughtException", uncaught);
	process.on("beforeExit", () => failed(new Error("nothing is left that could go on: the flow awaits a promise that nobody will settle")));

	let body: () => Promise<unknown>;
	try {
		const given = JSON.parse(readFileSync(join(folder, info.parameters), "utf8")) as Record<string, unknown>;
		const found = await load(project, info.entry);
		if (info.hook)
			body = hooksOf(found, info.hook.on, {
				run: info.parent ?? null,
				flow: found.name,
				state: info.hook.state as never,
				error: told(info.hook.error),
				parameters: given,
			});
		else {
			const { fn, parameters } = found;
			const taken = await checked(parameters, given);
			body = async () => await fn(taken as never);
		}
		flow = found;
	} catch (thrown) {
		if (run.signal.aborted) return end(143, "cancelled");
		return end(2, "error", { error: directory.error(thrown) });
	}
	try {
		if (info.store) run.memory = new Checkpoints(new Store(info.store), info, (level, text, scope) => directory.log(level, text, scope));
		const whole = flow.policy?.timeout;
		const left = info.deadline ? Math.max((new Date(info.deadline).getTime() - Date.now()) / 1000, 0.001) : undefined;
		const limit = whole === undefined || left === undefined ? (whole ?? left) : Math.min(whole, left);
		const value = await perform(run, flow.name, body, limit, whole ?? limit);
		const told = resultRecord(value);
		if (!("json" in told) && !info.hook) run.memory?.returned(value);
		return end(0, "result", told);
	} catch (thrown) {
		return failed(thrown);
	}
}

/** An error of a run as a hook is given it: one line of text, as in a local run. */
function told(error: unknown): string | null {
	if (error === null || error === undefined) return null;
	const { type, message } = error as Partial<ErrorRecord>;
	return typeof error === "object" ? `${type}: ${message}` : String(error);
}

/** How it hears of a cancel: SIGTERM at once, and the inbox for where a signal can't be sent. A pause and answers come by the inbox. */
function listen(run: Run, folder: string): void {
	const cancel = (): void => run.stop(new Cancelled("the run was cancelled"));
	// A second signal must not break into the finally blocks that the first one started.
	process.on("SIGTERM", cancel);
	const inbox = new Inbox(join(folder, "inbox"));
	receive(run, inbox);
	inbox.onMessage = ({ type, paused = true }) => {
		if (type === "cancel") cancel();
		if (type === "pause") run.pausing = paused;
	};
	inbox.look();
	let pause = FIRST_LOOK;
	const look = (): void => {
		inbox.look();
		pause = Math.min(pause * 1.5, LONGEST_LOOK);
		setTimeout(look, pause).unref();
	};
	setTimeout(look, pause).unref();
}
