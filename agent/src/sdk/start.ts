/** `node start.mjs RUN_DIR`: what the agent starts. */
import { resolve } from "node:path";
import { execute } from "./execute.ts";
import { hook } from "./hooks.ts";

const [, , folder] = process.argv;
if (folder === undefined) {
	process.stderr.write("usage: node start.mjs RUN_DIR\n");
	process.exit(2);
}
hook(new URL("./sdk.mjs", import.meta.url).href, resolve(folder, "project"));
await execute(resolve(folder));
