/** What a stage of `npm test` found. `said` is what to read when something failed. */
export type Counts = { passed: number; failed: number; skipped: number; said?: string };

export const none: Counts = { passed: 0, failed: 0, skipped: 0 };

export function sum(all: Counts[]): Counts {
	return all.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }), none);
}

/** The line that ends `npm test`: "12 passed, 0 failed", and what was skipped, if anything. */
export function summary({ passed, failed, skipped }: Counts): string {
	return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
