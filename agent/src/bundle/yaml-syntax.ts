/** What YAML's parser can't read, in the words of who wrote it: most of it is a line that is indented by one space too many or too few. */
import type { Document, LineCounter, YAMLError } from "yaml";

export interface Mistake {
	offset: number;
	message: string;
}

const WORDS: Partial<Record<YAMLError["code"], string>> = {
	DUPLICATE_KEY: "this key stands here a second time.",
	TAB_AS_INDENT: "this line is indented by a tab: YAML takes spaces alone.",
	MULTIPLE_DOCS: "--- begins a second document: one file holds one project, so leave out what follows, or the line.",
	// The parser's own stack is at its end.
	RESOURCE_EXHAUSTION: "this is nested too deeply to be read.",
	MULTILINE_IMPLICIT_KEY: "expected a key, a colon and a space, as in name: penguins.",
	BLOCK_AS_IMPLICIT_KEY: "a text with a colon and a space in it stands in quotes, and a list or object begins on a line of its own.",
};
/** What is said of a line that stands too far in or out; of others it says something of its own. */
const INDENTED: readonly YAMLError["code"][] = ["BAD_INDENT", "BLOCK_AS_IMPLICIT_KEY", "MULTILINE_IMPLICIT_KEY", "MISSING_CHAR", "UNEXPECTED_TOKEN"];
/** Each stands for itself: of the others all but the first may only follow from it. */
const ALONE: readonly YAMLError["code"][] = ["DUPLICATE_KEY", "TAB_AS_INDENT"];

export function syntaxMistakes(text: string, { errors }: Document, lines: LineCounter): Mistake[] {
	const told = errors.filter((error, index) => index === 0 || ALONE.includes(error.code));
	return told.map((error) => {
		const offset = error.pos[0];
		const indented = INDENTED.includes(error.code) ? indentation(text, lines.linePos(offset).line) : undefined;
		return indented ?? { offset, message: WORDS[error.code] ?? error.message.replace(/\.?$/, ".") };
	});
}

/** Of the line, or of the one below it that the parser took for its rest. */
function indentation(text: string, at: number): Mistake | undefined {
	const open: { indent: number; line: number }[] = [];
	let offset = 0;
	for (const [index, line] of text.split("\n").entries()) {
		const indent = line.search(/[^ ]/);
		const isSaid = indent >= 0 && line.trim() !== "" && line[indent] !== "#";
		if (isSaid) {
			const stands = open.some((one) => one.indent === indent);
			const isDeeper = indent > (open.at(-1)?.indent ?? -1);
			// Below a key that has no value yet, or an item of a list, more may begin.
			const begins =
				isDeeper && (open.length === 0 || index + 1 < at || /(:|-)\s*(#.*)?$/.test(text.split("\n")[(open.at(-1)?.line ?? 1) - 1] ?? ""));
			if (!stands && !begins && index + 1 >= at) return { offset: offset + indent, message: wrong(indent, open) };
			if (index + 1 > at) return undefined;
			while ((open.at(-1)?.indent ?? -1) >= indent) open.pop();
			open.push({ indent, line: index + 1 });
		}
		offset += line.length + 1;
	}
	return undefined;
}

function wrong(indent: number, open: readonly { indent: number; line: number }[]): string {
	const near = [open.findLast((one) => one.indent < indent), open.find((one) => one.indent > indent)].filter((one) => one !== undefined);
	const expected = near.map((one) => `${one.indent} as line ${one.line}`).join(", or ");
	return `this line is indented by ${indent === 1 ? "1 space" : `${indent} spaces`}; expected ${expected}.`;
}
