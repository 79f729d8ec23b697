/** Flows in TypeScript and JavaScript: which files may have some, what they say when they are imported, and whether their packages can be had elsewhere. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { childEnvironment, nodeFlags, packageFolder } from "../config.ts";
import { LOCKS, packagesOf } from "../environments/packages.ts";
import { DescribedFlow } from "./describe.ts";
import { ProjectProblem } from "./problem.ts";
import { type ScannedFile, unreadable } from "./scan.ts";

const Description = z.object({ flows: z.array(DescribedFlow), node: z.string() });
/** A source of more bytes is made by a program. */
const MOST = 1024 * 1024;

export const isScript = (path: string): boolean => /\.[mc]?[jt]s$/.test(path.split(":")[0] as string) && !/\.d\.[mc]?ts$/.test(path);
export const isScriptEntry = (entry: string): boolean => isScript(entry.slice(0, entry.lastIndexOf(":")));

/** Files that make a flow by the SDK. Tests do too, and are nobody's to deploy. */
export function scriptsWithFlows(files: readonly ScannedFile[]): string[] {
	const sources = files.filter(({ path, size }) => isScript(path) && size <= MOST && !/\.(test|spec)\.\w+$/.test(path));
	return sources.filter((file) => /["']tidegate["']/.test(textOf(file)) && /\bflow\s*\(/.test(textOf(file))).map(({ path }) => path);
}

function textOf({ source }: ScannedFile): string {
	try {
		return readFileSync(source, "utf8");
	} catch (error) {
		throw unreadable(source, error);
	}
}

/** The packages of `import "x"`, `import … from "x"` and `export … from "x"`: between the words stand names alone, so that nothing that is exported itself is read. */
const IMPORTED = /^\s*(?:import\s*|(?:import|export)\b[\w$*\s{},]*?\bfrom\s*)["']([^"'./][^"']*)["']/gm;

/** Throws ProjectProblem where an agent could not have the packages that the flows import. */
export function checkPackages(files: readonly ScannedFile[], scripts: readonly string[], single: boolean): void {
	if (scripts.length === 0) return;
	const find = (name: string): ScannedFile | undefined => files.find(({ path }) => path === name);
	if (single) {
		const imported = textOf(files[0] as ScannedFile).matchAll(IMPORTED);
		const other = [...imported].map(([, name]) => name as string).find((name) => name !== "tidegate" && !name.startsWith("node:"));
		if (other !== undefined)
			throw new ProjectProblem(
				`${scripts[0]} imports ${other}, and a file that is deployed alone brings no packages: deploy its folder, with package.json and package-lock.json.`,
			);
		return;
	}
	const manifest = find("package.json");
	if (!manifest) return;
	const lock = LOCKS.map(find).find((each) => each !== undefined);
	try {
		packagesOf(textOf(manifest), lock && textOf(lock));
	} catch (error) {
		throw new ProjectProblem((error as Error).message);
	}
}

/** Imports the files in a process of their own. Throws ProjectProblem. */
export function describeScripts(root: string, scripts: readonly string[], entries: readonly string[]): Promise<z.infer<typeof Description>> {
	const program = join(packageFolder, "dist", "describe.mjs");
	const child = spawn(process.execPath, [...nodeFlags(), program, root, ...entries], {
		cwd: root,
		env: childEnvironment(),
		stdio: ["pipe", "pipe", "pipe"],
	});
	let [out, err] = ["", ""];
	child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
	child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
	// It may be gone before it has read the list; its exit code then says why.
	child.stdin.on("error", () => {});
	child.stdin.end(scripts.map((each) => `${each}\0`).join(""));
	const done = new Promise<z.infer<typeof Description>>((resolve, reject) => {
		child.on("error", (error) => reject(new ProjectProblem(`cannot start ${process.execPath}: ${error.message}`)));
		child.on("close", (code, signal) => {
			if (code !== 0)
				return reject(new ProjectProblem(err.trimEnd() || `Node ended with ${signal ?? `exit code ${code}`} while it imported the project.`));
			try {
				resolve(Description.parse(JSON.parse(out)));
			} catch (problem) {
				const why = out === "" ? "it ended the process while it was imported" : (problem as Error).message;
				reject(new ProjectProblem(`the project's flows could not be read: ${why}\n\n${err.trimEnd()}`));
			}
		});
	});
	// Whoever waits for it gets the error; what fails before must not leave it unhandled.
	done.catch(() => {});
	return done;
}
