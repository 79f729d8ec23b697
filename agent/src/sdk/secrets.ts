/** Secrets by name, from where the flow runs: the agent's settings, or in a local run the environment or a file. */
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { variable } from "../config.ts";
import { nearest } from "../protocol/nearest.ts";
import { SecretError } from "./failures.ts";

type Given = Record<string, { value?: string; problem?: string }>;
/** What the agent gave to this process; undefined in a local run. */
let given: Given | undefined;

/** Reads what the agent left for this process, and removes it, before a line of the flow runs. */
export function takeSecrets(folder: string): void {
	const file = join(folder, "secrets.json");
	given = {};
	try {
		given = JSON.parse(readFileSync(file, "utf8")) as Given;
	} catch (problem) {
		if ((problem as NodeJS.ErrnoException).code !== "ENOENT") throw problem;
	}
	rmSync(file, { force: true });
}

/**
 * The value of a secret; throws SecretError, which says where to set it. On an agent it comes from the agent's settings (`tidegate agent secret set NAME` on
 * its machine), else from those of its pool or workspace (`tidegate secret set NAME`), and is hidden in logs, errors and results; in a local run from the variable TIDEGATE_SECRET_NAME, or a line NAME=value of .tidegate/secrets.
 */
export function secret(name: string): string {
	if (given === undefined) return local(name);
	const found = Object.hasOwn(given, name) ? given[name] : undefined;
	if (!found)
		throw new SecretError(
			`this agent has no secret "${name}" for this flow${near(name, Object.keys(given))}. Set it on the agent's machine: tidegate agent secret set ${name}, or for every agent of the workspace: tidegate secret set ${name}`,
		);
	if (found.value === undefined)
		throw new SecretError(
			`secret "${name}" could not be had: ${found.problem}. tidegate agent secret list, on the agent's machine, says where it comes from`,
		);
	return found.value;
}

function local(name: string): string {
	const named = `TIDEGATE_SECRET_${name}`;
	const set = variable(named);
	if (set !== undefined) return set;
	const { file, lines: known } = nearestLines("secrets");
	const found = known.get(name);
	if (found !== undefined) return found;
	throw new SecretError(
		`there is no secret "${name}" in this local run${near(name, [...known.keys()])}. Set the environment variable ${named}, or put a line ${name}=value into ${file}`,
	);
}

/** The lines NAME=value of .tidegate/NAME in the working folder or the nearest above it; where there is none, where it would be. */
export function nearestLines(name: string): { file: string; lines: Map<string, string> } {
	for (let folder = process.cwd(); ; folder = dirname(folder)) {
		const file = join(folder, ".tidegate", name);
		const text = textOf(file);
		if (text !== undefined) return { file, lines: read(text, file) };
		if (dirname(folder) === folder) return { file: join(".tidegate", name), lines: new Map() };
	}
}

function textOf(file: string): string | undefined {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return undefined;
	}
}

/** Throws SecretError for a line that says nothing: the line itself may be a secret, so it is not repeated. */
function read(text: string, file: string): Map<string, string> {
	const lines = text.split("\n").map((line) => line.trim());
	return new Map(
		lines.flatMap((line, index) => {
			if (line === "" || line.startsWith("#")) return [];
			const [, name, value] = /^([^=]*[^=\s])\s*=(.*)$/.exec(line) ?? [];
			if (name === undefined) throw new SecretError(`${file}, line ${index + 1}: it is no NAME=value, nor a comment that begins with #`);
			return [[name, (value ?? "").trim()]];
		}),
	);
}

export function near(name: string, known: string[]): string {
	const close = nearest(name, known);
	return close === undefined ? "" : ` (did you mean "${close}"?)`;
}
