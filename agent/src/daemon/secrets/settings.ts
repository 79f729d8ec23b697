/** `secrets.json` in the agent's home: where each secret comes from. The values themselves lie there only where somebody gave one to `tidegate agent secret set`. */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { secretsOfEnvironment } from "../../config.ts";
import { writePrivate } from "../../keys.ts";
import { AgentError } from "../home.ts";

/** As in a program: what a flow asks for, and what TIDEGATE_SECRET_… may end in. */
export const SecretName = z
	.string()
	.max(100)
	.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a secret's name has letters, digits and '_', and begins with no digit");

/** Names of flows, each may end in `*`; without it, every flow of the agent may have the secret. */
const flows = z.array(z.string().min(1)).min(1).optional();
export const Source = z.union([
	z.strictObject({ env: z.string().min(1), flows }),
	/** Absolute, or in the agent's home. */
	z.strictObject({ file: z.string().min(1), flows }),
	z.strictObject({
		/** A program and its arguments; no shell. */
		command: z.array(z.string()).min(1),
		/** Seconds until it is ended. */
		timeout: z.number().positive().max(600).default(10),
		/** Seconds that its answer is good for. */
		keep: z.number().min(0).default(300),
		flows,
	}),
]);
export type Source = z.infer<typeof Source>;

const Settings = z.strictObject({ format: z.literal(1), secrets: z.record(SecretName, Source) });

const fileOf = (home: string): string => join(home, "secrets.json");
/** Where `set` puts a value. */
const valueFile = (name: string): string => join("secrets", name);

/** Every secret that the agent of `home` knows: those of its environment (TIDEGATE_SECRET_NAME), and before them those of secrets.json. Throws AgentError. */
export function readSources(home: string): Map<string, Source> {
	const own = Object.entries(readFile(home));
	const around = secretsOfEnvironment().map(([name, env]): [string, Source] => [name, { env }]);
	return new Map([...around, ...own]);
}

function readFile(home: string): Record<string, Source> {
	const path = fileOf(home);
	let content: unknown;
	try {
		content = JSON.parse(readFileSync(path, "utf8"));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
		throw new AgentError(`${path} cannot be read: ${(error as Error).message}`);
	}
	const read = Settings.safeParse(content);
	if (read.success) return read.data.secrets;
	const { path: where, message } = explain(read.error);
	throw new AgentError(
		`${path}: ${where.join(".") || "the file"}: ${message}\nEach secret is {"env": NAME}, {"file": PATH} or {"command": [PROGRAM, …]}.`,
	);
}

/** Of a union the form that came furthest says what is wrong with it. */
function explain(error: z.ZodError): { path: PropertyKey[]; message: string } {
	const issue = error.issues[0] as z.core.$ZodIssue;
	if (issue.code !== "invalid_union") return issue;
	const closest = issue.errors.flat().find(({ code }) => code !== "unrecognized_keys" && code !== "invalid_type") ?? issue.errors.flat()[0];
	return { path: [...issue.path, ...(closest?.path ?? [])], message: closest?.message ?? issue.message };
}

/** @param source a value, which is kept in a file of its own (0600), or where it is to be taken from */
export function setSecret(home: string, name: string, source: Source | { value: string; flows?: string[] }): void {
	const secrets = readFile(home);
	if ("value" in source) {
		mkdirSync(join(home, "secrets"), { recursive: true, mode: 0o700 });
		writePrivate(join(home, valueFile(name)), source.value);
		write(home, { ...secrets, [name]: { file: valueFile(name), flows: source.flows } });
		return;
	}
	write(home, { ...secrets, [name]: source });
	forget(home, name, secrets[name]);
}

/** @returns false where there is none. */
export function removeSecret(home: string, name: string): boolean {
	const { [name]: source, ...rest } = readFile(home);
	if (!source) return false;
	write(home, rest);
	forget(home, name, source);
	return true;
}

/** A value that was set here goes with its secret. */
function forget(home: string, name: string, source: Source | undefined): void {
	if (source && "file" in source && source.file === valueFile(name)) rmSync(join(home, valueFile(name)), { force: true });
}

const write = (home: string, secrets: Record<string, Source>): void =>
	writePrivate(fileOf(home), `${JSON.stringify({ format: 1, secrets }, null, "\t")}\n`);

export const pathOf = (home: string, file: string): string => (isAbsolute(file) ? file : resolve(home, file));

export const mayHave = (flow: string, source: Source): boolean =>
	source.flows === undefined || source.flows.some((each) => (each.endsWith("*") ? flow.startsWith(each.slice(0, -1)) : flow === each));

/** For people: where it comes from, without what it is. */
export function describe(source: Source): string {
	if ("env" in source) return `environment variable ${source.env}`;
	return "file" in source ? `file ${source.file}` : `command ${source.command[0]}`;
}
