import { expect, test } from "vitest";
import { moment } from "./format.ts";

const now = new Date(2026, 10, 26, 9, 0).getTime();
const at = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString();

test("a time to come is told as people say it: by the clock today, by the day within a week, else by the date", () => {
	expect(moment(at(2026, 10, 26, 10, 4), now)).toBe("10:04");
	expect(moment(at(2026, 10, 30, 9, 0), now)).toBe("Monday 09:00");
	expect(moment(at(2026, 11, 24, 18, 30), now)).toBe("24 Dec 18:30");
	expect(moment(at(2027, 0, 2, 18, 30), now)).toBe("2 Jan 2027 18:30");
});
