import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Seats } from "./seats.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const names = (from: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${from}${n}`);

function seated(): { seats: Seats<string>; closed: string[] } {
	const closed: string[] = [];
	return { seats: new Seats<string>((client) => void closed.push(client)), closed };
}

test("who proves nothing in five seconds loses the seat, who does keeps it", () => {
	const { seats, closed } = seated();
	for (const name of ["idle", "known"]) seats.take(name, "here");
	expect(seats.prove("known", "ada")).toBe(true);
	vi.advanceTimersByTime(4_999);
	expect(closed).toEqual([]);
	vi.advanceTimersByTime(1);
	expect(closed).toEqual(["idle"]);
	vi.advanceTimersByTime(60_000);
	expect([closed, seats.isProven("known"), seats.isProven("idle")]).toEqual([["idle"], true, false]);
});

test("past a hundred unproven of one address the oldest gives way, and nobody proven or of another address", () => {
	const { seats, closed } = seated();
	seats.take("known", "here");
	seats.prove("known", "ada");
	seats.take("far", "there");
	for (const name of names("a", 100)) seats.take(name, "here");
	expect(closed).toEqual([]);
	for (const name of names("b", 2)) seats.take(name, "here");
	expect(closed).toEqual(["a0", "a1"]);
	// Who went by himself made room.
	seats.leave("a2");
	seats.take("c", "here");
	expect(closed).toEqual(["a0", "a1"]);
});

test("one caller at one address has three hundred, others and elsewhere count apart, and who leaves makes room", () => {
	const { seats } = seated();
	const prove = (client: string, from: string, caller: string): boolean => {
		seats.take(client, from);
		return seats.prove(client, caller);
	};
	expect(names("a", 300).every((name) => prove(name, "here", "ada"))).toBe(true);
	expect([prove("more", "here", "ada"), prove("bea", "here", "bea"), prove("far", "there", "ada")]).toEqual([false, true, true]);
	seats.leave("a0");
	expect(prove("next", "here", "ada")).toBe(true);
});
