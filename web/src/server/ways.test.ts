import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { connectFresh, makePlace } from "../features/runs/fixture.ts";
import { system } from "./db.ts";
import { again } from "./ways.ts";

let database: Awaited<ReturnType<typeof connectFresh>>;
beforeAll(async () => {
	database = await connectFresh(inject("databaseUrl"));
});
afterAll(() => database.end());

test("of two transactions that wait for each other both are done in the end; another failure is passed on at once", { timeout: 30_000 }, async () => {
	const [a, b] = [(await makePlace("a")).flowId, (await makePlace("b")).flowId];
	let met = 0;
	const both = Promise.withResolvers<void>();
	const tags = new Map<string, number>();
	const lock = (first: string, second: string, name: string) =>
		again(() =>
			system.transaction(async (tx) => {
				tags.set(name, (tags.get(name) ?? 0) + 1);
				await tx.query("UPDATE flow SET tags = tags || $2::text WHERE id = $1", [first, name]);
				if (++met === 2) both.resolve();
				await both.promise;
				await tx.query("UPDATE flow SET tags = tags || $2::text WHERE id = $1", [second, name]);
			}),
		);
	await Promise.all([lock(a, b, "one"), lock(b, a, "two")]);
	// At least one of them was tried again, and each is there once.
	expect(Math.max(...tags.values())).toBeGreaterThan(1);
	const { rows } = await system.query<{ tags: string[] }>("SELECT tags FROM flow WHERE id = ANY($1)", [[a, b]]);
	expect(rows.map((row) => row.tags.toSorted())).toEqual([
		["one", "two"],
		["one", "two"],
	]);
	let tried = 0;
	const fails = again(async () => {
		tried++;
		await system.query("SELECT 1 / 0");
	});
	await expect(fails).rejects.toMatchObject({ code: "22012" });
	expect(tried).toBe(1);
});
