import { agentHome } from "../../../../config.ts";
import type { Source } from "../../../../daemon/secrets/settings.ts";
import { type Define, example, HOME_OPTION, JSON_OPTION } from "../../../command.ts";
import { EXIT, Failure } from "../../../exit.ts";
import { note, print, printJson } from "../../../output.ts";
import { askSecret } from "../../../secret.ts";

interface Options {
	home?: string;
	env?: string;
	file?: string;
	command?: string;
	timeout?: number;
	keep?: number;
	flow?: string[];
	json?: boolean;
}

const define: Define = (command) => {
	command
		.argument("<name>", "its name, as flows ask for it")
		.option("--env <variable>", "take it from a variable of the agent's environment")
		.option("--file <path>", "take it from a file, read anew for each run")
		.option("--command <command>", "take it from what a command prints; words are split at spaces, no shell")
		.option("--timeout <seconds>", "end the command after this long (default: 10)", Number)
		.option("--keep <seconds>", "how long the command's answer is good for (default: 300)", Number)
		.option("--flow <name>", "give it to this flow alone; may end in *, may be repeated", (name: string, before: string[] = []) => [...before, name])
		.option(...HOME_OPTION)
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			`
Without --env, --file or --command it asks for the value, or reads it from a pipe; it is never taken from the command line,
which others can read. A run that begins after it gets the new one.
${example("tidegate agent secret set DB_PASSWORD", "pass show db | tidegate agent secret set DB_PASSWORD", "tidegate agent secret set TOKEN --file /run/secrets/token --flow 'etl-*'")}`,
		)
		.action(async (given: string, options: Options) => {
			const { setSecret, SecretName, describe } = await import("../../../../daemon/secrets/settings.ts");
			const name = SecretName.safeParse(given);
			if (!name.success) throw new Failure(`${given}: ${name.error.issues[0]?.message}.`, EXIT.badInput);
			const home = agentHome(options.home);
			await requireAgent(home);
			const source = sourceOf(options);
			if (source) setSecret(home, name.data, source);
			else await setValue(home, name.data, options.flow);
			const from = source ? describe(source) : "its own file in the agent's home";
			if (options.json) return printJson({ name: name.data, from });
			print(`${name.data} comes from ${from}`);
			if (source) await noteMissing(home, source);
		});
};
export default define;

async function requireAgent(home: string): Promise<void> {
	const { AgentError, openHome, readIdentity } = await import("../../../../daemon/home.ts");
	if (!readIdentity(openHome(home))) throw new AgentError(`${home} is no enrolled agent: run tidegate agent enrol first.`);
}

/** It may come later, or stand in the agent's environment alone: it is set all the same. */
async function noteMissing(home: string, source: Source): Promise<void> {
	const { asked } = await import("../../../../daemon/secrets/vault.ts");
	const now = await asked(home, source);
	if (!("problem" in now)) return;
	if ("env" in source) note(`! ${source.env} is not set here: flows get it only if the agent is started with it.`);
	else note(`! it cannot be had now: ${now.problem}. Flows that ask for it fail until it can.`);
}

function sourceOf({ env, file, command, timeout, keep, flow: flows }: Options): Source | undefined {
	if ([env, file, command].filter((each) => each !== undefined).length > 1)
		throw new Failure("a secret comes from one place: give one of --env, --file and --command.", EXIT.badInput);
	for (const [option, value, least] of [
		["--timeout", timeout, 0.001],
		["--keep", keep, 0],
	] as const) {
		if (value === undefined) continue;
		if (command === undefined) throw new Failure(`${option} is for --command.`, EXIT.badInput);
		if (!(value >= least)) throw new Failure(`${option} is a number of seconds.`, EXIT.badInput);
	}
	if (env !== undefined) return { env, flows };
	if (file !== undefined) return { file, flows };
	if (command === undefined) return undefined;
	const words = command.split(/\s+/).filter(Boolean);
	if (words.length === 0) throw new Failure("--command is empty.", EXIT.badInput);
	return { command: words, timeout: timeout ?? 10, keep: keep ?? 300, flows };
}

async function setValue(home: string, name: string, flows: string[] | undefined): Promise<void> {
	const [{ setSecret }, { SHORTEST }] = await Promise.all([
		import("../../../../daemon/secrets/settings.ts"),
		import("../../../../daemon/secrets/guises.ts"),
	]);
	const value = (await askSecret(`Paste the value of ${name}, then Enter: `, "value")).replace(/\r?\n$/, "");
	if (value === "") throw new Failure("no value was given: nothing was changed.", EXIT.badInput);
	setSecret(home, name, { value, flows });
	if (value.trim().length < SHORTEST)
		note(`! ${name} has fewer than ${SHORTEST} characters: it is not hidden in logs, where it would hide ordinary words.`);
}
