/** How the palette finds: every word of what was typed must stand in the text somewhere; names that begin with it come first. Pure. */

export interface Findable {
	name: string;
	/** More to be found by, not shown as the name is. */
	words?: string;
}

/** @returns how well `entry` answers `text`; 0 where it does not. */
export function score({ name, words = "" }: Findable, text: string): number {
	const [lower, rest] = [name.toLowerCase(), words.toLowerCase()];
	let sum = 1;
	for (const word of text.toLowerCase().split(/\s+/).filter(Boolean)) {
		const at = lower.indexOf(word);
		if (at === 0) sum += 4;
		else if (at > 0) sum += /[^\p{L}\p{N}]/u.test(lower[at - 1] as string) ? 3 : 2;
		else if (rest.includes(word)) sum += 1;
		else return 0;
	}
	return sum;
}

/** The best `most` of `entries`, those of one score in the order in which they came. */
export function find<E extends Findable>(entries: readonly E[], text: string, most: number): E[] {
	if (text.trim() === "") return entries.slice(0, most);
	const found = entries.map((entry, at) => ({ entry, at, by: score(entry, text) })).filter(({ by }) => by > 0);
	found.sort((a, b) => b.by - a.by || a.at - b.at);
	return found.slice(0, most).map(({ entry }) => entry);
}
