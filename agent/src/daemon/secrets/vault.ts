/** The values of secrets, for one execution at a time. A command is asked once for all that begin while its answer is good. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { childEnvironment, variable } from "../../config.ts";
import { Masker } from "./masker.ts";
import { mayHave, pathOf, readSources, type Source } from "./settings.ts";

/** A value, or why there is none, in words for who asks for it. */
export type Secret = { value: string } | { problem: string };

/** More is no password, key or token. Bytes. */
const LARGEST = 64 * 1024;

export class Vault {
	readonly #home: string;
	readonly #answers = new Map<string, { secret: Promise<Secret>; until: number }>();
	#masker: { values: string; masker: Masker } = { values: "", masker: Masker.none };

	constructor(home: string) {
		this.#home = home;
	}

	/** Names of variables that secrets come from: a flow gets these by its secrets alone. */
	variables(): string[] {
		return [...readSources(this.#home).values()].flatMap((source) => ("env" in source ? [source.env] : []));
	}

	/** What `flow` may have. Throws AgentError where the settings are wrong. */
	async secretsOf(flow: string): Promise<Record<string, Secret>> {
		const given = [...readSources(this.#home)].filter(([, source]) => mayHave(flow, source));
		return Object.fromEntries(await Promise.all(given.map(async ([name, source]) => [name, await this.#ask(name, source)] as const)));
	}

	/** One for all executions with the same values: making it takes longer than starting a process. */
	masker(values: readonly string[]): Masker {
		const known = JSON.stringify(values);
		if (this.#masker.values !== known) this.#masker = { values: known, masker: values.length > 0 ? new Masker(values) : Masker.none };
		return this.#masker.masker;
	}

	#ask(name: string, source: Source): Promise<Secret> | Secret {
		if (!("command" in source)) return asked(this.#home, source);
		const id = JSON.stringify([name, source]);
		const known = this.#answers.get(id);
		if (known && performance.now() < known.until) return known.secret;
		const secret = Promise.resolve(asked(this.#home, source));
		this.#answers.set(id, { secret, until: performance.now() + source.keep * 1000 });
		// What failed is asked again by the next.
		void secret.then((answer) => "problem" in answer && this.#answers.delete(id));
		return secret;
	}
}

/** What a source has to say now. @param home where a relative path begins, and commands run */
export function asked(home: string, source: Source): Promise<Secret> | Secret {
	if ("env" in source) return fromEnvironment(source.env);
	if ("file" in source) return fromFile(pathOf(home, source.file));
	return fromCommand(source.command, source.timeout, home);
}

function fromEnvironment(name: string): Secret {
	const value = variable(name);
	return value ? { value } : { problem: `the agent's environment has no ${name}` };
}

function fromFile(path: string): Secret {
	try {
		return checked(readFileSync(path), `file ${path}`);
	} catch (error) {
		return { problem: `file ${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}` };
	}
}

function fromCommand([program, ...words]: readonly string[], seconds: number, cwd: string): Promise<Secret> {
	return new Promise((resolve) => {
		const options = { cwd, env: childEnvironment(), timeout: seconds * 1000, killSignal: "SIGKILL", maxBuffer: LARGEST, encoding: "buffer" } as const;
		const child = execFile(program as string, words, options, (error, stdout, stderr) => {
			// What it printed may be the secret, or name it: only its last line of complaint is told, and only here on the premises.
			const said = stderr.toString().trim().split("\n").at(-1)?.slice(0, 300);
			if (!error) resolve(checked(stdout, `command ${program}`));
			else if (error.killed && error.code !== "ERR_CHILD_PROCESS_STDIO_MAXBUFFER")
				resolve({ problem: `command ${program} gave no answer within ${seconds} s` });
			else resolve({ problem: `command ${program} failed (${error.code ?? error.signal})${said ? `: ${said}` : ""}` });
		});
		child.stdin?.end();
	});
}

/** Without the line end that editors and programs put after it. */
function checked(content: Buffer, from: string): Secret {
	const value = content.toString("utf8").replace(/\r?\n$/, "");
	if (content.length > LARGEST) return { problem: `${from} is larger than ${LARGEST / 1024} KiB` };
	return value === "" ? { problem: `${from} is empty` } : { value };
}
