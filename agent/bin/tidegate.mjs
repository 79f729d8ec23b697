#!/usr/bin/env node
import { existsSync } from "node:fs";

const program = new URL("../dist/cli.mjs", import.meta.url);
if (existsSync(program)) {
	await import(program.href);
} else {
	process.stderr.write("tidegate is not built yet: run npm start (or npm run build) in the checkout first.\n");
	process.exitCode = 1;
}
