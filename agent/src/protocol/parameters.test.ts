import { array, assert, constant, dictionary, jsonValue, property, string, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import type { ParameterSchema } from "./manifest.ts";
import { checkParameters, ParameterError, parseParameters, type ValueSchema } from "./parameters.ts";

const schema = (properties: Record<string, ValueSchema>, required: string[] = []): ParameterSchema =>
	({ type: "object", properties, required, additionalProperties: false }) as ParameterSchema;
const one = (value: ValueSchema, text: string): unknown => parseParameters(schema({ x: value }), [["x", text]]).x;

const integer = { type: "integer" };
const optional = { anyOf: [{ type: "string" }, { type: "null" }] };

describe("parameters as people type them", () => {
	it.each<[ValueSchema, string, unknown]>([
		[integer, "5", 5],
		[integer, "-1_000", -1000],
		[integer, "1e3", 1000],
		[{ type: "number" }, ".5", 0.5],
		[{ type: "number" }, "3", 3],
		[{ type: "boolean" }, "Yes", true],
		[{ type: "boolean" }, "0", false],
		[{ type: "string" }, "5", "5"],
		[{ type: "string" }, "a=b ", "a=b "],
		[{ type: "string", format: "date" }, "2024-02-29", "2024-02-29"],
		[{ type: "string", format: "date-time" }, "2026-01-31T12:00:00.123456789+01:00", "2026-01-31T12:00:00.123456789+01:00"],
		[{ enum: ["a", "b"] }, "b", "b"],
		[{ enum: [1, 2, "2"] }, "2", "2"],
		[{ enum: [1, 2] }, "2", 2],
		[{ type: "array", items: integer }, "[1, 2]", [1, 2]],
		[{ type: "object", additionalProperties: { type: "number" } }, '{"a": 0.5}', { a: 0.5 }],
		[optional, "null", null],
		[optional, "none", "none"],
		[{ anyOf: [{ type: "string" }, integer] }, "7", 7],
		[{}, "[1]", [1]],
		[{}, "plain words", "plain words"],
		[{ anyOf: [{ type: "array" }, { type: "string" }] }, "1152921504606846977", "1152921504606846977"],
	])("%j reads %s", (value, text, expected) => {
		expect(one(value, text)).toEqual(expected);
	});

	it.each<[ValueSchema, string, string]>([
		[integer, "five", 'parameter "x": expected an integer, got "five" (a string)'],
		[integer, "1.5", 'parameter "x": expected an integer, got 1.5 (a number)'],
		[integer, "", 'parameter "x": expected an integer, got "" (a string)'],
		[integer, "9007199254740993", 'parameter "x": expected an integer, got 9007199254740992 (more than 2^53, which JSON does not carry exactly)'],
		[{ type: "number" }, "inf", 'parameter "x": expected a number, got "inf" (a string)'],
		[{ type: "boolean" }, "maybe", 'parameter "x": expected true or false, got "maybe" (a string)'],
		[{ type: "string", format: "date" }, "2023-02-29", 'parameter "x": expected a date as in 2026-01-31, got "2023-02-29" (a string)'],
		[
			{ type: "string", format: "date-time" },
			"2026-01-31T25:00",
			'parameter "x": expected a date and time as in 2026-01-31T12:00:00Z, got "2026-01-31T25:00" (a string)',
		],
		[{ enum: ["a", 2] }, "c", 'parameter "x": expected one of "a", 2, got "c" (a string)'],
		[{ type: "array", items: integer }, "1,2", 'parameter "x": expected a list (as JSON), got "1,2" (a string)'],
		[{ type: "array", items: integer }, '[1, "b"]', 'parameter "x[1]": expected an integer, got "b" (a string)'],
		[{ anyOf: [{ type: "array", items: integer }, { type: "null" }] }, '["b"]', 'parameter "x[0]": expected an integer, got "b" (a string)'],
		[{}, "1152921504606846977", 'parameter "x": 1152921504606846977 is larger than JSON numbers here hold: give it as text in quotes'],
		[{ type: "object" }, '{"id": 1152921504606846977}', 'parameter "x": 1152921504606846977 is larger than JSON numbers here hold'],
	])("%j refuses %s", (value, text, message) => {
		expect(() => one(value, text)).toThrow(message);
	});

	it("tells what is refused for its size as that alone, and not as missing", () => {
		const attempt = (): unknown => parseParameters(schema({ x: {} }, ["x"]), [["x", "[1e999]"]]);
		expect(attempt).toThrow(new ParameterError(['parameter "x": 1e999 is larger than JSON numbers here hold: give it as text in quotes']));
	});

	it("names an unknown parameter, the nearest known one, and every missing one, all at once", () => {
		const flow = schema({ epochs: integer, rate: { type: "number", default: 0.1 } }, ["epochs"]);
		expect(() =>
			parseParameters(flow, [
				["epoch", "3"],
				["rate", "x"],
			]),
		).toThrow(
			[
				'parameter "epoch": unknown; did you mean "epochs"? (known: epochs, rate)',
				'parameter "rate": expected a number, got "x" (a string)',
				'parameter "epochs": expected an integer, but it was not given and has no default',
			].join("\n"),
		);
	});

	it("refuses a name given twice, and names that objects have of their own", () => {
		expect(() =>
			parseParameters(schema({ x: integer }), [
				["x", "1"],
				["x", "2"],
			]),
		).toThrow("given twice");
		for (const name of ["__proto__", "toString", "constructor"]) {
			expect(() => parseParameters(schema({}), [[name, "1"]])).toThrow(`parameter "${name}": unknown; the flow takes none`);
		}
	});

	it("looks inside dataclasses", () => {
		const config = { type: "object", title: "Config", properties: { depth: integer }, required: ["depth"], additionalProperties: false } as const;
		expect(one(config, '{"depth": 3}')).toEqual({ depth: 3 });
		expect(() => one(config, '{"dept": 3}')).toThrow('parameter "x.dept": unknown; did you mean "depth"? (known: depth)');
		expect(() => one(config, "deep")).toThrow("expected an object with the fields of Config (as JSON)");
	});
});

describe("parameters as programs give them", () => {
	it("takes exactly the JSON type, without reading texts as numbers", () => {
		expect(checkParameters(schema({ x: integer }), { x: 5 })).toEqual({ x: 5 });
		for (const x of ["5", 5.5, true, null, undefined, [5], Number.NaN, 2 ** 53])
			expect(() => checkParameters(schema({ x: integer }), { x })).toThrow(ParameterError);
	});

	it("never fails otherwise than by a ParameterError, whatever is given", () => {
		const any = schema(
			{ a: integer, b: { type: "array", items: { enum: ["x"] } }, c: optional, d: { type: "object", additionalProperties: { type: "boolean" } } },
			["a"],
		);
		assert(
			property(dictionary(string(), jsonValue()), array(tuple(constant("b"), string())), (given, typed) => {
				for (const attempt of [() => checkParameters(any, given), () => parseParameters(any, typed)]) {
					try {
						attempt();
					} catch (error) {
						expect(error).toBeInstanceOf(ParameterError);
					}
				}
			}),
		);
	});

	it("reads back what JSON writes, for every schema without a type", () => {
		assert(
			property(jsonValue(), (value) => {
				expect(JSON.stringify(one({}, JSON.stringify(value)))).toBe(JSON.stringify(value));
			}),
		);
	});
});
