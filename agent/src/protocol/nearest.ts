/** "Did you mean …?": the known name that somebody most likely meant. */

/** @returns the name within two typing errors (one for short names) of `wrong`, or undefined. */
export function nearest(wrong: string, known: Iterable<string>): string | undefined {
	const limit = wrong.length <= 3 ? 1 : Math.max(2, Math.floor(wrong.length / 4));
	let best: string | undefined;
	let least = limit + 1;
	for (const name of known) {
		const far = name.toLowerCase() === wrong.toLowerCase() ? 0 : distance(wrong, name);
		if (far < least) [best, least] = [name, far];
	}
	return best;
}

/** `. Did you mean "train"?`, or the names there are, or nothing. */
export function suggestion(wrong: string, known: readonly string[]): string {
	const close = nearest(wrong, known);
	if (close !== undefined) return ` Did you mean ${close}?`;
	return known.length > 0 && known.length <= 20 ? ` There ${known.length === 1 ? "is" : "are"}: ${known.join(", ")}.` : "";
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function distance(a: string, b: string): number {
	let before: number[] = [];
	let row = Array.from({ length: b.length + 1 }, (_, j) => j);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const same = a[i - 1] === b[j - 1] ? 0 : 1;
			let cost = Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + same);
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] as number) + 1);
			next.push(cost);
		}
		before = row;
		row = next;
	}
	return row[b.length] as number;
}
