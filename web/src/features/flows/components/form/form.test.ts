import type { ParameterSchema } from "tidegate/protocol/manifest.ts";
import type { ValueSchema } from "tidegate/protocol/parameters.ts";
import { describe, expect, test } from "vitest";
import { check } from "./check.ts";
import { carry, type Draft, draftOf, type Given, givenOf, readGiven, zoneOf } from "./draft.ts";
import { entriesOf, fieldOf } from "./fields.ts";
import { readJson } from "./json.ts";
import { typeOf } from "./type-of.ts";

const NONE = { type: "null" };
const layer: ValueSchema = {
	type: "object",
	title: "Layer",
	properties: { units: { type: "integer" }, name: { type: "string", default: "dense" } },
	required: ["units"],
	additionalProperties: false,
};

const schemaOf = (properties: Record<string, ValueSchema>, required: string[] = []): ParameterSchema => ({
	type: "object",
	properties: properties as Record<string, Record<string, unknown>>,
	required,
	additionalProperties: false,
});
const entries = (schema: ParameterSchema) => entriesOf(schema as ValueSchema);
/** What comes out of the fields for a value that went in. */
const round = (schema: ValueSchema, value: unknown): unknown => {
	const whole = schemaOf({ x: schema });
	const fields = entries(whole);
	return readGiven(fields, givenOf(fields, { x: value })).values.x;
};
const type = (schema: ParameterSchema, typed: Record<string, Draft>): Given => {
	const given = givenOf(entries(schema), {});
	for (const [name, draft] of Object.entries(typed)) given[name] = { given: true, draft };
	return given;
};
const problems = (schema: ParameterSchema, typed: Record<string, Draft>) => {
	const checked = check(schema, entries(schema), type(schema, typed));
	return "problems" in checked ? checked.problems.map(({ path, what }) => [path, what]) : checked.values;
};

describe("a field", () => {
	test.each([
		["text", { type: "string" }, "a\nb"],
		["number", { type: "integer" }, 5],
		["number", { type: "number" }, -0.25],
		["number", { type: "number" }, 1e300],
		["switch", { type: "boolean" }, false],
		["date", { type: "string", format: "date" }, "2026-01-31"],
		["instant", { type: "string", format: "date-time" }, "2026-01-31T12:00:00+02:00"],
		["instant", { type: "string", format: "date-time" }, "2026-01-31T12:00:00"],
		["instant", { type: "string", format: "date-time" }, "2026-01-31T12:00:00.1234567Z"],
		["instant", { type: "string", format: "date-time" }, "2026-01-31"],
		["choice", { enum: ["a", 1, null] }, null],
		["list", { type: "array", items: { type: "integer" } }, [3, 1, 2]],
		["list", { type: "array", items: layer }, [{ units: 3 }, { units: 4, name: "x" }]],
		["json", { type: "array" }, [{ any: [1] }]],
		["dict", { type: "object", additionalProperties: { type: "number" } }, { "a.b": 1, "": 2 }],
		["object", layer, { units: 64, name: "first" }],
		["union", { anyOf: [{ type: "integer" }, NONE] }, null],
		["union", { anyOf: [{ type: "integer" }, { type: "string" }] }, "5"],
		["union", { anyOf: [{ type: "integer" }, { type: "string" }] }, 5],
		["json", {}, { anything: [null, "x"] }],
	] as const)("of kind %s gives back what it was filled with", (kind, schema, value) => {
		expect(fieldOf(schema as ValueSchema).kind).toBe(kind);
		expect(round(schema as ValueSchema, value)).toEqual(value);
	});
	test.each([
		[{ type: "integer" }, "abc"],
		[{ type: "integer" }, [1]],
		[{ type: "boolean" }, "yes"],
		[{ enum: ["a"] }, "gone"],
		[layer, { units: 1, gone: true }],
		[{ type: "array", items: { type: "integer" } }, Array.from({ length: 5_000 }, (_, at) => at)],
	])("shows what does not fit for what it is: nothing of it is lost", (schema, value) => {
		expect(round(schema as ValueSchema, value)).toEqual(value);
	});
	test("is named in words that are short", () => {
		expect(typeOf({ anyOf: [{ type: "integer" }, NONE] })).toBe("integer, optional");
		expect(typeOf({ type: "array", items: { type: "string" } })).toBe("list of text");
		expect(typeOf(layer)).toBe("Layer");
	});
});

describe("what is given", () => {
	const schema = schemaOf({ n: { type: "integer", default: 3 }, who: { type: "string" }, layer }, ["who", "layer"]);
	test("is only what was touched: the code keeps its own defaults", () => {
		expect(problems(schema, { who: { text: "Ada" }, layer: draftOf(fieldOf(layer), { units: 1 }) })).toEqual({ who: "Ada", layer: { units: 1 } });
	});
	test("an empty text that was typed is an empty text, an empty number is none", () => {
		const optional = schemaOf({ n: { type: "integer", default: 3 }, who: { type: "string" } });
		expect(problems(optional, { n: { text: "" }, who: { text: "" } })).toEqual({ who: "" });
	});
	test("a parameter may be called as a property of all objects", () => {
		const odd = schemaOf({ __proto__x: { type: "string" }, constructor: { type: "string" }, toString: { type: "string" } });
		expect(problems(odd, { constructor: { text: "a" } })).toEqual({ constructor: "a" });
	});
});

