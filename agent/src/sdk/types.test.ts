import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import { type Flow, flow, runFlow, type Task, task } from "./index.ts";

test("a flow's function gets what its schema says, and may be given no more than that", () => {
	const byZod = flow({ parameters: z.object({ n: z.int().default(3), day: z.coerce.date() }) }, async function byZod({ n, day }) {
		expectTypeOf(n).toEqualTypeOf<number>();
		expectTypeOf(day).toEqualTypeOf<Date>();
		return `${n}`;
	});
	expectTypeOf(byZod).toEqualTypeOf<Flow<{ n?: number | undefined; day: unknown }, Promise<string>>>();
	const schema = {
		type: "object",
		properties: { n: { type: "integer", default: 3 }, words: { type: "array", items: { type: "string" } }, order: { enum: ["up", "down"] } },
		required: ["words"],
	} as const;
	const byJson = flow({ parameters: schema }, async function byJson({ n, words, order }) {
		expectTypeOf(n).toEqualTypeOf<number>();
		expectTypeOf(words).toEqualTypeOf<string[]>();
		expectTypeOf(order).toEqualTypeOf<"up" | "down" | undefined>();
	});
	expectTypeOf(byJson).toBeCallableWith({ words: [] });
	// @ts-expect-error what is required is asked for
	expectTypeOf(() => runFlow(byJson, { n: 3 })).toBeFunction();
});

test("a task keeps its types, also where it has options", () => {
	const plain = task(async function plain(n: number) {
		return n > 1;
	});
	expectTypeOf(plain).toEqualTypeOf<Task<[n: number], Promise<boolean>>>();
	const told = task({ cache: (n) => n % 2, retries: 2 }, async function told(n: number) {
		return [n];
	});
	expectTypeOf(told(3)).toEqualTypeOf<Promise<number[]>>();
	expectTypeOf(told.map([1], { failed: "return" })).toEqualTypeOf<Promise<(number[] | Error)[]>>();
	expectTypeOf(told.map([1])).toEqualTypeOf<Promise<number[][]>>();
});
