/** For browser tests: what moves on a page by itself. */
import type { Page } from "playwright-core";

interface Shift extends PerformanceEntry {
	value: number;
	sources: { node?: Node; previousRect: DOMRect; currentRect: DOMRect }[];
}

/** Layout shifts of a page since it was opened, and what moved. */
export const shifted = (page: Page): Promise<{ sum: number; moved: string }> =>
	page.evaluate(
		() =>
			new Promise((resolve) => {
				let sum = 0;
				const moved: string[] = [];
				new PerformanceObserver((list) => {
					for (const { value, sources } of list.getEntries() as Shift[]) {
						sum += value;
						for (const { node, previousRect: from, currentRect: to } of sources)
							moved.push(
								`${from.y} +${from.height} → ${to.y} +${to.height}: ${(node instanceof Element ? node.outerHTML : node?.textContent)?.slice(0, 160)}`,
							);
					}
				}).observe({ type: "layout-shift", buffered: true });
				setTimeout(() => resolve({ sum, moved: moved.join("\n") }), 300);
			}),
	);
