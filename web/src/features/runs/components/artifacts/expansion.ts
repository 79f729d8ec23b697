/**
 * How many elements an SVG comes to when its references are followed: nested ones make a hundred million of a kilobyte, and drawing them stops the page.
 * A drawing that does not parse counts as none: the browser says what is wrong with it. Infinity where it nests deeper than can be counted.
 */
export function expansion(svg: string): number {
	const drawn = new DOMParser().parseFromString(svg, "image/svg+xml");
	const byId = new Map([...drawn.querySelectorAll("[id]")].map((each) => [each.id, each]));
	const known = new Map<Element, number>();
	const count = (element: Element): number => {
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
		return count(drawn.documentElement);
	} catch {
		return Number.POSITIVE_INFINITY;
	}
}
