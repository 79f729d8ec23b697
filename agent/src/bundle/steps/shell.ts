/**
 * Where bash reads a value as more than a text, though it comes as a variable: it computes with it, and what it computes with may name a command
 * (`a[$(…)]`), or it is given to something that reads commands. What a script does with a variable of its own is not seen here.
 * Words are as they are written, with VALUE where a value stands and a $ for whatever is expanded.
 */

/** Stands for a value in a word: YAML knows no such letter. */
export const VALUE = "\0";

/** Of which the shell reads each word anew. */
const READS = new Set(
	["let", "eval", "unset", "read", "mapfile", "readarray", "trap", "wait", "source", "."].concat([
		"alias",
		"bind",
		"complete",
		"compgen",
		"enable",
		"getopts",
	]),
);
/** A word of these is a name to the shell, unless it is what a name is given. */
const DECLARES = new Set(["declare", "typeset", "local", "readonly", "export"]);
const SHELLS = new Set(["sh", "bash", "rbash", "dash", "ash", "zsh", "ksh", "mksh"]);
/** They do the command that is behind them. */
const WRAPPERS = new Set([
	"builtin",
	"command",
	"exec",
	"env",
	"sudo",
	"doas",
	"nohup",
	"setsid",
	"nice",
	"timeout",
	"time",
	"xargs",
	"stdbuf",
	"coproc",
]);
/** Their own words may be assignments. */
const ASSIGNS = new Set(["env", "sudo", "doas"]);
/** What these hold is expanded, computed or read as a file by the shell itself. */
const EVALUATED =
	/^(?:PS\d|PROMPT\w*|BASH\w*|ENV|SHELLOPTS|S?RANDOM|SECONDS|LINENO|OPTIND|HIST\w*|MAIL\w*|COMP\w*|READLINE\w*|EPOCH\w*|DIRSTACK|GROUPS|E?UID|PPID|FUNCNEST|TMOUT)$/;
const ASSIGNMENT = /^([A-Za-z_]\w*)(?:\[.*\])?\+?=/;
/** A word that begins with what is known only when it runs. */
const OPEN = /^["']*[$`\0]/;

export const isEvaluated = (name: string): boolean => EVALUATED.test(name);
const bare = (word: string): string => word.replace(/["'\\]/g, "");
const program = (word: string): string => bare(word).replace(/^.*\//s, "");

/** @returns the index of the word that is called: words.length where none is yet. */
function called(words: string[]): number {
	let at = 0;
	const skip = (pattern: RegExp): void => {
		while (pattern.test(words[at] ?? "")) at++;
	};
	skip(ASSIGNMENT);
	while (WRAPPERS.has(program(words[at] ?? ""))) {
		const wrapper = program(words[at++] ?? "");
		skip(/^-|^\d+[smhd]?$|^[A-Za-z_]\w*=/);
		if (wrapper === "timeout" && OPEN.test(words[at] ?? "")) at++;
	}
	return at;
}

/** @param words behind the name of a shell @returns what the shell does its commands from; undefined while that is open. */
function source(words: string[]): { from: "-c" | "variable" | "stdin" | "file" } | undefined {
	for (let at = 0; at < words.length; at++) {
		const word = words[at] as string;
		if (OPEN.test(word)) return { from: "variable" };
		const text = bare(word);
		if (/^-\w*c/.test(text)) return { from: "-c" };
		if (/^(?:-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/.test(text)) return { from: "stdin" };
		if (/^[-+]\w*[oO]$|^--(?:rcfile|init-file)$/.test(text)) at++;
		else if (/^[-+]\w*s\w*$/.test(text)) return { from: "stdin" };
		else if (!/^[-+]/.test(text)) return { from: "file" };
	}
	return undefined;
}

/** @param words a whole command's @returns whether it does the commands that it is given by a pipe. */
export function takesCommands(words: string[]): boolean {
	const at = called(words);
	if (["source", "."].includes(bare(words[at] ?? ""))) return source(words.slice(at + 1))?.from === "stdin";
	if (!SHELLS.has(program(words[at] ?? ""))) return false;
	const from = source(words.slice(at + 1))?.from;
	return from === undefined || from === "stdin" || from === "variable";
}

/** Whether variables behave otherwise from here on: they are computed with when assigned (-i), or name others (-n). */
export const declaresOthers = (words: string[]): boolean =>
	/^(?:declare|typeset|local)$/.test(bare(words[called(words)] ?? "")) && words.some((word) => /^-\w*[in]/.test(bare(word)));

/**
 * @param words the words of a command before the one in which a value stands
 * @param word that one, up to the value
 * @param others whether declaresOthers was true of a command before
 * @returns what reads it there as more than a text; undefined where nothing does
 */
export function readAnew(words: string[], word: string, others: boolean): string | undefined {
	if (/\w\[[^\]\s]*$/.test(word)) return "as an index";
	const at = called(words);
	const name = bare(words[at] ?? "");
	const to = ASSIGNMENT.exec(bare(word))?.[1];
	const assigns = to !== undefined && (at === words.length || DECLARES.has(name));
	const target = assigns ? to : ["for", "select"].includes(name) ? words[at + 1] : undefined;
	if (target !== undefined && isEvaluated(bare(target))) return `into ${bare(target)}`;
	if (target !== undefined && others) return "into a variable behind declare -i or -n";
	if (at === words.length) {
		const behind = words.map(program).find((each) => ASSIGNS.has(each));
		return behind && OPEN.test(word) ? `behind ${behind}` : undefined;
	}
	if (OPEN.test(words[at] as string) && !name.includes("/")) return "behind a command whose name is a variable";
	if (READS.has(name)) return `behind ${name}`;
	if (DECLARES.has(name) && (!assigns || declaresOthers(words) || words.some((each) => OPEN.test(each)))) return `behind ${name}`;
	return readByOption(words.slice(at), name, word) ?? readByShell(words.slice(at), word);
}

/** A builtin that takes a text, and a name behind -v. */
function readByOption(words: string[], name: string, word: string): string | undefined {
	const last = words.at(-1) as string;
	if (["test", "["].includes(name) && words.length > 1 && (OPEN.test(last) || /^-[vR]$/.test(bare(last)))) return "behind -v or what may be one";
	if (name === "printf" && (words.length > 1 ? /^(?:-v|\0)/ : /^-v/).test(bare(words[1] ?? word))) return "behind -v or what may be one";
	if (program(words[0] as string) === "su" && words.concat(word).some((each) => /^(?:-\w*c|--command)/.test(bare(each)))) return "behind su -c";
	return undefined;
}

function readByShell(words: string[], word: string): string | undefined {
	for (let at = 0; at < words.length; at++) {
		if (!SHELLS.has(program(words[at] as string))) continue;
		const from = source(words.slice(at + 1))?.from;
		if (from === "-c" || (!from && /^-\w*c/.test(bare(word)))) return "in what a shell is given with -c";
		if (at === 0 && (from === "variable" || (!from && OPEN.test(word)))) return "in what a shell may take for -c or for its commands";
	}
	return undefined;
}
