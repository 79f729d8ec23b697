/**
 * Python environments, one for each list of packages and Python: built once, shared by all runs, kept.
 *
 * An environment cannot be moved once made (its scripts name its place), so it is built where it stays, in a folder of random name, and found through
 * a link `<key>` that is made last: a build that was killed leaves a folder that nothing points at, which the next start removes.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import { Builds, filled, isThere, link, type Waiting } from "./builds.ts";
import { type Installer, pip, pythonOf, readPipConfig, type Site, uv, uvSettings } from "./installers.ts";
import type { Interpreter, Interpreters } from "./interpreters.ts";
import { essence, Resolutions } from "./resolutions.ts";
import { runTool, ToolError } from "./tools.ts";

export interface Wanted extends Waiting {
	/** Text of requirements.txt. */
	requirements: string;
	/** What it came to at the first build; null at the first build. */
	lock: string | null;
	python: string;
	requiresPython: string | null;
	/** Offers a resolved list to the control plane, which answers the one that holds for all agents. */
	settle(lock: string): Promise<string>;
}

export class PythonEnvironments {
	readonly #folder: string;
	readonly #interpreters: Interpreters;
	readonly #environment: NodeJS.ProcessEnv;
	readonly #resolutions: Resolutions;
	readonly #builds = new Builds();

	constructor(folder: string, interpreters: Interpreters, environment: NodeJS.ProcessEnv) {
		this.#folder = folder;
		this.#interpreters = interpreters;
		this.#environment = environment;
		this.#resolutions = new Resolutions(join(folder, "resolved"), environment);
	}

	/** The python to run with. Throws NoPython, and ToolError with pip's own words. */
	async provide(wanted: Wanted): Promise<string> {
		const interpreter = await this.#interpreters.choose(wanted.python, wanted.requiresPython);
		if (!hasRequirements(wanted.requirements)) return interpreter.path;
		const lock = wanted.lock ?? (await this.#settle(interpreter, wanted));
		const key = keyOf(lock, interpreter);
		return this.#find(key) ?? this.#builds.share(key, wanted, (listen, signal) => this.#build(interpreter, key, lock, listen, signal));
	}

	/** @returns the lock that holds for a version that had none. */
	async #settle(interpreter: Interpreter, wanted: Wanted): Promise<string> {
		const name = this.#resolutions.name(wanted.requirements, interpreter);
		// Changed code asks for the same packages: what another version came to is taken as long as its environment is there, with no word to any index.
		const known = this.#resolutions.read(name);
		const resolved =
			known !== undefined && this.#find(keyOf(known, interpreter))
				? known
				: await this.#builds.share(`resolve ${name}`, wanted, (listen, signal) => this.#resolve(interpreter, wanted.requirements, listen, signal));
		const lock = await wanted.settle(resolved);
		if (lock !== resolved) wanted.onLine("another agent resolved this version first: its package list is used");
		if (lock !== known) this.#resolutions.write(name, lock);
		return lock;
	}

	#find(key: string): string | undefined {
		const path = join(this.#folder, key);
		const python = pythonOf(path);
		return isThere(path, python) ? python : undefined;
	}

	/** Resolves by building: what pip freezes is what it installed. @returns the lock. */
	async #resolve(interpreter: Interpreter, requirements: string, listen: (line: string) => void, signal: AbortSignal): Promise<string> {
		const installer = await this.#installer(interpreter);
		const { folder, result } = await this.#make(interpreter, listen, signal, async (site) => {
			listen(`resolving requirements.txt with ${installer.name} for Python ${interpreter.version}`);
			return installer.resolve(site, requirements);
		});
		const key = keyOf(result, interpreter);
		// What other requirements came to as well is there already, and runs may be using it.
		if (this.#find(key)) await rm(folder, { recursive: true, force: true });
		else this.#keep(folder, key);
		return result;
	}

	async #build(interpreter: Interpreter, key: string, lock: string, listen: (line: string) => void, signal: AbortSignal): Promise<string> {
		const installer = await this.#installer(interpreter);
		const { folder } = await this.#make(interpreter, listen, signal, async (site) => {
			listen(`building the environment with ${installer.name} for Python ${interpreter.version}`);
			await installer.install(site, lock);
		});
		this.#keep(folder, key);
		return pythonOf(join(this.#folder, key));
	}

	async #make<T>(
		interpreter: Interpreter,
		listen: (line: string) => void,
		signal: AbortSignal,
		fill: (site: Site) => Promise<T>,
	): Promise<{ folder: string; result: T }> {
		return filled(this.#folder, listen, (folder) => fill({ folder, interpreter, environment: this.#environment, signal, onLine: listen }));
	}

	#keep(folder: string, key: string): void {
		link(folder, join(this.#folder, key));
		compile(folder, this.#environment);
	}

	async #installer(interpreter: Interpreter): Promise<Installer> {
		const ask = (command: [string, ...string[]]): Promise<string> => runTool({ command, environment: this.#environment, collect: true });
		try {
			await ask(["uv", "--version"]);
		} catch (error) {
			if (error instanceof ToolError) return pip;
			throw error;
		}
		const config = await ask([interpreter.path, "-m", "pip", "config", "list"]).catch(() => "");
		return uv("uv", uvSettings(readPipConfig(config)));
	}

	/** Removes what builds left that were killed. Only before the first build: then no build is under way in this home. */
	async clean(): Promise<void> {
		const names = readdirSync(this.#folder);
		const linked = new Set(
			names.flatMap((name) =>
				lstatSync(join(this.#folder, name)).isSymbolicLink() && !name.endsWith(".link") ? readlinkSync(join(this.#folder, name)) : [],
			),
		);
		await Promise.all(
			names
				.filter((name) => name.startsWith("build-") && !linked.has(join(this.#folder, name)))
				.map((name) => rm(join(this.#folder, name), { recursive: true, force: true })),
		);
	}
}

const hasRequirements = (requirements: string): boolean => essence(requirements) !== "";

/** The lock, the interpreter itself and its minor version: packages built for one do not load into another. */
function keyOf(lock: string, interpreter: Interpreter): string {
	return createHash("sha256").update(`${interpreter.path}\0${interpreter.minor}\0${process.arch}\0${lock}`).digest("hex").slice(0, 32);
}

/** The first import of a large package spends seconds on compiling it: done beside the first run, at low priority, and of no consequence where it fails. */
function compile(folder: string, environment: NodeJS.ProcessEnv): void {
	const child = spawn(pythonOf(folder), ["-m", "compileall", "-q", "-j", "1", join(folder, "lib")], {
		env: environment,
		stdio: "ignore",
		detached: true,
	});
	child.on("error", () => undefined).on("spawn", () => setPriority(child.pid as number, constants.priority.PRIORITY_LOW));
	child.unref();
}
