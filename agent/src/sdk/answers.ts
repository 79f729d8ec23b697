/** What a local run waits for: asked in the terminal, or given by a test. */
import { createInterface } from "node:readline/promises";
import { eventName } from "../protocol/event-name.ts";
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
	const nobody = (): NoAnswer => new NoAnswer(`${wait.key} asks "${text}", and nobody is at the terminal to answer it`);
	const lines = createInterface({ input: process.stdin, output: process.stderr });
	const ended = new Promise<never>((_, reject) => lines.once("close", () => reject(nobody())));
	ended.catch(() => undefined);
	const ask = (asked: string): Promise<string> => Promise.race([lines.question(asked), ended]);
	try {
		for (;;) {
			const line = (await ask(`${text} ${hint} `)).trim();
			const said = form === null || fields ? /^(y|yes|n|no)$/i.exec(line)?.[0].charAt(0).toLowerCase() : undefined;
			if (said === "n" || (said === "y" && !fields)) return { state: "answered", value: said === "y", by: null };
			if (form === null) continue;
			try {
				const value: unknown = said && form ? await filledIn(form, ask, tell) : line === "" ? null : JSON.parse(line);
				await fits(value);
				return { state: "answered", value, by: null };
			} catch (problem) {
				if (problem instanceof NoAnswer) throw problem;
				tell((problem as Error).message);
			}
		}
	} finally {
		lines.close();
	}
}

const tell = (line: string): void => void process.stderr.write(`${line}\n`);
