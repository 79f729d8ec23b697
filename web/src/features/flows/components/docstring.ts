/** A docstring as prose: without the indentation of the code around it, and without what the table of parameters tells. Pure. */

const GOOGLE = /^(?:args|arguments|parameters|params):$/i;

const indent = (line: string): number => line.length - line.trimStart().length;

export function proseOf(doc: string): string {
	const lines = withoutParameters(dedent(doc).split("\n"));
	return lines.join("\n").trim();
}

/** Characters of a first sentence: who writes without full stops has more. */
const LONG = 200;

/** The first sentence, without markdown's marks, and whether there is more. A title alone says less than the first words under it. */
export function summaryOf(doc: string): { first: string; more: boolean } {
	const prose = proseOf(doc);
	const words = prose
		.split(/\n\s*\n/)
		.find((block) => /[\p{L}\p{N}]/u.test(block) && !/^#{1,6} [^\n]*$/.test(block.trim()) && !/^(```|~~~)/.test(block.trim()));
	const text = plain(words ?? prose);
	const first = /^.*?[.!?](?=\s+[\p{Lu}\p{N}])/su.exec(text)?.[0] ?? text;
	if (first.length > LONG) return { first: `${first.slice(0, LONG).replace(/\s+\S*$/, "")}…`, more: true };
	return { first, more: plain(prose) !== first };
}

function plain(markdown: string): string {
	return markdown
		.replace(/^ {0,3}(?:#{1,6} +|> ?|[-*+] +|\d+[.)] +)/gm, "")
		.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
		.replace(/(\*\*|__|``?)(\S|\S.*?\S)\1/g, "$2")
		.replace(/(?<![\w*])\*(\S|\S[^*\n]*\S)\*(?![\w*])/g, "$1")
		.replace(/\s+/g, " ")
		.trim();
}

function dedent(doc: string): string {
	const [first = "", ...rest] = doc.replaceAll("\t", "    ").split("\n");
	const indents = rest.filter((line) => line.trim()).map(indent);
	const common = indents.length > 0 ? indents.reduce((a, b) => Math.min(a, b)) : 0;
	return [first.trimStart(), ...rest.map((line) => line.slice(common))].join("\n");
}

/** The three forms that the SDK reads descriptions from: Google, NumPy, reST. */
function withoutParameters(lines: string[]): string[] {
	const kept: string[] = [];
	for (let at = 0; at < lines.length; at++) {
		const line = lines[at] as string;
		if (GOOGLE.test(line.trim())) at = end(lines, at, (next) => indent(next) > indent(line));
		else if (/^parameters$/i.test(line.trim()) && /^-+$/.test(lines[at + 1]?.trim() ?? "")) {
			// Until the next heading, which is underlined too.
			at += 1;
			while (at + 1 < lines.length && !/^-+$/.test(lines[at + 2]?.trim() ?? "")) at += 1;
		} else if (/^\s*:param\b/.test(line)) at = end(lines, at, (next) => indent(next) > indent(line) && !/^\s*:/.test(next));
		else kept.push(line);
	}
	return kept;
}

/** The last line after `at` that still belongs to it; lines of nothing do. */
function end(lines: string[], at: number, belongs: (line: string) => boolean): number {
	let last = at;
	while (last + 1 < lines.length && (lines[last + 1]?.trim() === "" || belongs(lines[last + 1] as string))) last += 1;
	return last;
}
