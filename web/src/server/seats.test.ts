import { expect, test } from "vitest";
import { Seats } from "./seats.ts";

const names = (from: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${from}${n}`);

function seated(unprovenFor?: number): { seats: Seats<string>; closed: string[] } {
	const closed: string[] = [];
	return { seats: new Seats<string>((client) => void closed.push(client), unprovenFor), closed };
}

test("who proves nothing in time loses the seat, who does keeps it", async () => {
	const { seats, closed } = seated(50);
	for (const name of ["idle", "known"]) seats.take(name, "here");
	expect(seats.prove("known", "ada")).toBe(true);
	expect(closed).toEqual([]);
	await expect.poll(() => closed).toEqual(["idle"]);
	await new Promise((resolve) => setTimeout(resolve, 150));
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
