/** The words behind `node flow.ts`. A program that reads arguments of its own is left to do so; of any other a word that is unknown is refused. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { nearest } from "../protocol/nearest.ts";

const WORDS = ["--resume", "--refresh", "--fast", "--help"];
const READERS = /\b(argv|parseArgs|commander|yargs|minimist|meow|mri|cac|citty|oclif|clipanion)\b/;
const IMPORTS = /\b(?:from|import)\s*\(?\s*["'](\.[^"']*)["']/g;

const given = (): string[] => process.argv.slice(2);

/** Whether `--word` was said. */
export const asked = (word: "resume" | "refresh" | "fast"): boolean => given().some((one) => one.split("=", 1)[0] === `--${word}`);

/** The run that `--resume=RUN` names; nothing for the last one. */
export const resumed = (): string =>
	given()
		.find((one) => one.startsWith("--resume="))
		?.slice("--resume=".length) ?? "";

/** Ends the program as a command line does that was not understood. */
export function stop(text: string): never {
	process.stderr.write(`${basename(process.argv[1] ?? "")}: ${text}\n`);
	process.exit(2);
}

/** Answers `--help` and refuses what is unknown, where the program reads no arguments itself. */
export function checkWords(flow: string): void {
	const words = given();
	const unknown = words.find((one) => !WORDS.includes(one) && one !== "-h" && !one.startsWith("--resume="));
	const help = words.includes("--help") || words.includes("-h");
	if ((unknown === undefined && !help) || !isProgram()) return;
	const name = basename(process.argv[1] ?? "");
	if (unknown === undefined) {
		process.stdout.write(
			`usage: node ${name} [--resume[=RUN]] [--refresh] [--fast]

Runs the flow ${flow} here and now. Its parameters stand in its call in the file: await runFlow(${flow}, { … })

  --resume   go on from the last run of it that failed; --resume=RUN from that one
  --refresh  use no cached results
  --fast     skip what only lets time pass

example: node ${name} --resume
`,
		);
		process.exit(0);
	}
	const [word = ""] = unknown.split("=", 1);
	if (WORDS.includes(word)) stop(`${word} takes no value, as in "${unknown}"`);
	const near = nearest(word, WORDS);
	const hint = near === undefined ? `parameters stand in the call in the file: await runFlow(${flow}, { … })` : `did you mean ${near}?`;
	stop(`unknown argument "${unknown}"; ${hint} (known: --resume, --resume=RUN, ${WORDS.slice(1).join(", ")})`);
}

/** Whether the program is a file of flows, or one that imports such a file, and none of these reads arguments. */
export function isProgram(): boolean {
	const main = process.argv[1];
	if (main === undefined || /[\\/]node_modules[\\/]/.test(main)) return false;
	const texts = textsFrom(main);
	return texts.some((text) => /["']tidegate["']/.test(text)) && !texts.some((text) => READERS.test(text));
}

/** The program's files, as far as relative imports say them. */
function textsFrom(main: string): string[] {
	const texts = new Map<string, string>();
	const todo = [main];
	for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
		if (texts.has(file) || !existsSync(file)) continue;
		let text = "";
		try {
			text = readFileSync(file, "utf8");
		} catch {
			// A folder, or nothing to read: it says nothing of arguments.
		}
		texts.set(file, text);
		for (const [, path = ""] of text.matchAll(IMPORTS)) todo.push(join(dirname(file), path));
	}
	return [...texts.values()];
}
