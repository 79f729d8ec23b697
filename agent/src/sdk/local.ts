/** `node flow.ts`: a flow run here and now, told on the terminal. No server, agent or account. */
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { asked, checkWords, isProgram, resumed, stop } from "./command.ts";
import { failure } from "./errors.ts";
import { Cancelled, StoreError } from "./failures.ts";
import { Checkpoints } from "./memory.ts";
import { hooksOf, perform } from "./perform.ts";
import { preview } from "./preview.ts";
import type { Definition } from "./registry.ts";
import { keepHere, PLACE } from "./results.ts";
import { Run, type RunFile } from "./scope.ts";
import { prepareStore, Store } from "./store.ts";
import { seconds, Terminal } from "./terminal.ts";
import { testStore } from "./testing.ts";
import { tidy } from "./tidy.ts";

/** Runs that this program resumed: what it calls after the flow that is resumed may have nothing to resume. */
const went: string[] = [];
/** Flows that are under way here: what one of them asks for is no program's call. */
let depth = 0;

/** Before the parameters are looked at: a program may be asked for help, or with a word that is unknown. */
export function begin(flow: string): void {
	if (testStore() === undefined && depth === 0) checkWords(flow);
}

/** Does a flow in this process; gives or throws what it does. */
export async function here(flow: Definition, given: Record<string, unknown>, taken: unknown): Promise<unknown> {
	depth++;
	try {
		return await done(flow, given, taken);
	} finally {
		depth--;
	}
}

async function done(flow: Definition, given: Record<string, unknown>, taken: unknown): Promise<unknown> {
	const { fn } = flow;
	const test = testStore();
	const terminal = new Terminal(flow.name);
	let info: RunFile = { run: randomUUID(), flow: flow.name };
	const kept = open(test, flow.name, info, terminal);
	const began = performance.now();
	terminal.line("start", flow.name, "");
	for (let attempt = 1; ; attempt++) {
		const run = new Run(terminal, info);
		run.fast = test !== undefined || asked("fast");
		if (kept) run.memory = new Checkpoints(kept.store, info, (level, text, scope) => terminal.log(level, text, scope));
		const interrupt = (): void => run.stop(new Cancelled("it was interrupted"));
		process.once("SIGINT", interrupt);
		try {
			const value = await perform(run, flow.name, async () => await fn(taken as never), flow.policy?.timeout);
			terminal.line("done", flow.name, `${seconds(performance.now() - began)}${value === undefined ? "" : `  → ${preview(value)}`}`);
			kept?.succeeded(info);
			if (kept) keepHere(kept.store, flow.name, info.run, value);
			await after(flow, run, "succeeded", null, given);
			return value;
		} catch (thrown) {
			terminal.flowFailed(thrown, performance.now() - began);
			const pause = flow.policy?.again(thrown, attempt);
			if (pause === undefined) {
				const { type, message } = failure(thrown);
				await after(flow, run, thrown instanceof Cancelled ? "cancelled" : "failed", `${type}: ${message}`, given);
				if (kept && test === undefined && depth === 1 && isProgram())
					terminal.line("note", flow.name, "--resume goes on from here: what succeeded is not done again");
				throw thrown;
			}
			terminal.again(attempt + 1, run.fast ? 0 : pause * 1000);
			if (!run.fast) await sleep(pause * 1000);
			info = { ...info, attempt: attempt + 1 };
		} finally {
			process.off("SIGINT", interrupt);
		}
	}
}

/** What the flow wants done after its end; a failure there is told and changes nothing. */
async function after(
	flow: Definition,
	run: Run,
	state: "succeeded" | "failed" | "cancelled",
	error: string | null,
	parameters: Record<string, unknown>,
) {
	const on = ({ succeeded: "success", failed: "failure", cancelled: "cancel" } as const)[state];
	if (!flow.policy?.hooks[on]) return;
	const { recorder, info } = run;
	const hooks = hooksOf(flow, on, { run: info.run, flow: flow.name, state, error, parameters });
	await perform(new Run(recorder, info), flow.name, hooks, undefined).catch((thrown: unknown) => {
		const { type, message } = failure(thrown);
		recorder.log("error", `a hook on ${on} failed: ${type}: ${message}`, null);
	});
}