describe("a problem", () => {
	test("is told at its own field, in words, from the top down", () => {
		const schema = schemaOf({ who: { type: "string" }, n: { type: "integer" }, layer, list: { type: "array", items: { type: "integer" } } }, [
			"who",
			"layer",
		]);
		expect(
			problems(schema, {
				n: { text: "five" },
				list: { items: [{ text: "1" }, { text: "x" }, { text: "" }] },
			}),
		).toEqual([
			["who", "expected a string, but it was not given and has no default"],
			["n", 'expected an integer, got "five" (a string)'],
			["layer.units", "expected an integer, but it was not given and has no default"],
			["list[1]", 'expected an integer, got "x" (a string)'],
			["list[2]", 'expected an integer, got "" (a string)'],
		]);
	});
	test("inside what is edited as JSON is told there, and where it goes wrong by line and column", () => {
		const schema = schemaOf({ layers: { type: "array", items: layer } });
		expect(problems(schema, { layers: { json: true, text: '[{"units": "many"}]' } })).toEqual([
			["layers", '"layers[0].units": expected an integer, got "many" (a string)'],
		]);
		expect(problems(schema, { layers: { json: true, text: '[\n  {"units": 3,}\n]' } })).toEqual([
			["layers", "this is no JSON: nothing follows the comma before } in line 2, column 15"],
		]);
		expect(problems(schema, { layers: { json: true, text: '[{"units": 1152921504606846977}]' } })).toEqual([
			["layers", "line 1, column 12: 1152921504606846977 is larger than JSON numbers here hold: give it as text in quotes"],
		]);
	});
	test("of a number is that JSON does not carry it", () => {
		const schema = schemaOf({ n: { type: "integer" } });
		expect(problems(schema, { n: { text: "9007199254740993" } })).toEqual([["n", expect.stringContaining("2^53")]]);
	});
	test("of a name that is given twice is told", () => {
		const schema = schemaOf({ w: { type: "object", additionalProperties: { type: "integer" } } });
		expect(
			problems(schema, {
				w: {
					pairs: [
						["a", { text: "1" }],
						["a", { text: "2" }],
					],
				},
			}),
		).toEqual([["w.a", expect.stringContaining("stands here twice")]]);
	});
});

test("what was typed is carried to another version: kept where the type is the same, shown where it is not, named where it is gone", () => {
	const before = entries(schemaOf({ n: { type: "integer" }, s: { type: "string" }, gone: { type: "string" } }));
	const after = entries(schemaOf({ s: { type: "integer" }, n: { type: "integer", description: "more" }, fresh: { type: "string", default: "new" } }));
	const given = { ...givenOf(before, {}), n: { given: true, draft: { text: "five" } }, s: { given: true, draft: { text: "word" } } };
	const told = carry(before, { ...given, gone: { given: true, draft: { text: "x" } } }, after);
	expect(told.dropped).toEqual(["gone"]);
	expect(told.given).toEqual({
		n: { given: true, draft: { text: "five" } },
		s: { given: true, draft: { text: "word" } },
		fresh: { given: false, draft: { text: "new" } },
	});
});

test.each([
	["", 1, 1, "it ends too early"],
	["{", 1, 2, "it ends too early: a name"],
	["{'a': 1}", 1, 2, 'a name in "double quotes" is missing'],
	['{"a" 1}', 1, 6, "a colon after the name is missing"],
	["[1 2]", 1, 4, "a comma or ] is missing"],
	["[1,\n2,\n]", 3, 1, "nothing follows the comma"],
	["word", 1, 1, 'text stands in "double quotes"'],
	["01", 1, 1, "unexpected “0”"],
	['"a\nb"', 1, 1, "no closing quote"],
	['"\\x"', 1, 2, "a backslash is written twice"],
	["1 2", 1, 3, "after the end"],
	["[".repeat(2_000), 1, 502, "too many brackets"],
])("%j is no JSON, and says where", (text, line, column, what) => {
	expect(readJson(text)).toEqual({ line, column, what: expect.stringContaining(what) });
});

test.each(["null", " -1.5e3 ", '{"a": [true, {"b": "\\u00e9\\n"}], "": {}}', "[]"])("%s is JSON", (text) => {
	expect(readJson(text)).toEqual({ value: JSON.parse(text) });
});

test("an offset is that of the day in the viewer's zone, and stays what it is elsewhere", () => {
	expect(zoneOf("2026-01-31T12:00", "Z")).toBe("Z");
	expect(zoneOf("2026-01-31T12:00", "+05:30")).toBe("+05:30");
	expect(zoneOf("2026-01-31T12:00", "local")).toMatch(/^[+-]\d{2}:\d{2}$/);
});
