/** `tidegate`: finds the command, loads that one alone, and ends with its exit code. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { debug, packageFolder } from "../config.ts";
import type { Define } from "./command.ts";
import { EXIT, EXIT_HELP } from "./exit.ts";
import { printError } from "./output.ts";
import { Session } from "./session.ts";

/** One line each in `tidegate --help`, one file each in commands/. */
const COMMANDS: readonly { name: string; summary: string; load: () => Promise<{ default: Define }> }[] = [
	{ name: "deploy", summary: "deploy a folder or a file as a new version of its flows", load: () => import("./commands/deploy.ts") },
	{ name: "run", summary: "run a flow; --watch shows it live", load: () => import("./commands/run.ts") },
	{ name: "runs", summary: "list runs", load: () => import("./commands/runs.ts") },
	{ name: "show", summary: "show one run: its tasks, its attempts, its result or error", load: () => import("./commands/show.ts") },
	{ name: "logs", summary: "print the log of a run; -f follows it", load: () => import("./commands/logs.ts") },
	{ name: "cancel", summary: "end a run, or many by filter", load: () => import("./commands/cancel.ts") },
	{ name: "pause", summary: "end a run's process at its next task, to go on later", load: () => import("./commands/pause.ts") },
	{ name: "resume", summary: "let a paused run go on", load: () => import("./commands/resume.ts") },
	{ name: "approvals", summary: "list what runs ask people", load: () => import("./commands/approvals.ts") },
	{ name: "answer", summary: "answer what a run asks", load: () => import("./commands/answer.ts") },
	{ name: "event", summary: "tell runs what they wait for", load: () => import("./commands/event.ts") },
	{ name: "mark", summary: "set a task's end by hand, before its run is resumed", load: () => import("./commands/mark.ts") },
	{ name: "flows", summary: "list flows", load: () => import("./commands/flows.ts") },
	{ name: "versions", summary: "list the versions of a flow", load: () => import("./commands/versions.ts") },
	{ name: "agent", summary: "enrol, start and stop an agent on this machine; list, drain and revoke all", load: () => import("./commands/agent.ts") },
	{ name: "pool", summary: "create, list, limit and pause pools", load: () => import("./commands/pool.ts") },
	{ name: "secret", summary: "set, list and remove the workspace's secrets, which agents alone open", load: () => import("./commands/secret.ts") },
	{ name: "variable", summary: "set, list and remove the workspace's variables", load: () => import("./commands/variable.ts") },
	{ name: "connection", summary: "set, list and remove the workspace's connections", load: () => import("./commands/connection.ts") },
	{ name: "key", summary: "show, import, back up the workspace key", load: () => import("./commands/key.ts") },
	{ name: "api-key", summary: "create, list and revoke API keys, for programs", load: () => import("./commands/api-key.ts") },
	{ name: "login", summary: "sign this machine in, by a browser; brings the workspace key along", load: () => import("./commands/login.ts") },
	{ name: "logout", summary: "end what login got, and forget it here", load: () => import("./commands/logout.ts") },
	{ name: "whoami", summary: "say who you are to the control plane", load: () => import("./commands/whoami.ts") },
	{ name: "completion", summary: "print a completion script for bash, zsh or fish", load: () => import("./commands/completion.ts") },
];

function newProgram(): Command {
	const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as { version: string };
	return (
		new Command("tidegate")
			.description("Deploy flows, run them on your own agents, read what they said. What leaves this machine is sealed.")
			.version(version, "-V, --version")
			.helpCommand(false)
			.configureHelp({ sortSubcommands: false, showGlobalOptions: false })
			// `tidegate run FLOW --version 3` is the command's own option.
			.enablePositionalOptions()
			.exitOverride()
			.addHelpText(
				"after",
				`\n${EXIT_HELP}\n\nExamples:\n  tidegate login --url https://tidegate.example.com\n  tidegate deploy . && tidegate run penguins -p folds=5 --watch`,
			)
	);
}

/** @param wanted the command to load; the others are only named. */
async function defineCommands(program: Command, session: Session, wanted: string | undefined): Promise<void> {
	for (const { name, summary, load } of COMMANDS) {
		const command = program.command(name).description(summary);
		// A completion script knows every option of every command.
		if (wanted === name || wanted === "completion") (await load()).default(command, session);
		pointToHelp(command, `tidegate ${name}`);
	}
}

/** A command's mistakes point to its own help, not to that of the group it is in. */
function pointToHelp(command: Command, words: string): void {
	command.showHelpAfterError(`(${words} --help explains it)`);
	for (const each of command.commands) pointToHelp(each, `${words} ${each.name()}`);
}

async function main(words: readonly string[]): Promise<number> {
	const session = new Session();
	const program = newProgram();
	try {
		await defineCommands(
			program,
			session,
			words.find((word) => !word.startsWith("-")),
		);
		if (words.length === 0) {
			program.outputHelp();
			return EXIT.badInput;
		}
		await program.parseAsync(words, { from: "user" });
		return process.exitCode === undefined ? EXIT.ok : Number(process.exitCode);
	} catch (error) {
		// Commander has said it already: help, or what is wrong with the words.
		if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.badInput;
		const failure = (await import("./failures.ts")).toFailure(error, session.url);
		printError(failure.message);
		if (debug) process.stderr.write(`${(error as Error)?.stack ?? error}\n`);
		return failure.code;
	}
}

process.exitCode = await main(process.argv.slice(2));
