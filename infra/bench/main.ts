// `npm run bench -- NAME`: each file beside this one is a benchmark that prints what it measured and against what. None of them fails for being slow.
import fs from "node:fs";
import path from "node:path";
import { root } from "../config.mjs";

const folder = path.join(root, "infra", "bench");
const shared = new Set(["main.ts", "measure.ts", "flows.ts"]);
const names = fs
	.readdirSync(folder)
	.filter((file) => file.endsWith(".ts") && !shared.has(file))
	.map((file) => path.basename(file, ".ts"));

const [name, ...args] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
	console.error(`Which one? npm run bench -- NAME, where NAME is one of: ${names.join(", ")}`);
	process.exitCode = 2;
} else {
	const { bench } = (await import(path.join(folder, `${name}.ts`))) as { bench(args: string[]): Promise<void> };
	await bench(args);
}
