import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { environment } from "../config.ts";
import { Interpreters, satisfies } from "./interpreters.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate-python-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fake(name: string, version: string): void {
	writeFileSync(join(folder, name), `#!/bin/sh\necho /opt/${name}\necho ${version}\n`);
	chmodSync(join(folder, name), 0o755);
}

test("the deployer's minor version is preferred, then python3, then whatever fits", async () => {
	fake("python3", "3.11.2");
	fake("python3.12", "3.12.1");
	const here = new Interpreters({ PATH: folder, NODE_ENV: "test" });
	expect(await here.choose("3.12", null)).toEqual({ path: "/opt/python3.12", minor: "3.12", version: "3.12.1" });
	expect(await here.choose("3.13", null)).toMatchObject({ version: "3.11.2" });
	expect(await here.choose("3.11", ">=3.12")).toMatchObject({ version: "3.12.1" });
	await expect(here.choose("3.11", ">=3.13")).rejects.toThrow("the flow needs Python >=3.13; this host has 3.11.2, 3.12.1");
});

test("a host without Python is told what is missing", async () => {
	await expect(new Interpreters({ PATH: "/nowhere", NODE_ENV: "test" }).choose("3.11", null)).rejects.toThrow(/no python3 on its PATH/);
});

test("the interpreter behind a version manager's stand-in is what runs", async () => {
	const found = await new Interpreters(environment()).choose("3.11", null);
	expect(found.path).not.toMatch(/shims/);
});

test("requires-python is read as PEP 440 has it", () => {
	const fits = (range: string): boolean => satisfies("3.11.7", range);
	for (const range of [">=3.9", ">=3.11,<3.12", "~=3.9", "~=3.11.2", "==3.11.*", "==3.11.7", "!=3.11.6", "!=3.10.*", "<4", "<=3.11.7", ">3.11.6"])
		expect(fits(range), range).toBe(true);
	for (const range of [">=3.12", "<3.11", "~=3.12", "~=3.10.2", "==3.10.*", "==3.11", "!=3.11.*", ">3.11.7", ">=3.9,<3.11"])
		expect(fits(range), range).toBe(false);
});
