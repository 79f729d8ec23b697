/** Names that somebody may have meant. */

/** Levenshtein's distance: insertions, removals and replacements between two names. */
function distance(a: string, b: string): number {
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
			next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
		}
		row = next;
	}
	return row[b.length] as number;
}

/** @returns at most three of `names`, nearest first: a few typing errors away, or beginning alike. */
export function nearest(name: string, names: string[]): string[] {
	const wanted = name.toLowerCase();
	return names
		.map((candidate) => {
			const lower = candidate.toLowerCase();
			return { candidate, far: lower.startsWith(wanted) || wanted.startsWith(lower) ? 0.5 : distance(wanted, lower) };
		})
		.filter(({ candidate, far }) => far <= Math.max(1, Math.min(3, Math.floor(candidate.length / 3))))
		.sort((a, b) => a.far - b.far)
		.slice(0, 3)
		.map(({ candidate }) => candidate);
}
