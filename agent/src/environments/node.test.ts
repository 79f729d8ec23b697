import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { childEnvironment } from "../config.ts";
import { NodeEnvironments } from "./node.ts";

let home: string;
beforeEach(() => {
	home = mkdtempSync(join(tmpdir(), "node environments "));
});
afterEach(() => rmSync(home, { recursive: true }));

test("while npm says nothing, it is told how far it is, and what it says of each package is not", async () => {
	for (const name of ["bin", "project", "environments"]) mkdirSync(join(home, name));
	const said = [
		"npm http fetch GET 200 https://r/ms 5ms",
		"npm http fetch GET 200 https://r/ms/-/ms-2.1.3.tgz 5ms (cache miss)",
		"npm warn deprecated ms",
	];
	writeFileSync(
		join(home, "bin/npm"),
		`#!/bin/sh\n${said.map((line) => `echo "${line}" >&2\n`).join("")}until test -e "${home}/go"; do sleep 0.05; done\n`,
	);
	chmodSync(join(home, "bin/npm"), 0o755);
	const packages = { "": { dependencies: { ms: "2" } }, "node_modules/ms": { version: "2.1.3" }, "node_modules/tool": { dev: true } };
	writeFileSync(join(home, "project/package.json"), JSON.stringify({ dependencies: { ms: "2" } }));
	writeFileSync(join(home, "project/package-lock.json"), JSON.stringify({ lockfileVersion: 3, packages }));
	const environment = childEnvironment();
	const environments = new NodeEnvironments(
		join(home, "environments"),
		{ ...environment, PATH: [join(home, "bin"), environment.PATH].join(delimiter) },
		50,
	);
	const lines: string[] = [];
	const onLine = (line: string): void => {
		lines.push(line);
		if (/^npm has fetched 1 /.test(line)) writeFileSync(join(home, "go"), "");
	};
	expect(existsSync((await environments.provide(join(home, "project"), { onLine })) as string)).toBe(true);
	expect(lines).toContainEqual(expect.stringMatching(/^npm has fetched 1 of 1 packages after \d+ s$/));
	expect(lines).toContain("npm warn deprecated ms");
	expect(lines.filter((line) => line.includes("http"))).toEqual([]);
});
