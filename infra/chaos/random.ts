// Chance that can be had again: the same seed gives the same numbers.

/** mulberry32. @returns numbers from 0 up to, but not, 1 */
export function seeded(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** One of the names, each as likely as its weight. */
export function pick<T extends string>(random: () => number, weights: Record<T, number>): T {
	const names = Object.keys(weights) as T[];
	let left = random() * names.reduce((sum, name) => sum + weights[name], 0);
	for (const name of names) {
		left -= weights[name];
		if (left < 0) return name;
	}
	return names[names.length - 1] as T;
}
