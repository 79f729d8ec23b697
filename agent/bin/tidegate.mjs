#!/usr/bin/env node
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";
import { otherNode } from "./find-node.mjs";

// Node ≥ 22 keeps what it compiled: a third of the start.
module.enableCompileCache?.();
const program = new URL("../dist/cli.mjs", import.meta.url);
const other = otherNode(process.versions.node, process.execPath, fileURLToPath(new URL("..", import.meta.url)));
if (other) {
	const child = spawn(other, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
	// A terminal sends Ctrl-C to both of us; what is sent to us alone is passed on.
	process.on("SIGINT", () => void (process.stdin.isTTY || child.kill("SIGINT")));
	for (const name of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(name, () => child.kill(name));
	child.on("error", (error) => {
		process.stderr.write(`cannot start ${other}: ${error.message}\n`);
		process.exitCode = 1;
	});
	child.on("close", (code, signal) => {
		process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
	});
} else if (existsSync(program)) {
	await import(program.href);
} else {
	process.stderr.write("tidegate is not built yet: run npm start (or npm run build) in the checkout first.\n");
	process.exitCode = 1;
}
