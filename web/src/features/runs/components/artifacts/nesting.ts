/** How deep a Markdown text nests by what its lines begin with. Readers of Markdown take seconds for a few hundred levels, and no person writes twenty. Pure. */
const BEGIN = /^[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)*/;

export function nesting(text: string): number {
	let deepest = 0;
	for (const line of text.split("\n")) {
		const begin = BEGIN.exec(line)?.[0] ?? "";
		const quotes = begin.split(">").length - 1;
		const markers = begin.match(/[-*+.)](?=\s)/g)?.length ?? 0;
		const indented = markers > 0 ? Math.floor((/^\s*/.exec(line)?.[0].replaceAll("\t", "    ").length ?? 0) / 2) : 0;
		deepest = Math.max(deepest, quotes + markers + indented);
	}
	return deepest;
}

/** Marks of emphasis in one block: how they pair takes the square of their number. Cells of one table. */
const MARKS = 1_500;
const CELLS = 20_000;

/** Whether a block would take seconds to read: a few kilobytes are enough. Pure. */
export function isHeavy(text: string): boolean {
	return text.split(/\n[ \t]*\n/).some((block) => {
		if ((block.match(/[*_~[\]!<`]/g)?.length ?? 0) > MARKS) return true;
		const lines = block.split("\n");
		const columns = Math.max(...lines.slice(0, 50).map((line) => line.split("|").length));
		return columns > 2 && columns * lines.length > CELLS;
	});
}
