import { uuidv7 } from "tidegate/protocol/ids.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { connectFresh, makePlace, type Place } from "../features/runs/fixture.ts";
import { cutConnections } from "../fixture.ts";
import { assertRoles } from "./connect.ts";
import { system, tenant } from "./db.ts";

let database: Awaited<ReturnType<typeof connectFresh>>;
let place: Place;
beforeAll(async () => {
	database = await connectFresh(inject("databaseUrl"));
	place = await makePlace();
});
afterAll(() => database.end());

const insertPool = "INSERT INTO pool (id, workspace_id, name) VALUES ($1, $2, $3)";
const named = async (name: string): Promise<number> => (await system.query("SELECT 1 FROM pool WHERE name = $1", [name])).rows.length;

test("both pools run as roles that row-level security binds, though the owner is a superuser", async () => {
	await assertRoles();
	expect((await tenant(place).query("SELECT current_user AS who")).rows).toEqual([{ who: "tidegate_app" }]);
	expect((await system.query("SELECT current_user AS who")).rows).toEqual([{ who: "tidegate_system" }]);
});

describe("a transaction", () => {
	test("keeps all or nothing, and tells waiters only of what was kept", async () => {
		const told: string[] = [];
		await tenant(place).transaction(async (tx) => {
			tx.afterCommit(() => told.push("kept"));
			await tx.query(insertPool, [uuidv7(), place.workspaceId, "kept"]);
			expect(told).toEqual([]);
		});
		const failed = tenant(place).transaction(async (tx) => {
			tx.afterCommit(() => told.push("lost"));
			await tx.query(insertPool, [uuidv7(), place.workspaceId, "lost"]);
			throw new Error("changed my mind");
		});
		await expect(failed).rejects.toThrow("changed my mind");
		expect([told, await named("kept"), await named("lost")]).toEqual([["kept"], 1, 0]);
	});
	test("through Prisma keeps the same promise", async () => {
		const told: string[] = [];
		await tenant(place).prisma(async (tx) => {
			tx.afterCommit(() => told.push("kept"));
			await tx.pool.create({ data: { id: uuidv7(), workspaceId: place.workspaceId, name: "by prisma" } });
		});
		const failed = tenant(place).prisma(async (tx) => {
			tx.afterCommit(() => told.push("lost"));
			await tx.pool.create({ data: { id: uuidv7(), workspaceId: place.workspaceId, name: "by prisma too" } });
			throw new Error("changed my mind");
		});
		await expect(failed).rejects.toThrow("changed my mind");
		expect([told, await named("by prisma"), await named("by prisma too")]).toEqual([["kept"], 1, 0]);
	});
	test("in which a statement failed is refused, even where its failure was swallowed", async () => {
		const swallowed = tenant(place).transaction(async (tx) => {
			await tx.query(insertPool, [uuidv7(), place.workspaceId, "half"]);
			await tx.query("SELECT 1 / 0").catch(() => undefined);
		});
		await expect(swallowed).rejects.toThrow("nothing was kept");
		expect(await named("half")).toBe(0);
	});
	test("sends statements together and answers them in order", async () => {
		const answers = await tenant(place).transaction((tx) => Promise.all([1, 2, 3].map((n) => tx.query<{ n: number }>("SELECT $1::int AS n", [n]))));
		expect(answers.map(({ rows }) => rows[0]?.n)).toEqual([1, 2, 3]);
	});
	test("whose hook fails is committed all the same", async () => {
		await tenant(place).transaction(async (tx) => {
			tx.afterCommit(() => {
				throw new Error("a waiter stumbled");
			});
			await tx.query(insertPool, [uuidv7(), place.workspaceId, "hooked"]);
		});
		expect(await named("hooked")).toBe(1);
	});
});

describe("a single statement", () => {
	test("that fails leaves its connection in order for the next", async () => {
		for (let i = 0; i < 30; i++) {
			await expect(tenant(place).query("SELECT 1 / 0")).rejects.toThrow("division by zero");
			expect((await tenant(place).query("SELECT tg_workspace() AS id")).rows).toEqual([{ id: place.workspaceId }]);
		}
	});
	test("survives the loss of all connections: the next one opens its own", async () => {
		await Promise.all(Array.from({ length: 5 }, () => tenant(place).query("SELECT 1")));
		expect(await cutConnections(database.url, "tidegate_app")).toBeGreaterThan(1);
		await expect
			.poll(() =>
				tenant(place)
					.query("SELECT 1 AS one")
					.then(
						({ rows }) => rows[0]?.one,
						() => undefined,
					),
			)
			.toBe(1);
	});
	test("is lost between two statements of a transaction, and only that transaction fails", async () => {
		const cut = () => cutConnections(database.url, "tidegate_app");
		const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
		const raw = tenant(place).transaction(async (tx) => {
			await tx.query(insertPool, [uuidv7(), place.workspaceId, "cut"]);
			await cut();
			await pause();
		});
		await expect(raw).rejects.toThrow();
		const prisma = tenant(place).prisma(async (tx) => {
			await tx.pool.create({ data: { id: uuidv7(), workspaceId: place.workspaceId, name: "cut" } });
			await cut();
			await pause();
		});
		await expect(prisma).rejects.toThrow();
		expect(await named("cut")).toBe(0);
		expect((await tenant(place).query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
	});
});
