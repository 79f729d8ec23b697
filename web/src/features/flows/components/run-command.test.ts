import { expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

test("the command that runs a flow asks for what has no default", () => {
	expect(runCommand("hello", [])).toBe("npx tidegate run hello --watch");
	expect(runCommand("report", ["day", "region"])).toBe("npx tidegate run report -p day=… -p region=… --watch");
});
