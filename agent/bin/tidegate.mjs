#!/usr/bin/env node
import { existsSync } from "node:fs";
import module from "node:module";

// Node ≥ 22 keeps what it compiled: a third of the start.
module.enableCompileCache?.();
const program = new URL("../dist/cli.mjs", import.meta.url);
if (existsSync(program)) {
	await import(program.href);
} else {
	process.stderr.write("tidegate is not built yet: run npm start (or npm run build) in the checkout first.\n");
	process.exitCode = 1;
}
