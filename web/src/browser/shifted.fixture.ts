/** For browser tests: what moves on a page by itself. */
import type { Page } from "playwright-core";

/** Layout shifts of a page since it was opened. */
export const shifted = (page: Page): Promise<number> =>
	page.evaluate(
		() =>
			new Promise((resolve) => {
				let sum = 0;
				new PerformanceObserver((list) => {
					for (const { value } of list.getEntries() as (PerformanceEntry & { value: number })[]) sum += value;
				}).observe({ type: "layout-shift", buffered: true });
				setTimeout(() => resolve(sum), 300);
			}),
	);
