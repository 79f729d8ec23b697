import { expect, test } from "vitest";
import { parseOptions } from "./options.ts";

test("the options are what the help says, with an example and any free port as defaults", () => {
	expect(parseOptions([])).toEqual({ port: undefined, example: true, fresh: false });
	expect(parseOptions(["--port", "8000", "--no-example", "--fresh"])).toEqual({ port: 8000, example: false, fresh: true });
});

test.each([["--prot"], ["--port"], ["8000"]])("what is not understood is named, with the help: %s", (argument) => {
	expect(() => parseOptions([argument])).toThrow(/--?pro?t|8000/);
	expect(() => parseOptions([argument])).toThrow(/npm start -- \[options\]/);
});

test.each(["0", "65536", "x", "80.5"])("--port %s is no port", (port) => {
	expect(() => parseOptions(["--port", port])).toThrow(`--port ${port} is no port`);
});
