import fc from "fast-check";
import { expect, test } from "vitest";
import { MOST, Space, type Stand } from "./space.ts";

const VIEW = 600;

test("a list that fits is scrolled as it is", () => {
	const space = new Space(50_000, VIEW);
	expect([space.height, space.toTop(1_234.5), space.toPlace(1_234.5)]).toEqual([50_000, 1_234.5, 1_234.5]);
	expect(space.step({ top: 0, at: 0 }, 49_400)).toEqual({ top: 49_400, at: 49_400 });
});

test("a list that does not fit begins at its beginning, ends at its end, and every place has one between", () => {
	fc.assert(
		fc.property(fc.integer({ min: MOST + 1, max: 2_000_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (length, share) => {
			const space = new Space(length, VIEW);
			expect(space.height).toBe(MOST);
			expect([space.toTop(0), space.toTop(length - VIEW)]).toEqual([0, MOST - VIEW]);
			expect([space.toPlace(0), space.toPlace(MOST - VIEW)]).toEqual([0, length - VIEW]);
			const place = Math.floor(share * (length - VIEW - 1));
			expect(space.toTop(place + 1)).toBeGreaterThan(space.toTop(place));
			expect(Math.abs(space.toPlace(space.toTop(place)) - place)).toBeLessThan(1);
		}),
	);
});

/** Scrolls as a browser does: the element goes no further than it reaches. */
function scroll(space: Space, from: Stand, by: number): Stand {
	return space.step(from, Math.min(Math.max(from.top + by, 0), space.height - VIEW));
}

test("a wheel moves by what it says, wherever it is, and comes to both ends", () => {
	const space = new Space(20_000_000, VIEW);
	let stand: Stand = { top: 0, at: 0 };
	let turns = 0;
	let off = 0;
	for (; stand.at < 20_000_000 - VIEW && turns < 200_000; turns++) {
		const next = scroll(space, stand, 120);
		off = Math.max(off, Math.abs(next.at - Math.min(stand.at + 120, 20_000_000 - VIEW)));
		stand = next;
	}
	expect(off).toBe(0);
	expect(stand).toEqual({ top: MOST - VIEW, at: 20_000_000 - VIEW });
	for (; stand.at > 0 && turns < 400_000; turns++) stand = scroll(space, stand, -120);
	expect(stand).toEqual({ top: 0, at: 0 });
});

test("the thumb, dragged to any end from anywhere, shows that end", () => {
	fc.assert(
		fc.property(fc.integer({ min: MOST, max: 100_000_000 }), fc.array(fc.integer({ min: -MOST, max: MOST })), (length, drags) => {
			const space = new Space(length, VIEW);
			let stand: Stand = { top: 0, at: 0 };
			for (const by of drags) {
				stand = scroll(space, stand, by);
				expect(stand.at).toBeGreaterThanOrEqual(0);
				expect(stand.at).toBeLessThanOrEqual(length - VIEW);
			}
			// From the middle: a drag, however it got there.
			const middle = scroll(space, scroll(space, stand, -MOST), MOST / 2);
			expect(scroll(space, middle, MOST).at).toBe(length - VIEW);
			expect(scroll(space, middle, -MOST).at).toBe(0);
		}),
	);
});
