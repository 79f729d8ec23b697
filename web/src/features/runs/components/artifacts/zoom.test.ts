import { expect, test } from "vitest";
import { moved, narrowed, sizeAt, zoomed } from "./zoom.ts";

test("a picture is zoomed by steps from any size, and never past what browsers draw", () => {
	expect([zoomed(1, "in"), zoomed(1, "out"), zoomed(0.37, "in"), zoomed(0.37, "out")]).toEqual([1.5, 0.75, 0.5, 0.25]);
	expect([zoomed(16, "in"), zoomed(0.05, "out")]).toEqual([16, 0.05]);
	expect(sizeAt({ width: 640, height: 480 }, 0.5)).toEqual({ width: 320, height: 240 });
	expect(sizeAt({ width: 10_000, height: 10 }, 16)).toEqual({ width: 16_000, height: 16 });
	expect(sizeAt({ width: 0, height: 0 }, 2)).toBeUndefined();
});

test("a chart is zoomed around its middle and moved within what there is", () => {
	const full = { min: 0, max: 100 };
	expect(narrowed(full, full, 0.5)).toEqual({ min: 25, max: 75 });
	expect(narrowed({ min: 0, max: 10 }, full, 4)).toEqual({ min: 0, max: 40 });
	expect(narrowed({ min: 25, max: 75 }, full, 4)).toEqual(full);
	expect(moved({ min: 25, max: 75 }, full, 0.25)).toEqual({ min: 37.5, max: 87.5 });
	expect(moved({ min: 25, max: 75 }, full, 5)).toEqual({ min: 50, max: 100 });
	expect(moved({ min: 25, max: 75 }, full, -5)).toEqual({ min: 0, max: 50 });
});
