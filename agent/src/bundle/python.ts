/** The Python that describes a project: found once, behind the shims of version managers, which cost 150 ms a start. */
import { execFile } from "node:child_process";
import { accessSync, closeSync, constants, openSync, readFileSync, readSync, realpathSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { childEnvironment, environment } from "../config.ts";
import { writePrivate } from "../keys.ts";
import { ProjectProblem } from "./problem.ts";

/** Files by which version managers choose: what they say now is part of what the answer depends on. */
const CHOICES = [".python-version", ".tool-versions", "mise.toml", ".mise.toml"];
const DAY = 24 * 3600 * 1000;

/** @param home where the answer behind a shim is remembered. @returns the path of a Python that starts without detours. */
export async function findPython(home: string, project: string): Promise<string> {
	const found = onPath(process.platform === "win32" ? ["python.exe", "python3.exe"] : ["python3", "python"]);
	if (!found) throw new ProjectProblem("python3 was not found on the PATH: install Python 3.9 or newer.");
	if (!isScript(found)) return found;
	const file = join(home, "cache", "python.json");
	const basis = basisOf(found, project);
	const known = readCache(file);
	if (known?.basis === basis && Date.now() - known.at < DAY && isExecutable(known.python)) return known.python;
	try {
		const { stdout } = await promisify(execFile)(found, ["-I", "-S", "-c", "import sys; print(sys.executable)"], {
			cwd: project,
			env: childEnvironment(),
		});
		const python = stdout.trim();
		writePrivate(file, JSON.stringify({ basis, python, at: Date.now() }));
		return python;
	} catch (error) {
		throw new ProjectProblem(`${found} does not start: ${String((error as { stderr?: string }).stderr || (error as Error).message).trim()}`);
	}
}

function readCache(file: string): { basis: string; python: string; at: number } | null {
	try {
		return JSON.parse(readFileSync(file, "utf8"));
	} catch {
		return null;
	}
}

/** All that a shim's answer hangs on. */
function basisOf(shim: string, project: string): string {
	const env = childEnvironment();
	const files = [shim, join(env.PYENV_ROOT ?? join(env.HOME ?? "/", ".pyenv"), "version")];
	for (let folder = project; ; folder = dirname(folder)) {
		files.push(...CHOICES.map((name) => join(folder, name)));
		if (dirname(folder) === folder) break;
	}
	const marks = files.flatMap((file) => {
		try {
			const stats = statSync(file);
			return [`${file} ${stats.mtimeMs} ${stats.size}`];
		} catch {
			// Not there, or in a folder that this user may not enter.
			return [];
		}
	});
	return [env.PYENV_VERSION ?? "", ...marks].join("\n");
}

function onPath(names: string[]): string | undefined {
	for (const folder of (environment().PATH ?? "").split(delimiter)) {
		const found = names.map((name) => join(folder, name)).find(isExecutable);
		if (folder !== "" && found) return found;
	}
	return undefined;
}

function isExecutable(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return statSync(file).isFile();
	} catch {
		return false;
	}
}

function isScript(file: string): boolean {
	const handle = openSync(realpathSync(file), "r");
	try {
		const start = Buffer.alloc(2);
		readSync(handle, start, 0, 2, 0);
		return start.toString("latin1") === "#!";
	} finally {
		closeSync(handle);
	}
}
