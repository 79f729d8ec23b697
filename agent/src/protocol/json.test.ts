import { assert, jsonValue, property } from "fast-check";
import { expect, it } from "vitest";
import { InexactNumber, readJson } from "./json.ts";
import { jsonAsText, jsonOrText } from "./settings.ts";

it.each([
	["1152921504606846977", "1152921504606846977"],
	[" [1, -9007199254740993] ", "-9007199254740993"],
	['{"id": 1152921504606846977}', "1152921504606846977"],
	['{"a\\"": "b\\\\", "c": 9007199254740993}', "9007199254740993"],
	// What an integer of 2^60 would arrive as is 1152921504606847000.
	["1152921504606846976", "1152921504606846976"],
	["[1e999]", "1e999"],
])("refuses a number that would be another one, at any depth: %s", (text, number) => {
	expect(() => readJson(text)).toThrow(new InexactNumber(`${number} is larger than JSON numbers here hold: give it as text in quotes`));
});

it.each([
	"9007199254740991",
	"-9007199254740991",
	"-0",
	'"1152921504606846977"',
	'{"9007199254740993": "\\" 9007199254740993"}',
	"1e20",
	"0.1234567890123456789",
])("takes %s", (text) => {
	expect(readJson(text)).toEqual(JSON.parse(text));
});

it("leaves to JSON.parse what is no JSON", () => {
	expect(() => readJson("9007199254740993 birds")).toThrow(SyntaxError);
	expect(jsonOrText("9007199254740993 birds")).toBe("9007199254740993 birds");
});

it("takes all that JSON writes", () => {
	assert(
		property(jsonValue(), (value) => {
			expect(JSON.stringify(readJson(JSON.stringify(value)))).toBe(JSON.stringify(value));
		}),
	);
});

it("refuses it as a variable too, and writes a text of such digits so that it stays a text", () => {
	expect(() => jsonOrText("1152921504606846977")).toThrow(InexactNumber);
	expect(jsonAsText("1152921504606846977")).toBe('"1152921504606846977"');
});
