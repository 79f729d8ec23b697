// The cases of the table in one process: node local.mjs FOLDER; what came of each on standard output.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.argv[2] ?? "";
const { testing } = await import(pathToFileURL(join(folder, "sdk.ts")).href);
const write = process.stderr.write.bind(process.stderr);
const told = [];
for (const { name, parameters, answers } of JSON.parse(readFileSync(join(folder, "cases.json"), "utf8"))) {
	let lines = "";
	process.stderr.write = (text) => {
		lines += text;
		return true;
	};
	/** @type {Record<string, unknown>} */
	const end = {};
	try {
		const { main } = await import(pathToFileURL(join(folder, `${name}.ts`)).href);
		end.result = (await testing({ answers }, () => main(parameters))) ?? null;
	} catch (thrown) {
		const problem = /** @type {Error} */ (thrown);
		end.error = { type: problem.constructor.name, message: problem.message };
	}
	told.push({ ...end, lines });
}
process.stderr.write = write;
process.stdout.write(JSON.stringify(told));
