/** Variables and connections by name, from where the flow runs: what the agent left in the run directory, or in a local run the environment or a file. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { variable as environmentVariable } from "../config.ts";
import { VariableError } from "./failures.ts";
import { near, nearestLines, secret } from "./secrets.ts";

type Kind = "variable" | "connection";
type Given = Record<string, { value?: unknown; problem?: string }>;
/** What the agent gave to this process; undefined in a local run. */
let given: Record<Kind, Given> | undefined;

/** Reads what the agent left for this process. */
export function takeVariables(folder: string): void {
	given = { variable: {}, connection: {} };
	try {
		const { variables, connections } = JSON.parse(readFileSync(join(folder, "variables.json"), "utf8")) as { variables: Given; connections: Given };
		given = { variable: variables, connection: connections };
	} catch (problem) {
		if ((problem as NodeJS.ErrnoException).code !== "ENOENT") throw problem;
	}
}

/**
 * The value of a variable, or `otherwise`; without one, throws VariableError, which says where to set it. On an agent it comes from the agent's own settings, else
 * from those of its pool, else of its workspace (`tidegate variable set NAME VALUE`); in a local run from TIDEGATE_VARIABLE_NAME, or a line NAME=value of
 * .tidegate/variables, where what is JSON is read as that.
 */
export function variable<T = unknown>(name: string, ...otherwise: [T?]): T {
	const found = find("variable", name);
	if (found) return found.value as T;
	if (otherwise.length > 0) return otherwise[0] as T;
	throw missing("variable", name);
}

/** The connection of a name: a URL, in which secrets stand by their names. It is looked for as a variable is; throws VariableError where there is none. */
export function connection(name: string): Connection {
	const found = find("connection", name);
	if (!found) throw missing("connection", name);
	return new Connection(name, String(found.value));
}

/** Where something is, and how to sign in there. The secrets of it are asked for when they are used: what is printed shows their names. */
export class Connection {
	readonly name: string;
	readonly template: string;
	readonly #parts: Record<string, string | undefined>;

	constructor(name: string, template: string) {
		this.name = name;
		this.template = template;
		this.#parts = URL_PARTS.exec(template)?.groups ?? {};
	}

	/** The whole URL, with the secrets in it, as drivers of databases take it. */
	get url(): string {
		return filled(this.template, quoted);
	}
	get scheme(): string {
		return this.#parts.scheme ?? "";
	}
	get user(): string | undefined {
		return this.#part("user");
	}
	get password(): string | undefined {
		return this.#part("password");
	}
	get host(): string | undefined {
		return this.#part("host")?.replace(/^\[(.*)\]$/, "$1") || undefined;
	}
	get port(): number | undefined {
		const port = this.#part("port");
		return port ? Number(port) : undefined;
	}
	get database(): string {
		return this.#part("database") ?? "";
	}
	/** What stands behind the question mark. */
	get options(): Record<string, string> {
		const pairs = new URLSearchParams(this.#parts.query ?? "");
		return Object.fromEntries([...pairs].map(([name, value]) => [name, filled(value, String)]));
	}

	toString(): string {
		return this.template;
	}
	toJSON(): string {
		return this.template;
	}

	#part(name: string): string | undefined {
		const part = this.#parts[name];
		return part === undefined ? undefined : filled(decodeURIComponent(part), String);
	}
}

const URL_PARTS =
	/^(?<scheme>[A-Za-z][\w+.-]*):\/\/(?:(?<user>[^/?#:]*)(?::(?<password>[^/?#]*))?@)?(?<host>\[[^\]/?#]*\]|[^/?#:]*)(?::(?<port>[^/?#]*))?(?:\/(?<database>[^?#]*))?(?:\?(?<query>[^#]*))?/;

const filled = (template: string, form: (value: string) => string): string =>
	template.replaceAll(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => form(secret(name)));

/** As the Python SDK quotes: all but letters, digits and `_.-~`. */
const quoted = (value: string): string =>
	encodeURIComponent(value).replaceAll(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

function find(kind: Kind, name: string): { value: unknown } | undefined {
	if (given === undefined) return local(kind, name);
	const found = Object.hasOwn(given[kind], name) ? given[kind][name] : undefined;
	if (found?.problem !== undefined) throw new VariableError(`${kind} "${name}" could not be had: ${found.problem}`);
	return found && { value: found.value };
}

function local(kind: Kind, name: string): { value: unknown } | undefined {
	const text = environmentVariable(`TIDEGATE_${kind.toUpperCase()}_${name}`) ?? nearestLines(`${kind}s`).lines.get(name);
	if (text === undefined) return undefined;
	if (kind === "connection") return { value: text };
	try {
		return { value: JSON.parse(text) };
	} catch {
		return { value: text };
	}
}

function missing(kind: Kind, name: string): VariableError {
	const what = kind === "variable" ? "VALUE" : "URL";
	if (given !== undefined)
		return new VariableError(
			`there is no ${kind} "${name}" for this agent${near(name, Object.keys(given[kind]))}. Set it: tidegate ${kind} set ${name} ${what}`,
		);
	const { file, lines } = nearestLines(`${kind}s`);
	return new VariableError(
		`there is no ${kind} "${name}" in this local run${near(name, [...lines.keys()])}. Set the environment variable TIDEGATE_${kind.toUpperCase()}_${name}, or put a line ${name}=${what.toLowerCase()} into ${file}`,
	);
}
