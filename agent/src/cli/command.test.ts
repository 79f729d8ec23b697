import { Command } from "commander";
import { expect, it } from "vitest";
import { json, pairs } from "./command.ts";

function parse(...args: string[]): Record<string, unknown> {
	const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
	return command.option("--value <json>", "", json).option("-p, --param <name=value>", "", pairs).parse(args, { from: "user" }).opts();
}

it("takes JSON that stays as it was typed", () => {
	expect(parse("--value", '{"id": "1152921504606846977"}')).toEqual({ value: { id: "1152921504606846977" } });
	expect(() => parse("--value", '{"id": 1152921504606846977}')).toThrow("1152921504606846977 is larger than JSON numbers here hold");
	expect(() => parse("--value", "blue")).toThrow("blue is no JSON: texts need quotes");
});
