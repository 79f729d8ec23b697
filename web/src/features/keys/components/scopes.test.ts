import { expect, test } from "vitest";
import { expiresAt } from "./scopes.ts";

const now = Date.parse("2026-03-01T12:00:00Z");

test("a key expires after the days that were chosen, at the end of the day that was chosen, or never", () => {
	expect(expiresAt("30", "", now)).toBe("2026-03-31T12:00:00.000Z");
	expect(expiresAt("never", "2020-01-01", now)).toBeUndefined();
	expect(expiresAt("date", "2026-03-02", now)).toBe(new Date("2026-03-02T23:59:59").toISOString());
});

test("a day that is over, or none, is refused in words", () => {
	expect(() => expiresAt("date", "2026-02-27", now)).toThrow("This day is over");
	expect(() => expiresAt("date", "", now)).toThrow("Choose the last day");
	expect(() => expiresAt("date", "soon", now)).toThrow("This is no date");
});
