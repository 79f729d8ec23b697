import { expect, test } from "vitest";
import { chaos } from "./chaos.ts";

// One short plan of kills, the same each time; `npm run chaos` has all the others.
test("runs that do everything come out right, each effect once, though flows, agents, server and Postgres are killed", async () => {
	const { kills, runs, wrong } = await chaos({ seed: 3, kills: 12, runs: 2, seconds: 25 });
	expect(wrong).toEqual([]);
	expect(runs).toBeGreaterThan(0);
	expect(kills.length).toBeGreaterThanOrEqual(4);
}, 300_000);
