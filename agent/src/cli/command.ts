/** What every command's file gives, and options that several share. */
import { type Command, InvalidArgumentError } from "commander";
import { InexactNumber, readJson } from "../protocol/json.ts";
import type { Session } from "./session.ts";

/** Adds arguments, options, help and action to its own command. */
export type Define = (command: Command, session: Session) => void;

export const JSON_OPTION = ["--json", "print JSON for programs, and nothing else, on stdout"] as const;

/** Of the commands that work with an agent that is there. */
export const HOME_OPTION = [
	"--home <folder>",
	"the agent's folder (default: TIDEGATE_AGENT_HOME, that of a checkout around, or ~/.local/share/tidegate/agent)",
] as const;

export const example = (...lines: string[]): string =>
	`\n${lines.length > 1 ? "Examples" : "Example"}:\n${lines.map((line) => `  ${line}`).join("\n")}`;

/** `key=value`, gathered; the value may hold further `=`. */
export function pairs(text: string, before: [string, string][] = []): [string, string][] {
	const at = text.indexOf("=");
	if (at < 1) throw new InvalidArgumentError(`"${text}" is not name=value.`);
	return [...before, [text.slice(0, at), text.slice(at + 1)]];
}

/** The same, each key once. */
export function pairsOnce(text: string, before: [string, string][] = []): [string, string][] {
	const all = pairs(text, before);
	const [key] = all.at(-1) as [string, string];
	if (before.some(([other]) => other === key)) throw new InvalidArgumentError(`"${key}" is given twice.`);
	return all;
}

/** A whole number of at least 1. */
export function positive(text: string): number {
	const number = Number(text);
	if (!/^\d+$/.test(text) || number < 1 || !Number.isSafeInteger(number)) throw new InvalidArgumentError("It is a whole number, 1 or more.");
	return number;
}

/** A JSON value. */
export function json(text: string): unknown {
	try {
		return readJson(text);
	} catch (error) {
		if (error instanceof InexactNumber) throw new InvalidArgumentError(`${error.message}.`);
		throw new InvalidArgumentError(`${text} is no JSON: texts need quotes, as '"blue"'.`);
	}
}
