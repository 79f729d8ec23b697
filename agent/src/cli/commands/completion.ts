import { Argument, type Command } from "commander";
import { type Define, example } from "../command.ts";
import { print } from "../output.ts";

const define: Define = (command) => {
	command
		.addArgument(new Argument("<shell>", "which shell").choices(["bash", "zsh", "fish"]))
		.addHelpText(
			"after",
			example(
				"source <(tidegate completion bash)",
				"tidegate completion zsh > ~/.zfunc/_tidegate",
				"tidegate completion fish > ~/.config/fish/completions/tidegate.fish",
			),
		)
		.action((shell: "bash" | "zsh" | "fish") => print(SCRIPTS[shell](words(command.parent as Command, ""))));
};
export default define;

/** What may follow `path`: "" for the program, "agent", "agent enrol" … */
interface Words {
	path: string;
	commands: { name: string; summary: string }[];
	options: { name: string; summary: string }[];
}

function words(command: Command, path: string): Words[] {
	const commands = command.commands.map((each) => ({ name: each.name(), summary: each.description() }));
	const options = [...command.options, ...(command.createHelp().visibleOptions(command) ?? [])].flatMap((option) =>
		option.long ? [{ name: option.long, summary: option.description }] : [],
	);
	const unique = [...new Map(options.map((option) => [option.name, option])).values()];
	return [{ path, commands, options: unique }, ...command.commands.flatMap((each) => words(each, `${path} ${each.name()}`.trim()))];
}

const names = (each: Words): string => [...each.commands, ...each.options].map(({ name }) => name).join(" ");
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** In each shell: the words so far that are no options, as far as they name a command, choose what is offered; else files. */
const SCRIPTS = {
	bash: (all: Words[]): string => `_tidegate() {
	local path="" word i
	for ((i = 1; i < COMP_CWORD; i++)); do
		word="\${COMP_WORDS[i]}"
		case "\${path:+$path }$word" in
${all.flatMap((each) => (each.path ? [`\t\t${quoted(each.path)}) path=${quoted(each.path)} ;;`] : [])).join("\n")}
		esac
	done
	case "$path" in
${all.map((each) => `\t${quoted(each.path)}) COMPREPLY=($(compgen -W ${quoted(names(each))} -- "\${COMP_WORDS[COMP_CWORD]}")) ;;`).join("\n")}
	esac
}
complete -o default -F _tidegate tidegate`,

	zsh: (all: Words[]): string => `#compdef tidegate
_tidegate() {
	local path_="" word i
	for ((i = 2; i < CURRENT; i++)); do
		word="\${words[i]}"
		case "\${path_:+$path_ }$word" in
${all.flatMap((each) => (each.path ? [`\t\t${quoted(each.path)}) path_=${quoted(each.path)} ;;`] : [])).join("\n")}
		esac
	done
	local -a found
	case "$path_" in
${all.map((each) => `\t${quoted(each.path)}) found=(${[...each.commands, ...each.options].map(({ name, summary }) => quoted(`${name}:${summary.replaceAll(":", "\\:")}`)).join(" ")}) ;;`).join("\n")}
	esac
	_describe tidegate found
	_files
}
if [ "$funcstack[1]" = "_tidegate" ]; then _tidegate "$@"; else compdef _tidegate tidegate; fi`,

	fish: (all: Words[]): string =>
		all
			.flatMap((each) => {
				const parts = each.path.split(" ").filter(Boolean);
				const seen = parts.map((part) => `__fish_seen_subcommand_from ${part}`);
				const none = each.commands.length > 0 ? [`not __fish_seen_subcommand_from ${each.commands.map(({ name }) => name).join(" ")}`] : [];
				const when = quoted([...seen, ...none].join("; and ") || "true");
				return [
					...each.commands.map(({ name, summary }) => `complete -c tidegate -n ${when} -f -a ${name} -d ${quoted(summary)}`),
					...each.options.map(({ name, summary }) => `complete -c tidegate -n ${when} -l ${name.slice(2)} -d ${quoted(summary)}`),
				];
			})
			.join("\n"),
};
