/** No procedure drops a name that it does not know: read from the router, so one that is new is asked by itself. */
import { expect, test } from "vitest";
import { z } from "zod";
import { appRouter } from "./router.ts";

const inputs = Object.entries(appRouter._def.procedures).map(([path, procedure]) => ({
	path,
	taken: (procedure as unknown as { _def: { inputs: z.ZodType[] } })._def.inputs,
}));

/** Every object in the schema, however deep, whatever it is wrapped in. */
function objectsIn(part: unknown, seen = new Set<unknown>()): z.ZodObject[] {
	if (!part || typeof part !== "object" || seen.has(part)) return [];
	seen.add(part);
	const inner = part instanceof z.ZodType ? [part.def, ...(part instanceof z.ZodObject ? Object.values(part.shape) : [])] : Object.values(part);
	return [...(part instanceof z.ZodObject ? [part] : []), ...inner.flatMap((each) => objectsIn(each, seen))];
}

test.each(inputs)("$path refuses a name that it does not know, wherever it stands, and says which are known", ({ taken }) => {
	expect(taken).toHaveLength(1);
	const objects = objectsIn(taken);
	expect(objects.length).toBeGreaterThan(0);
	for (const object of objects) {
		const known = Object.keys(object.shape);
		const told = object.safeParse({ zzzzzz: 1 }).error?.issues.find(({ code }) => code === "unrecognized_keys");
		expect(told?.message).toBe(`"zzzzzz": unknown (${known.length === 0 ? "it takes no names" : `known: ${known.join(", ")}`})`);
	}
});

test("objects within objects are among them", () => {
	expect(objectsIn(inputs.find(({ path }) => path === "runs.trigger")?.taken)).toHaveLength(2);
	expect(objectsIn(inputs.find(({ path }) => path === "login.approve")?.taken)).toHaveLength(2);
});
