/** What a local run waits for: asked in the terminal, or given by a test. */
import { createInterface } from "node:readline/promises";
import { NoAnswer } from "./failures.ts";
import { givenAnswer } from "./testing.ts";
import type { Answer, Wait } from "./wait.ts";

/** Throws NoAnswer. */
export async function askedHere(wait: Wait): Promise<Answer> {
	const { prompt, event = "" } = wait.told;
	const [name = "", key = ""] = event.split("\0");
	const text = prompt?.text ?? `event ${name} ${key}`.trim();
	const given = givenAnswer([wait.key, text, name]);
	if (given) return { state: "answered", value: given.value, by: "the test" };
	const form = prompt ? prompt.form : {};
	const nobody = (): NoAnswer => new NoAnswer(`${wait.key} asks "${text}", and nobody is at the terminal to answer it`);
	const lines = createInterface({ input: process.stdin, output: process.stderr });
	const ended = new Promise<never>((_, reject) => lines.once("close", () => reject(nobody())));
	ended.catch(() => undefined);
	try {
		for (;;) {
			const line = (await Promise.race([lines.question(`${text}${form === null ? " [y/n]" : " (as JSON)"} `), ended])).trim();
			if (form === null) {
				if (/^(y|yes|n|no)$/i.test(line)) return { state: "answered", value: /^y/i.test(line), by: null };
				continue;
			}
			try {
				return { state: "answered", value: line === "" ? null : JSON.parse(line), by: null };
			} catch (problem) {
				process.stderr.write(`${(problem as Error).message}\n`);
			}
		}
	} finally {
		lines.close();
	}
}
