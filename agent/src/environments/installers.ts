/** Two ways to the same environment: uv where it is on the PATH (seconds), else venv and pip (minutes). Each resolves to a lock and installs exactly a lock. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Interpreter } from "./interpreters.ts";
import { runTool, ToolError } from "./tools.ts";

export interface Site {
	/** The environment's folder, made by the installer. */
	folder: string;
	interpreter: Interpreter;
	environment: NodeJS.ProcessEnv;
	signal?: AbortSignal;
	onLine(line: string): void;
}

export interface Installer {
	readonly name: "uv" | "pip";
	/** Installs from requirements, and returns what they came to. */
	resolve(site: Site, requirements: string): Promise<string>;
	/** Installs exactly `lock`. */
	install(site: Site, lock: string): Promise<void>;
}

export const pythonOf = (folder: string): string => join(folder, "bin", "python");

async function listed(site: Site, name: string, content: string): Promise<string> {
	const file = join(site.folder, name);
	await writeFile(file, content, { mode: 0o600 });
	return file;
}

export const pip: Installer = {
	name: "pip",
	async resolve(site, requirements) {
		const own = await makeVenv(site);
		await runPip(site, own, ["install", "-r", await listed(site, "requirements.txt", requirements)]);
		return runTool({ ...site, command: [...own, "freeze"], collect: true });
	},
	async install(site, lock) {
		await runPip(site, await makeVenv(site), ["install", "--no-deps", "-r", await listed(site, "lock.txt", lock)]);
	},
};

type Command = [string, ...string[]];

/**
 * @returns how to call the pip that fills it: the host's own, where it can serve another environment (22.3 and newer), which spares the seconds that
 * a pip of its own takes to install, and needs no ensurepip.
 */
async function makeVenv(site: Site): Promise<Command> {
	const host = site.interpreter.path;
	const told = await runTool({ ...site, command: [host, "-m", "pip", "--version"], onLine: undefined, collect: true }).catch(() => "");
	site.signal?.throwIfAborted();
	const [, major = "0", minor = "0"] = /^pip (\d+)\.(\d+)/.exec(told) ?? [];
	const serves = Number(major) * 100 + Number(minor) >= 2203;
	try {
		await runTool({ ...site, command: [host, "-m", "venv", ...(serves ? ["--without-pip"] : []), site.folder] });
	} catch (error) {
		// Debian keeps ensurepip in a package of its own, and says so at length.
		if (error instanceof ToolError)
			throw new ToolError(`${host} cannot make a virtual environment (on Debian and Ubuntu: apt install python3-venv; or install uv)`, error.said);
		throw error;
	}
	return serves ? [host, "-m", "pip", "--python", pythonOf(site.folder)] : [pythonOf(site.folder), "-m", "pip"];
}

async function runPip(site: Site, own: Command, args: [string, ...string[]]): Promise<void> {
	const quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--no-color"];
	const [verb, ...rest] = args;
	try {
		await runTool({ ...site, command: [...own, verb, ...quiet, ...rest] });
	} catch (error) {
		if (error instanceof ToolError) throw new ToolError("pip could not install what requirements.txt asks for", error.said);
		throw error;
	}
}

/** @param program the uv to call @param settings what pip is configured with, in uv's words */
export function uv(program: string, settings: { environment: Record<string, string>; flags: string[] }): Installer {
	const run = (site: Site, args: string[], collect = false): Promise<string> => {
		const environment = {
			...site.environment,
			...settings.environment,
			UV_PYTHON_DOWNLOADS: "never",
			UV_NO_PROGRESS: "1",
			NO_COLOR: "1",
			VIRTUAL_ENV: undefined,
		};
		return runTool({ ...site, environment, command: [program, ...args], collect }).catch((error: Error) => {
			throw error instanceof ToolError ? new ToolError("uv could not install what requirements.txt asks for", error.said) : error;
		});
	};
	const make = (site: Site): Promise<string> => run(site, ["venv", "--python", site.interpreter.path, "--allow-existing", "--quiet", site.folder]);
	const install = (site: Site, file: string): Promise<string> =>
		run(site, ["pip", "install", "--python", pythonOf(site.folder), "--no-deps", ...settings.flags, "-r", file]);
	return {
		name: "uv",
		async resolve(site, requirements) {
			await make(site);
			const file = await listed(site, "requirements.txt", requirements);
			const lock = await run(
				site,
				["pip", "compile", "--python", pythonOf(site.folder), "--no-header", "--no-annotate", "--quiet", ...settings.flags, file],
				true,
			);
			await install(site, await listed(site, "lock.txt", lock));
			return lock;
		},
		async install(site, lock) {
			await make(site);
			await install(site, await listed(site, "lock.txt", lock));
		},
	};
}

/** `pip config list` prints `global.index-url='https://…'` and `:env:.find-links='…'`; a variable stands before a file, a command's own section last. */
export function readPipConfig(printed: string): Map<string, string> {
	const settings = new Map<string, string>();
	for (const line of printed.split("\n")) {
		const match = /^(\S+?)\.([a-z-]+)=(['"])(.*)\3$/.exec(line.trim());
		if (match && ["global", "install", ":env:"].includes(match[1] as string))
			settings.set(match[2] as string, (match[4] as string).replaceAll("\\n", "\n"));
	}
	return settings;
}

/** uv reads no settings of pip, and a company's mirror stands only there. */
export function uvSettings(pipConfig: Map<string, string>): { environment: Record<string, string>; flags: string[] } {
	const environment: Record<string, string> = {};
	const words = (name: string): string[] => (pipConfig.get(name) ?? "").split(/\s+/).filter(Boolean);
	const set = (name: string, value: string | undefined): void => {
		if (value) environment[name] = value;
	};
	set("UV_DEFAULT_INDEX", words("index-url")[0]);
	set("UV_EXTRA_INDEX_URL", words("extra-index-url").join(" "));
	// A folder that does not exist is an error to uv, and nothing to pip.
	set(
		"UV_FIND_LINKS",
		words("find-links")
			.filter((link) => /^[a-z]+:\/\//.test(link) || existsSync(link))
			.join(","),
	);
	set("SSL_CERT_FILE", words("cert")[0]);
	set("UV_CONSTRAINT", words("constraint").join(" "));
	set("UV_INSECURE_HOST", words("trusted-host").join(" "));
	return { environment, flags: /^(1|true|yes|on)$/i.test(pipConfig.get("no-index") ?? "") ? ["--no-index"] : [] };
}
