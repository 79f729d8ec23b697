/** What a local run waits for: asked in the terminal, or given by a test. */
import { createInterface } from "node:readline/promises";
import { eventName } from "../protocol/event-name.ts";
import type { ValueSchema } from "../protocol/parameters.ts";
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
	const form = prompt ? prompt.form : {};
	const hint = form === null ? "[y/n]" : prompt ? `(as JSON: ${fieldsOf(form as ValueSchema)}; false declines)` : "(as JSON)";
	const nobody = (): NoAnswer => new NoAnswer(`${wait.key} asks "${text}", and nobody is at the terminal to answer it`);
	const lines = createInterface({ input: process.stdin, output: process.stderr });
	const ended = new Promise<never>((_, reject) => lines.once("close", () => reject(nobody())));
	ended.catch(() => undefined);
	try {
		for (;;) {
			const line = (await Promise.race([lines.question(`${text} ${hint} `), ended])).trim();
			if (form === null) {
				if (/^(y|yes|n|no)$/i.test(line)) return { state: "answered", value: /^y/i.test(line), by: null };
				continue;
			}
			try {
				const value: unknown = line === "" ? null : JSON.parse(line);
				await fits(value);
				return { state: "answered", value, by: null };
			} catch (problem) {
				process.stderr.write(`${(problem as Error).message}\n`);
			}
		}
	} finally {
		lines.close();
	}
}

/** `{"region": string, "share": number (0.1)}`: what a form asks for, its defaults in brackets. */
function fieldsOf({ properties = {} }: ValueSchema): string {
	const fields = Object.entries(properties).map(([name, schema]) => {
		const { default: given } = schema;
		return `${JSON.stringify(name)}: ${kindOf(schema)}${given === undefined ? "" : ` (${JSON.stringify(given)})`}`;
	});
	return `{${fields.join(", ")}}`;
}

function kindOf({ enum: values, anyOf, format, type }: ValueSchema): string {
	if (values) return values.map((one) => JSON.stringify(one)).join(" | ");
	return anyOf ? anyOf.map(kindOf).join(" | ") : (format ?? type ?? "anything");
}
