/** What a local run waits for: asked in the terminal, or given by a test. */
import { basename } from "node:path";
import { createInterface } from "node:readline/promises";
import { eventName } from "../protocol/event-name.ts";
import { readJson } from "../protocol/json.ts";
import type { ValueSchema } from "../protocol/parameters.ts";
import { filledIn, hintOf } from "./ask-form.ts";
import { NoAnswer } from "./failures.ts";
import { givenAnswer } from "./testing.ts";
import type { Answer, Wait } from "./wait.ts";

/** @param fits throws for what its form does not take: then it is asked again. Throws NoAnswer. */
export async function askedHere(wait: Wait, fits: (value: unknown) => unknown = () => undefined): Promise<Answer> {
	const { prompt, event = "" } = wait.told;
	const [name = "", key = ""] = event.split("\0");
	const text = prompt?.text ?? eventName({ name, key });
	const given = givenAnswer([wait.key, text, name]);
	if (given) return { state: "answered", value: given.value, by: "the test" };
	const form = prompt?.form as ValueSchema | null | undefined;
	const fields = form?.properties;
	const hint = form === null ? "[y/n]" : fields ? `[y/n, or all of it as JSON: ${hintOf(fields)}]` : "(as JSON)";
	const program = basename(process.argv[1] ?? "flow.ts");
	const instead = `give the answer from a pipe (echo ${form === null ? "y" : "'{…}'"} | node ${program}), or in a test: testing({ answers: { ${JSON.stringify(text)}: … } }, …)`;
	const nobody = (): NoAnswer => new NoAnswer(`${wait.key} asks "${text}", and nobody is at the terminal to answer it: ${instead}`);
	const lines = createInterface({ input: process.stdin, output: process.stderr });
	const ended = new Promise<never>((_, reject) => lines.once("close", () => reject(nobody())));
	ended.catch(() => undefined);
	const late = deadline(wait.until);
	const ask = (asked: string): Promise<string> => Promise.race([late ? lines.question(asked, { signal: late }) : lines.question(asked), ended]);
	try {
		for (;;) {
			const line = (await ask(`${text} ${hint} `)).trim();
			const said = form === null || fields ? /^(y|yes|n|no)$/i.exec(line)?.[0].charAt(0).toLowerCase() : undefined;
			if (said === "n" || (said === "y" && !fields)) return { state: "answered", value: said === "y", by: null };
			if (form === null) {
				tell("answer y or n");
				continue;
			}
			try {
				const value: unknown = said && form ? await filledIn(form, ask, tell) : line === "" ? null : read(line, fields !== undefined);
				await fits(value);
				return { state: "answered", value, by: null };
			} catch (problem) {
				if (problem instanceof NoAnswer || late?.aborted) throw problem;
				tell((problem as Error).message);
			}
		}
	} catch (problem) {
		// What comes next does not stand behind the question.
		if (late?.aborted || problem instanceof NoAnswer) tell("");
		if (!late?.aborted) throw problem;
		return { state: "expired" };
	} finally {
		// The terminal is as it was, without what was half typed.
		lines.close();
	}
}

/** Of timers, milliseconds: a later end comes with no local run. */
const LONGEST = 2 ** 31 - 1;

/** @param until epoch seconds */
function deadline(until: number | undefined): AbortSignal | undefined {
	const rest = until === undefined ? LONGEST : Math.max(Math.ceil(until * 1000 - Date.now()), 0);
	return rest < LONGEST ? AbortSignal.timeout(rest) : undefined;
}

function read(line: string, fields: boolean): unknown {
	try {
		return readJson(line);
	} catch (problem) {
		if (problem instanceof SyntaxError && fields && !line.startsWith("{")) throw new Error("answer y or n, or all of it as JSON");
		throw problem;
	}
}

const tell = (line: string): void => void process.stderr.write(`${line}\n`);
