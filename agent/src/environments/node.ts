/** Packages of TypeScript and JavaScript flows, one folder for each lock and Node: installed by `npm ci`, shared by all runs, kept. */
import { createHash } from "node:crypto";
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { Builds, filled, isThere, link, type Waiting } from "./builds.ts";
import { LOCKS, type Packages, packagesOf } from "./packages.ts";
import { runTool, ToolError } from "./tools.ts";

/** npm says nothing until it is done, which may be minutes: how far it is is told so often. Milliseconds. */
const EVERY = 5_000;

export class NodeEnvironments {
	readonly #folder: string;
	readonly #environment: NodeJS.ProcessEnv;
	readonly #every: number;
	readonly #builds = new Builds();

	constructor(folder: string, environment: NodeJS.ProcessEnv, every = EVERY) {
		this.#folder = folder;
		this.#environment = environment;
		this.#every = every;
	}

	/** The folder `node_modules` for a project that lies there; undefined where it needs none. Throws ToolError with npm's own words. */
	async provide(project: string, wanted: Waiting): Promise<string | undefined> {
		const packages = needed(project);
		if (!packages) return undefined;
		const key = createHash("sha256")
			.update(`node\0${process.versions.modules}\0${process.arch}\0${packages.manifest}\0${packages.lock}`)
			.digest("hex")
			.slice(0, 32);
		const [path, found] = [join(this.#folder, key), join(this.#folder, key, "node_modules")];
		if (isThere(path, found)) return found;
		return this.#builds.share(key, wanted, async (listen, signal) => {
			const { folder } = await filled(this.#folder, listen, async (folder) => {
				listen(`installing packages with npm for Node ${process.versions.node}`);
				await this.#install(folder, project, packages, listen, signal);
			});
			link(folder, path);
			return found;
		});
	}

	async #install(
		folder: string,
		project: string,
		{ manifest, lock, files }: Packages,
		onLine: (line: string) => void,
		signal: AbortSignal,
	): Promise<void> {
		writeFileSync(join(folder, "package.json"), manifest);
		writeFileSync(join(folder, "package-lock.json"), lock);
		for (const file of [".npmrc", ...files]) {
			if (!existsSync(join(project, file))) continue;
			mkdirSync(dirname(join(folder, file)), { recursive: true });
			copyFileSync(join(project, file), join(folder, file));
		}
		const { PATH = "" } = this.#environment;
		// What a package compiles at its installation is for this Node, whatever else is on the PATH.
		const environment = { ...this.#environment, PATH: [dirname(process.execPath), PATH].join(delimiter) };
		const options = ["ci", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=http"];
		const command = npm(PATH);
		const [began, named] = [performance.now(), namedIn(lock)];
		let fetched = 0;
		const tell = (): void => onLine(`npm has fetched ${fetched} of ${named} packages after ${Math.round((performance.now() - began) / 1000)} s`);
		const timer = setInterval(tell, this.#every);
		try {
			await runTool({
				...{ command: [...command, ...options], environment, cwd: folder, signal },
				isNoise: (line) => HTTP.test(line),
				onLine: (line) => {
					if (!HTTP.test(line)) onLine(line);
					else if (/\.tgz\b/.test(line)) fetched++;
				},
			});
		} catch (error) {
			throw error instanceof ToolError ? new ToolError(error.message.replace(command[0], "npm ci"), error.said) : error;
		} finally {
			clearInterval(timer);
		}
		mkdirSync(join(folder, "node_modules"), { recursive: true });
	}
}

/** What npm says of each package that it fetches. */
const HTTP = /^npm http (fetch|cache) /;

const namedIn = (lock: string): number =>
	Object.entries((JSON.parse(lock) as { packages: Record<string, { dev?: boolean }> }).packages).filter(([path, { dev }]) => path !== "" && !dev)
		.length;

function needed(project: string): Packages | undefined {
	const read = (name: string): string | undefined => {
		const file = join(project, name);
		return existsSync(file) ? readFileSync(file, "utf8") : undefined;
	};
	const manifest = read("package.json");
	// Packages that the project brings along are those that it wants.
	if (manifest === undefined || existsSync(join(project, "node_modules"))) return undefined;
	try {
		return packagesOf(
			manifest,
			LOCKS.map(read).find((text) => text !== undefined),
		);
	} catch (error) {
		throw new ToolError((error as Error).message, "");
	}
}

/** By this Node where npm is a script, as it is wherever it came with Node. Throws ToolError. */
function npm(path: string): [string, ...string[]] {
	for (const folder of path.split(delimiter)) {
		const file = join(folder, "npm");
		try {
			accessSync(file, constants.X_OK);
		} catch {
			continue;
		}
		const script = realpathSync(file);
		return script.endsWith(".js") ? [process.execPath, script] : [file];
	}
	throw new ToolError("npm is not on the agent's PATH, and the flow's package.json asks for packages", "");
}
