/** What is counted of an element of the page. */
export interface Drawn {
	id: string;
	localName: string;
	children: Iterable<Drawn>;
	getAttribute(name: string): string | null;
}

/**
 * How many elements an SVG comes to when its references are followed: nested ones make a hundred million of a kilobyte, and drawing them stops the page.
 * A drawing that does not parse counts as none: the browser says what is wrong with it. Infinity where it nests deeper than can be counted.
 */
export function expansion(svg: string): number {
	const drawn = new DOMParser().parseFromString(svg, "image/svg+xml");
	return expanded(drawn.documentElement, drawn.querySelectorAll("[id]"));
}

/** @param named those that may be referred to */
export function expanded(root: Drawn, named: Iterable<Drawn>): number {
	const byId = new Map([...named].map((each) => [each.id, each]));
	const known = new Map<Drawn, number>();
	const count = (element: Drawn): number => {
		const before = known.get(element);
		if (before !== undefined) return before;
		// While it is being counted: one that refers to itself is not drawn.
		known.set(element, 0);
		let sum = 1;
		for (const child of element.children) sum += count(child);
		const reference = element.getAttribute("href") ?? element.getAttribute("xlink:href");
		const target = element.localName === "use" && reference?.startsWith("#") ? byId.get(reference.slice(1)) : undefined;
		if (target) sum += count(target);
		known.set(element, sum);
		return sum;
	};
	try {
		return count(root);
	} catch {
		return Number.POSITIVE_INFINITY;
	}
}
