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
/** A word that begins with what is known only when it runs, or may be any option. */
const OPEN = /^["']*(?:[$`\0]|[-+].*[$`\0])/s;
/** Their words are texts, also one that is the name of a shell. */
const SEARCHES = new Set(["grep", "egrep", "fgrep", "rg"]);
/** What comes by a pipe is a command to them. */
const TAKES = new Set(["su", "at", "batch", "parallel"]);

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
function source(words: string[]): "-c" | "variable" | "stdin" | "file" | undefined {
	let stdin: "stdin" | undefined;
	for (let at = 0; at < words.length; at++) {
		const word = words[at] as string;
		if (OPEN.test(word)) return "variable";
		const text = bare(word);
		if (/^-\w*c/.test(text)) return "-c";
		if (/^(?:-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/.test(text)) return "stdin";
		if (/^[-+]\w*[oO]$|^--(?:rcfile|init-file)$/.test(text)) at++;
		else if (/^[-+]\w*s\w*$/.test(text)) stdin = "stdin";
		else if (stdin && text === "--") return stdin;
		else if (!/^[-+]/.test(text)) return stdin ?? "file";
	}
	return stdin;
}

/** @param words a whole command's @param piped something is given to it @returns whether it does the commands that it is given. */
export function takesCommands(words: string[], piped: boolean): boolean {
	const at = called(words);
	const name = program(words[at] ?? "");
	if (name === "source" || name === ".") return source(words.slice(at + 1)) === "stdin";
	if (piped && TAKES.has(name)) return true;
	const last = (piped && !SEARCHES.has(name)) || isWrapped(words, at) ? words.length : at + 1;
	const asWords = words.some((word) => program(word) === "xargs");
	return words.slice(at, last).some((word, index) => {
		if (!SHELLS.has(program(word))) return false;
		const from = source(words.slice(at + index + 1));
		return from !== "file" && (from !== "-c" || asWords);
	});
}

const isWrapped = (words: string[], at: number): boolean => words.slice(0, at).some((word) => WRAPPERS.has(program(word)));

/** Whether variables behave otherwise from here on: they are computed with when assigned (-i), or name others (-n). */
export const declaresOthers = (words: string[]): boolean =>
	/^(?:declare|typeset|local)$/.test(bare(words[called(words)] ?? "")) && words.some((word) => /^-\w*[in]/.test(bare(word)));

/**
 * @param words the words of a command before the one in which a value stands
 * @param word that one, up to the value
 * @param parted what stands there may become several words
 * @returns what reads it there as more than a text; undefined where nothing does
 */
export function readAnew(words: string[], word: string, parted: boolean): string | undefined {
	if (/\w\[[^\]\s]*$/.test(word)) return "as an index";
	const at = called(words);
	const name = bare(words[at] ?? "");
	const to = ASSIGNMENT.exec(bare(word))?.[1];
	const assigns = to !== undefined && (at === words.length || DECLARES.has(name));
	const target = assigns ? to : ["for", "select"].includes(name) ? words[at + 1] : undefined;
	if (target !== undefined && isEvaluated(bare(target))) return `into ${bare(target)}`;
	if (at === words.length) {
		if (parted && (!assigns || isWrapped(words, at))) return "in what becomes a command";
		const behind = words.map(program).find((each) => ASSIGNS.has(each));
		return behind && OPEN.test(word) ? `behind ${behind}` : undefined;
	}
	if (/[$`\0]/.test(name) && !name.includes("/")) return "behind a command whose name is a variable";
	if (READS.has(name)) return `behind ${name}`;
	if (DECLARES.has(name) && (!assigns || declaresOthers(words) || words.some((each) => OPEN.test(each)))) return `behind ${name}`;
	return readByOption(words.slice(at), name, word, parted) ?? readByShell(words.slice(at), word, isWrapped(words, at));
}

/** A builtin that takes a text, and a name behind -v. */
function readByOption(words: string[], name: string, word: string, parted: boolean): string | undefined {
	const last = words.at(-1) as string;
	if (["test", "["].includes(name) && (parted || (words.length > 1 && (OPEN.test(last) || /^-[vR]$/.test(bare(last))))))
		return "behind -v or what may be one";
	if (name === "printf" && /^(?:-v|-.*\0|\$?\0)/s.test(bare(words[1] ?? word))) return "behind -v or what may be one";
	if (program(words[0] as string) === "su" && words.concat(word).some((each) => /^(?:-\w*c|--command)/.test(bare(each)))) return "behind su -c";
	return undefined;
}

function readByShell(words: string[], word: string, wrapped: boolean): string | undefined {
	for (let at = 0; at < words.length; at++) {
		if (!SHELLS.has(program(words[at] as string))) continue;
		const from = source(words.slice(at + 1));
		if (from === "-c" || (!from && /^-\w*c/.test(bare(word)))) return "in what a shell is given with -c";
		if ((at === 0 || wrapped) && (from === "variable" || (!from && OPEN.test(word)))) return "in what a shell may take for -c or for its commands";
	}
	return undefined;
}
