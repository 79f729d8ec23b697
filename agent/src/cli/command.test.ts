import { Command } from "commander";
import { expect, it } from "vitest";
import { json, pairs, pairsOnce } from "./command.ts";

function parse(...args: string[]): Record<string, unknown> {
	const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
	return command
		.option("--value <json>", "", json)
		.option("--field <name=value>", "", pairs)
		.option("--label <key=value>", "", pairsOnce)
		.parse(args, { from: "user" })
		.opts();
}

it("takes JSON that stays as it was typed", () => {
	expect(parse("--value", '{"id": "1152921504606846977"}')).toEqual({ value: { id: "1152921504606846977" } });
	expect(() => parse("--value", '{"id": 1152921504606846977}')).toThrow("1152921504606846977 is larger than JSON numbers here hold");
	expect(() => parse("--value", "blue")).toThrow("blue is no JSON: texts need quotes");
});

it("takes a label once: of two of the same key the first would be lost", () => {
	expect(parse("--label", "a=b=c", "--label", "d=")).toEqual({
		label: [
			["a", "b=c"],
			["d", ""],
		],
	});
	expect(() => parse("--label", "a=b", "--label", "a=c")).toThrow('"a" is given twice.');
	// What is told with all else that is wrong with them is gathered here.
	expect(parse("--field", "a=b", "--field", "a=c").field).toHaveLength(2);
});
