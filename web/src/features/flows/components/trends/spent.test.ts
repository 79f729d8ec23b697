import { expect, test } from "vitest";
import { median } from "../../../../ui/median.ts";
import { buries, spentOf } from "./spent.ts";

const at = (seconds: number) => new Date(seconds * 1_000).toISOString();
const maybe = (seconds: number | null) => (seconds === null ? null : at(seconds));
const run = (claimed: number | null, started: number | null, finished: number | null) => ({
	queuedAt: at(10),
	...{ claimedAt: maybe(claimed), startedAt: maybe(started), finishedAt: maybe(finished) },
});
const spent = (...given: Parameters<typeof run>) => spentOf(run(...given), 100_000);

test("the time in which an agent prepares a run is no time in the queue", () => {
	expect(spent(12, 32, 33)).toEqual({ waited: 2_000, prepared: 20_000, worked: 1_000 });
	expect(spent(12, 32, null)).toEqual({ waited: 2_000, prepared: 20_000, worked: 68_000 });
	expect(spent(12, null, null)).toEqual({ waited: 2_000, prepared: 88_000, worked: 0 });
});

test("a run that ended before its process began has spent none at work, and one that no agent took only waited", () => {
	expect(spent(12, null, 20)).toEqual({ waited: 2_000, prepared: 8_000, worked: 0 });
	expect(spent(null, null, 20)).toEqual({ waited: 10_000, prepared: 0, worked: 0 });
	expect(spent(null, null, null)).toEqual({ waited: 90_000, prepared: 0, worked: 0 });
	expect(spent(null, 12, 20)).toEqual({ waited: 2_000, prepared: 0, worked: 8_000 });
});

test("clocks that disagree make no time negative", () => {
	expect(spent(9, 8, 7)).toEqual({ waited: 0, prepared: 0, worked: 0 });
});

test("the median of an even number is the mean of the middle two", () => {
	expect([median([]), median([7]), median([10, 2]), median([9, 1, 2]), median([4, 100, 1, 2])]).toEqual([undefined, 7, 6, 2, 3]);
});

test("a wait that is far longer than all work would hide the work", () => {
	const of = (waited: number, worked: number) => ({ waited, prepared: 0, worked });
	expect(buries([of(100, 1_000), of(3_000, 900)])).toBe(false);
	expect(buries([of(240_000, 500), of(10, 900)])).toBe(true);
	// There is nothing to hide while none has worked.
	expect([buries([of(240_000, 0)]), buries([])]).toEqual([false, false]);
});
