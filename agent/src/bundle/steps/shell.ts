/**
 * Where bash reads a value as more than a text, though it comes as a variable: it computes with it, and what it computes with may name a command
 * (`a[$(…)]`), or it is given to something that reads commands. What a script does with a variable of its own is not seen here.
 */

/** Of which the shell reads each word anew. */
const READS = /^(?:builtin\s+|command\s+)?(?:let|eval|unset|read|mapfile|readarray|trap)\s/;
/** A word of these is a name to the shell, unless it is what a name is given. */
const DECLARES = /^(?:builtin\s+|command\s+)?(?:declare|typeset|local|readonly|export)\s/;
const SHELL = /(?:^|[\s/])(?:ba|da|z|k)?sh\s+(?:-\S+\s+)*-\w*c\s/;

const within = (before: string, open: string, close: string): boolean => before.lastIndexOf(open) > before.lastIndexOf(close);

/** @param before the script up to a value @returns what reads it there as more than a text; undefined where nothing does */
export function readAnew(before: string): string | undefined {
	if (within(before, "((", "))")) return "between (( and ))";
	if (within(before, "[[", "]]")) return "between [[ and ]]";
	if (within(before, "$[", "]")) return "behind $[";
	if (/\w\[[^\]\s]*$/.test(before)) return "as an index";
	if (/\s-[vR]\s+"?$/.test(before)) return "behind -v";
	const command = (before.split(/\n|;|\||&|\(|\{\s|`/).at(-1) ?? "")
		.trimStart()
		.replace(/^(?:(?:if|then|else|elif|while|until|do|!|time|\w+=\S*)\s+)+/, "");
	const reads = READS.exec(command)?.[0];
	if (reads) return `behind ${reads.trim()}`;
	const declares = DECLARES.exec(command)?.[0];
	if (declares && (/\s-\w*i/.test(command) || !/\s\w+=(?:\S*|"[^"]*)$/.test(command))) return `behind ${declares.trim()}`;
	return SHELL.test(command) ? "in what a shell is given with -c" : undefined;
}
