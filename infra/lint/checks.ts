import { spawn } from "node:child_process";
import path from "node:path";
import { binDir, childEnv } from "../config.mjs";
import { checkHouse } from "./house.ts";

/** `run` resolves to what is wrong, in words, or to "". */
export type Check = { name: string; run(root: string): Promise<string> };

/** Runs a tool of node_modules/.bin; its output when it fails. */
function tool(root: string, command: string, args: string[]): Promise<string> {
	const child = spawn(path.join(binDir, command), args, { cwd: root, env: childEnv(), stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	child.stdout.on("data", (chunk: Buffer) => {
		output += chunk;
	});
	child.stderr.on("data", (chunk: Buffer) => {
		output += chunk;
	});
	return new Promise((resolve) => {
		child.once("error", (error) => resolve(error.message));
		child.once("close", (code) => resolve(code === 0 ? "" : output.trim() || `${command} ended with exit code ${code}`));
	});
}

export const house: Check = {
	name: "house",
	run: async (root) =>
		checkHouse(root)
			.map(({ file, line, rule, message }) => `${file}:${line}  ${rule}  ${message}`)
			.join("\n"),
};
export const biome: Check = {
	name: "biome",
	run: (root) => tool(root, "biome", ["check", "--error-on-warnings", "--max-diagnostics=50", "."]),
};
export const knip: Check = {
	name: "knip",
	run: (root) => tool(root, "knip", ["--config", ".knip.jsonc", "--no-config-hints", "--no-progress"]),
};
export const types: Check = {
	name: "types",
	run: (root) => tool(root, "tsc", ["--noEmit", "--pretty", "false", "-p", "tsconfig.json"]),
};

export const checks: Check[] = [house, biome, knip, types];