function open(test: string | undefined, flow: string, info: RunFile, terminal: Terminal): Kept | undefined {
	const resume = test === undefined && asked("resume");
	info.refresh = test === undefined && asked("refresh");
	try {
		const kept = new Kept(test ?? PLACE);
		if (resume) again(kept, flow, info, terminal);
		kept.begin(info);
		if (test === undefined) makeRoom(PLACE, flow, terminal);
		return kept;
	} catch (problem) {
		if (resume || (problem instanceof StoreError && problem.message.includes("newer"))) throw problem;
		terminal.line("note", flow, `nothing of this run is kept, it can't be resumed: ${(problem as Error).message}`);
		return undefined;
	}
}

/** Goes on from an earlier run; one that the program's first flow does not find ends the program. */
function again(kept: Kept, flow: string, info: RunFile, terminal: Terminal): void {
	const first = depth === 1 && went.length === 0;
	const found = kept.resume(flow, info, first ? resumed() : "");
	if (found.problem === undefined) {
		went.push(info.run);
		terminal.line("again", flow, `run ${info.resumes?.run}`);
	} else if (first) stop(found.problem);
}

function makeRoom(path: string, flow: string, terminal: Terminal): void {
	try {
		const gone = tidy(path);
		if (gone > 0) terminal.line("note", flow, `made room: ${(gone / 2 ** 20).toFixed(1)} MiB of ${path} that is old or too much`);
	} catch (problem) {
		terminal.line("note", flow, `${path} can't be tidied: ${(problem as Error).message}`);
	}
}

/** What local runs keep until they have succeeded: their checkpoints, and whose they are. */
class Kept {
	readonly store: Store;

	constructor(path: string) {
		prepareStore(path);
		this.store = new Store(path);
	}

	#file(run: string): string {
		return join(this.store.runFolder(run), "local.json");
	}

	#read(run: string): { flow?: string; resumes?: string | null } {
		try {
			return JSON.parse(readFileSync(this.#file(run), "utf8"));
		} catch {
			return {};
		}
	}

	/** Lets the run go on from the last one of this flow that did not succeed, or from that one, by the end of its id. @returns what is in the way. */
	resume(flow: string, info: RunFile, wanted: string): { problem?: string } {
		const runs = join(this.store.path, "runs");
		mkdirSync(runs, { recursive: true, mode: 0o700 });
		const found = readdirSync(runs)
			.filter((run) => this.#read(run).flow === flow)
			.map((run) => ({ run, at: statSync(this.#file(run)).mtimeMs }));
		const all = found.sort((a, b) => b.at - a.at).map(({ run }) => run);
		const named = wanted === "" ? "" : ` "${wanted}"`;
		if (all.length === 0) return { problem: `there is no failed run${named} of ${flow} to resume in ${this.store.path}: leave --resume out` };
		const fits = (run: string): boolean => run === wanted || (wanted.length >= 6 && run.endsWith(wanted));
		const [run, other] = wanted === "" ? all.slice(0, 1) : all.filter(fits);
		if (run === undefined || other !== undefined) {
			const none = run === undefined ? "no" : "more than one";
			return {
				problem: `there is ${none} failed run "${wanted}" of ${flow} to resume in ${this.store.path}; the last are ${all.slice(0, 5).join(", ")}`,
			};
		}
		// Its age counts from its last use.
		utimesSync(this.store.runFolder(run), new Date(), new Date());
		info.resumes = { run, from: null, changed: "rerun" };
		return {};
	}

	begin({ run, flow, resumes }: RunFile): void {
		mkdirSync(this.store.runFolder(run), { recursive: true, mode: 0o700 });
		writeFileSync(this.#file(run), JSON.stringify({ flow, resumes: resumes?.run ?? null }));
	}

	/** Nobody will resume this run, nor those that it resumed: removes what they kept. Cached results stay. */
	succeeded({ run }: RunFile): void {
		for (let each: string | null | undefined = run; each; ) {
			const { resumes } = this.#read(each);
			rmSync(this.store.runFolder(each), { recursive: true, force: true });
			each = resumes;
		}
	}
}
