// The SDK installs into anybody's environment, so it brings nothing along: standard library only. What that is,
// Python itself says, started without its site packages.
import { spawnSync } from "node:child_process";
import { childEnv } from "../config.mjs";
import { lineOf, type SourceFile, type Violation } from "./files.ts";

const IMPORT = /^[ \t]*(?:from[ \t]+([A-Za-z_]\w*)[\w.]*[ \t]+import\b|import[ \t]+([A-Za-z_][^#\n]*))/gm;
const ASK = "import sys, importlib.util as u\nfor name in sys.argv[1:]:\n    if u.find_spec(name) is None: print(name)";

type Used = { file: SourceFile; name: string; line: number };

function importsOf(file: SourceFile): Used[] {
	return [...file.text.matchAll(IMPORT)].flatMap((match) => {
		const names = match[1] ? [match[1]] : (match[2] ?? "").split(",").map((part) => part.trim().split(/[\s.]/)[0] ?? "");
		return names.filter(Boolean).map((name) => ({ file, name, line: lineOf(file.text, match.index) }));
	});
}

export function checkPython(files: SourceFile[]): Violation[] {
	const used = files.filter(({ path }) => /^agent\/python\/(tidegate|packaging)\/.*\.py$/.test(path)).flatMap(importsOf);
	const names = [...new Set(used.map(({ name }) => name))].filter((name) => name !== "tidegate");
	if (names.length === 0) return [];
	const { stdout, status } = spawnSync("python3", ["-I", "-S", "-c", ASK, ...names], { encoding: "utf8", env: childEnv() });
	if (status !== 0)
		return [{ rule: "python-standard-library", file: "agent/python", line: 1, message: "python3 could not be asked for its modules" }];
	const foreign = new Set(stdout.split("\n").filter(Boolean));
	return used
		.filter(({ name }) => foreign.has(name))
		.map(({ file, name, line }) => ({
			rule: "python-standard-library",
			file: file.path,
			line,
			message: `${name} is not in Python's standard library`,
		}));
}
