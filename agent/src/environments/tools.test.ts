import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runTool } from "./tools.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate-tools-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a program that this user may not start counts as one that is not there, as on the PATH of somebody else's shell", async () => {
	writeFileSync(join(folder, "uv"), "#!/bin/sh\n", { mode: 0o644 });
	for (const PATH of [folder, "/nowhere"]) {
		await expect(runTool({ command: ["uv", "--version"], environment: { PATH, NODE_ENV: "test" } })).rejects.toThrow("uv is not there");
	}
});
