/**
 * The SDKs that flows import: copies in the agent's home, by their content. The package's own folder may be read-only (then Python would compile the
 * SDK anew at every start) and may be replaced by an update while a process that still imports from it goes on.
 */
import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { packageFolder } from "../config.ts";

export interface Sdk {
	/** Python's goes first on PYTHONPATH. */
	folder: string;
	/** What a process is started with. */
	program: string;
}

export function installSdk(copies: string, source: string = join(packageFolder, "python", "tidegate")): Sdk {
	const found = filesIn(source, true).filter((path) => !path.includes("__pycache__"));
	const folder = install(copies, source, "tidegate", found);
	return { folder, program: join(folder, "tidegate", "start.py") };
}

/** The same for TypeScript: the SDK, what starts a flow, and what both share. */
export function installNodeSdk(copies: string): Sdk {
	const source = join(packageFolder, "dist");
	// Not all that is below: a build beside this one makes and removes what is none of ours.
	const found = [...filesIn(source).filter((path) => /[\\/](sdk|start|loader)\.mjs$/.test(path)), ...filesIn(join(source, "flow"))];
	const folder = install(copies, source, "node", found);
	return { folder, program: join(folder, "node", "start.mjs") };
}

const filesIn = (folder: string, recursive = false): string[] =>
	readdirSync(folder, { recursive, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name));

/** @param found below `source`. @returns the copy, in which the files lie below `name` */
function install(copies: string, source: string, name: string, found: string[]): string {
	const files = found.toSorted();
	const hash = createHash("sha256");
	for (const file of files) hash.update(`${file.slice(source.length)}\0`).update(readFileSync(file));
	const folder = join(copies, hash.digest("hex").slice(0, 16));
	if (!existsSync(folder)) {
		const draft = join(copies, `draft-${randomUUID()}`);
		mkdirSync(draft, { recursive: true, mode: 0o700 });
		for (const file of files) cpSync(file, join(draft, name, file.slice(source.length)));
		try {
			renameSync(draft, folder);
		} catch (error) {
			rmSync(draft, { recursive: true, force: true });
			if (!existsSync(folder)) throw error;
		}
	}
	return folder;
}

/** So that the first run does not spend its start on it. Of no consequence where it fails. */
export function compileSdk(sdk: Sdk, python: string, environment: NodeJS.ProcessEnv): void {
	const child = spawn(python, ["-m", "compileall", "-q", sdk.folder], { env: environment, stdio: "ignore" });
	child.on("error", () => undefined).unref();
}
