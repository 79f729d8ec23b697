/**
 * What requirements came to here, so that the next version with the same ones takes it and asks no index: one small file a list of requirements,
 * Python and set of installer settings. A file that is lost costs one resolution.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { writePrivate } from "../keys.ts";
import type { Interpreter } from "./interpreters.ts";

export class Resolutions {
	readonly #folder: string;
	readonly #environment: NodeJS.ProcessEnv;

	constructor(folder: string, environment: NodeJS.ProcessEnv) {
		this.#folder = folder;
		this.#environment = environment;
	}

	/** The same for all that an installer would resolve alike. */
	name(requirements: string, interpreter: Interpreter): string {
		const basis = [interpreter.path, interpreter.minor, process.arch, ...settings(this.#environment), essence(requirements)];
		return createHash("sha256").update(JSON.stringify(basis)).digest("hex").slice(0, 32);
	}

	read(name: string): string | undefined {
		return readText(join(this.#folder, name));
	}

	write(name: string, lock: string): void {
		try {
			writePrivate(join(this.#folder, name), lock);
		} catch {
			// A full disk: the next version resolves again.
		}
	}
}

/** Requirements without what installers skip: comments of a whole line or behind a space, blank lines, space around. */
export const essence = (requirements: string): string =>
	requirements
		.split(/\r?\n/)
		.map((line) => line.replace(/(^|\s)#.*$/, "").trim())
		.filter((line) => line !== "")
		.join("\n");

/** Of how, not of what: these change where packages are kept and how it is told, never which ones. */
const HARMLESS =
	/^(PIP|UV)_(CACHE_DIR|NO_CACHE|NO_CACHE_DIR|DEFAULT_TIMEOUT|TIMEOUT|RETRIES|DISABLE_PIP_VERSION_CHECK|NO_PROGRESS|PROGRESS_BAR|LINK_MODE)$/;

/** pip's settings as they stand in variables and files: asking pip itself would cost each first run of a version half a second. */
function settings(environment: NodeJS.ProcessEnv): string[] {
	const variables = Object.entries(environment).filter(([name]) => /^(PIP|UV)_/.test(name) && !HARMLESS.test(name));
	const home = environment.HOME ?? homedir();
	const files = [
		environment.PIP_CONFIG_FILE,
		"/etc/pip.conf",
		...(environment.XDG_CONFIG_DIRS ?? "/etc/xdg").split(":").map((folder) => join(folder, "pip/pip.conf")),
		join(environment.XDG_CONFIG_HOME ?? join(home, ".config"), "pip/pip.conf"),
		join(home, ".pip/pip.conf"),
		join(home, "Library/Application Support/pip/pip.conf"),
		"/Library/Application Support/pip/pip.conf",
	];
	return [...variables.map(([name, value]) => `${name}=${value}`).sort(), ...files.map((file) => (file && readText(file)) || "")];
}

/** undefined where there is no file that can be read. */
function readText(path: string): string | undefined {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return undefined;
	}
}
