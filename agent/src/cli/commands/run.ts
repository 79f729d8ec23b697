import { resumeFrom } from "../../client/inside.ts";
import { type RunOptions, type Triggered, triggerBare, triggerSealed } from "../../client/trigger.ts";
import { KeyError } from "../../protocol/key-error.ts";
import { parseParameters } from "../../protocol/parameters.ts";
import { type Define, example, JSON_OPTION, pairs, pairsOnce, positive } from "../command.ts";
import { EXIT, Failure } from "../exit.ts";
import { findRun } from "../find-run.ts";
import { follow } from "../follow.ts";
import { Live, write } from "../live.ts";
import { colours, note, print, printJson } from "../output.ts";
import type { Session } from "../session.ts";

interface Options {
	param?: [string, string][];
	version?: number;
	label?: [string, string][];
	pool?: string;
	/** True: the last local one. */
	resume?: string | true;
	from?: string;
	keepChanged?: boolean;
	refresh?: boolean;
	watch?: boolean;
	local?: boolean;
	fast?: boolean;
	json?: boolean;
}

const define: Define = (command, session) => {
	command
		.argument("[flow]", "name of the flow; not with --resume, which knows it")
		.option("-p, --param <name=value>", "a parameter; lists and objects as JSON; may be repeated", pairs)
		.option("--version <number>", "run this version in place of the live one", positive)
		.option("--label <key=value>", "a label, readable by the control plane; may be repeated", pairsOnce)
		.option("--pool <name>", "the pool whose agents may take it")
		.option("--resume [run]", "go on from where this run ended: what it finished is not done again; with --local, from the last that failed here")
		.option("--from <task>", "with --resume: do this task (such as train#0) and all after it again")
		.option("--keep-changed", "with --resume: take results as they are of tasks whose code has changed since")
		.option("--refresh", "use no cached results")
		.option("-w, --watch", "show tasks and log lines live, then the result; exit 1 if the run fails")
		.option("--local", "run it here and now, in the environment that an agent would build: <flow> is a file or folder, as ./flow.py or .:train")
		.option("--fast", "with --local: skip what only lets time pass")
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			example(
				"tidegate run penguins -p folds=5 --watch",
				"tidegate run train -p 'layers=[64, 32]' -p day=2026-01-31 --label team=birds",
				"tidegate run --resume 3f9a1c --from train#0",
				"tidegate run ./flow.py --local -p folds=5",
				"tidegate run ./flow.py --local -p folds=5 --resume",
			),
		)
		.action(async (flow: string | undefined, options: Options) => {
			if (options.local) {
				process.exitCode = await locally(session, flow, options);
				return;
			}
			const run = await (options.resume === undefined ? trigger(session, flow, options) : resume(session, options.resume, flow, options));
			const url = `${session.settings.url}/runs/${run.id}`;
			if (!options.watch) {
				if (options.json) printJson({ ...run, url });
				else print(`${run.id} of ${colours.bold(`${run.flow} v${run.number}`)} is ${run.state}\n${url}`);
				return;
			}
			if (!options.json) print(`${run.id} of ${colours.bold(`${run.flow} v${run.number}`)}\n${url}`);
			await watch(session, run, options.json === true);
		});
};
export default define;

async function locally(session: Session, path: string | undefined, options: Options): Promise<number> {
	const { param, local: _, fast, refresh, resume, ...others } = options;
	const [other] = Object.keys(others);
	if (other) throw new Failure(`--${other} asks the control plane, which --local does without.`, EXIT.badInput);
	const { runLocally } = await import("../local.ts");
	const resumed = resume === undefined ? [] : [resume === true ? "--resume" : `--resume=${resume}`];
	const flags = [...(fast ? ["--fast"] : []), ...(refresh ? ["--refresh"] : []), ...resumed];
	return runLocally({ path: path ?? ".", typed: param ?? [], home: session.home, flags, onLine: (line) => process.stderr.write(`${line}\n`) });
}

const askedOf = ({ version, pool, label, refresh }: Options): RunOptions => ({ version, pool, refresh, labels: label && Object.fromEntries(label) });

async function resume(session: Session, given: string | true, flow: string | undefined, options: Options): Promise<Triggered> {
	if (given === true) throw new Failure("--resume RUN: which run? tidegate runs lists them. Without one it is for --local.", EXIT.badInput);
	if (flow !== undefined || options.param)
		throw new Failure("--resume takes flow and parameters from the run that it names: leave them out.", EXIT.badInput);
	const run = await findRun(session.api, given);
	const changed = options.keepChanged ? ("keep" as const) : undefined;
	const made = await resumeFrom(session.api, await session.key(), { ...drop(askedOf(options)), resumes: { run, from: options.from, changed } });
	await tellStranded(session, made.id);
	return made;
}

/** Queued alone, it would wait without a word. */
async function tellStranded(session: Session, id: string): Promise<void> {
	const { run, kin } = await session.api.runs.get.query({ id });
	if (run.state !== "queued" || !kin.store || kin.store.reachable) return;
	note(
		`It waits: pool ${run.pool} has no agent at the moment that reaches the store ${kin.store.id.slice(0, 8)}, where what was done before is kept. It starts when one comes; tidegate resume ${id.slice(-8)} --scratch does all again, on any agent.`,
	);
}

/** What was not given must not stand before what the run has. */
const drop = <T extends object>(options: T): Partial<T> =>
	Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;

async function trigger(session: Session, flow: string | undefined, options: Options): Promise<Triggered> {
	if (flow === undefined) throw new Failure("which flow? tidegate flows lists them.", EXIT.badInput);
	if (options.from !== undefined || options.keepChanged) throw new Failure("--from and --keep-changed go with --resume RUN.", EXIT.badInput);
	const asked = askedOf(options);
	try {
		// Watching opens what is sealed, so it needs the key in any case.
		const key = await session.key().catch((error: unknown) => {
			if (error instanceof KeyError && error.reason === "missing" && !options.param && !options.watch) return null;
			throw error;
		});
		if (!key) return await triggerBare(session.api, flow, asked);
		return await triggerSealed(session.api, key, flow, (schema) => parseParameters(schema, options.param ?? []), asked);
	} catch (error) {
		if (error instanceof RangeError) throw new Failure(error.message, EXIT.badInput);
		throw error;
	}
}

async function watch(session: Session, run: Triggered, json: boolean): Promise<void> {
	const live = new Live();
	const place = { workspace: (await session.key()).workspace, flow: run.flow, number: run.number, run: run.id };
	const whole = await follow(session, place, (happening) => {
		const text = live.say(happening);
		return write(json ? `${JSON.stringify(happening)}\n` : text);
	});
	if (whole && live.state !== "succeeded") process.exitCode = EXIT.failed;
}
