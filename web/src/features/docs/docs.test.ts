import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { fieldsOf } from "./components/fields.ts";

const here = path.join(import.meta.dirname, "components");
const texts = path.join(import.meta.dirname, "../../../docs");
const read = (file: string): string => fs.readFileSync(file, "utf8");

test("every page that is written is listed, and begins with its title", () => {
	const library = read(path.join(here, "library.ts"));
	for (const name of fs.readdirSync(texts)) {
		expect(library, `${name} is not in library.ts`).toContain(`docs/${name}"`);
		expect(read(path.join(texts, name)), name).toMatch(/^# \S/);
	}
});

test("every link between pages leads to one", () => {
	for (const name of fs.readdirSync(texts)) {
		for (const [, slug] of read(path.join(texts, name)).matchAll(/\]\(\/docs\/?([a-z-]*)(?:#[a-z-]*)?\)/g))
			if (slug) expect(fs.existsSync(path.join(texts, `${slug}.md`)), `${name} links to /docs/${slug}`).toBe(true);
	}
});

test("every message that agents send has its table", () => {
	const wire = read(path.join(here, "../../../../../agent/src/protocol/wire.ts"));
	const told = read(path.join(here, "premises.tsx"));
	const messages = [...wire.matchAll(/^export const (\w+(?:Request|Answer)) =/gm)].map(([, name]) => name);
	expect(messages.length).toBeGreaterThan(10);
	for (const name of messages) expect(told, name).toContain(`wire.${name}`);
});

test("a table tells each field with its type, and which are sealed", () => {
	const message = z.object({
		id: z.uuid(),
		parts: z.array(z.object({ start: z.int(), part: z.int().min(0).nullable() })),
		note: z.string().max(20).nullish(),
		state: z.enum(["live", "ended"]),
		event: z.discriminatedUnion("type", [z.object({ type: z.literal("a"), x: z.int() }), z.object({ type: z.literal("b") })]),
		marks: z.record(z.string(), z.int()),
	});
	expect(fieldsOf(message)).toEqual([
		{ path: "id", type: "UUID", sealed: false },
		{ path: "parts[].start", type: "integer", sealed: false },
		{ path: "parts[].part", type: "integer", sealed: true },
		{ path: "note", type: "text, at most 20 characters", sealed: false },
		{ path: "state", type: '"live" | "ended"', sealed: false },
		{ path: "event.type", type: '"a" | "b"', sealed: false },
		{ path: "event.x", type: "integer", sealed: false },
		{ path: "marks[name]", type: "integer", sealed: false },
	]);
});
