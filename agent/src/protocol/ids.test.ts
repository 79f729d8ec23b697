import { expect, test } from "vitest";
import { uuidTime, uuidv7 } from "./ids.ts";

const LOOKS = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("ids tell their time, and those of one millisecond sort in the order of their making", () => {
	const at = Date.UTC(2026, 10, 26, 7, 30);
	const ids = Array.from({ length: 2_000 }, () => uuidv7(at));
	expect(ids.every((id) => LOOKS.test(id) && uuidTime(id) === at)).toBe(true);
	expect(ids).toEqual(ids.toSorted());
	expect(uuidv7(at + 1) > (ids.at(-1) as string)).toBe(true);
});

test("thousands in one millisecond are as different as any", () => {
	const ids = Array.from({ length: 10_000 }, () => uuidv7(1_000));
	expect(new Set(ids).size).toBe(ids.length);
	expect(ids.every((id) => LOOKS.test(id))).toBe(true);
});
