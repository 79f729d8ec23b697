// The house plan as checks: what Biome and knip cannot say.
import fs from "node:fs";
import path from "node:path";
import { matches, readFiles, type SourceFile, type Violation } from "./files.ts";
import { checkImports } from "./imports.ts";
import { checkPython } from "./python.ts";

const TOP_LEVEL = new Set([
	"package.json",
	"package-lock.json",
	"tsconfig.json",
	"turbo.json",
	"README.md",
	"LICENSE",
	"web",
	"agent",
	"prisma",
	"infra",
]);
const MAX_LINES = 400;
const isTest = (at: string) => /\.test\.tsx?$|\/tests?\/|[/.]fixture\.ts$/.test(at);
const isCode = (file: SourceFile) => /\.(ts|tsx|mjs)$/.test(file.path);
// Else the rules' own patterns and their planted violations would break them.
const isLint = (at: string) => at.startsWith("infra/lint/");

function topLevel(root: string): Violation[] {
	const odd = fs.readdirSync(root).filter((name) => !name.startsWith(".") && name !== "node_modules" && !TOP_LEVEL.has(name));
	return odd.map((name) => ({
		rule: "top-level",
		file: name,
		line: 1,
		message: `does not belong at the top: ${[...TOP_LEVEL].join(", ")}, and dotfiles`,
	}));
}

function license(root: string): Violation[] {
	const file = path.join(root, "LICENSE");
	const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
	if (/Apache License\s+Version 2\.0/.test(text) && text.includes("END OF TERMS AND CONDITIONS")) return [];
	return [{ rule: "license", file: "LICENSE", line: 1, message: "must hold the whole text of the Apache License 2.0" }];
}

/** A version that floats is another program tomorrow. */
function exactVersions(root: string): Violation[] {
	const found: Violation[] = [];
	for (const file of ["package.json", "web/package.json", "agent/package.json"]) {
		if (!fs.existsSync(path.join(root, file))) continue;
		const text = fs.readFileSync(path.join(root, file), "utf8");
		const content = JSON.parse(text) as Record<string, Record<string, string>>;
		for (const kind of ["dependencies", "devDependencies", "optionalDependencies"]) {
			for (const [name, version] of Object.entries(content[kind] ?? {})) {
				if (/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) continue;
				const line = text.slice(0, text.indexOf(`"${name}"`, text.indexOf(`"${kind}"`))).split("\n").length;
				found.push({ rule: "exact-versions", file, line, message: `${name} is "${version}": pin one version exactly` });
			}
		}
	}
	return found;
}

function size(file: SourceFile): Violation[] {
	const lines = file.text.trimEnd().split("\n").length;
	if (lines <= MAX_LINES || file.path.startsWith("prisma/migrations/")) return [];
	return [
		{ rule: "file-size", file: file.path, line: MAX_LINES + 1, message: `has ${lines} lines, more than ${MAX_LINES}: it does more than one thing` },
	];
}

function unfinished(file: SourceFile): Violation[] {
	if (isLint(file.path)) return [];
	return matches(
		"unfinished",
		file,
		file.text,
		/\b(TODO|FIXME|XXX|HACK)\b/g,
		(match) => `${match[1]}: finish it, or write down as an issue what is absent`,
	);
}

const STATE_TABLES = "run|attempt|execution|task";

/** States are written in one place; elsewhere a race would win against its compare-and-set. */
function stateWriters(file: SourceFile): Violation[] {
	const at = file.path;
	if (!at.startsWith("web/") || !isCode(file) || isTest(at) || /^web\/src\/features\/runs\/lifecycle(\/[\w.-]+|[\w.-]*)\.ts$/.test(at)) return [];
	const sql = new RegExp(`\\b(insert\\s+into|update|delete\\s+from|truncate)\\s+(?:only\\s+)?"?(${STATE_TABLES})"?(?=[\\s(,;"']|$)`, "gi");
	const prisma = new RegExp(`\\.(${STATE_TABLES})\\s*\\.\\s*(create|update|upsert|delete)\\w*\\s*\\(`, "g");
	const message = (match: RegExpMatchArray) =>
		`writes ${match[0].trim()}: only features/runs/lifecycle*.ts changes a run's, attempt's, execution's or task's state`;
	return [...matches("one-writer", file, file.strings, sql, message), ...matches("one-writer", file, file.code, prisma, message)];
}

/** Tests move tg_now(); whatever asks another clock would not move with it. */
function clock(file: SourceFile): Violation[] {
	const at = file.path;
	const asked = /(?<![\w.$])(now\s*\(\s*\)|current_timestamp|clock_timestamp\s*\(\s*\)|transaction_timestamp\s*\(\s*\)|localtimestamp)/gi;
	if (at.endsWith(".prisma"))
		return matches(
			"one-clock",
			file,
			file.text.replace(/\/\/.*/g, ""),
			/@default\(now\(\)\)|@updatedAt/g,
			(match) => `${match[0]}: default to tg_now()`,
		);
	if (at.endsWith(".sql")) {
		// The body of tg_now() itself is where the clock is asked.
		const text = file.text.replace(/--.*/g, "").replace(/CREATE (OR REPLACE )?FUNCTION tg_now\(\)[^;]*;/gi, (body) => body.replace(/[^\n]/g, " "));
		return matches("one-clock", file, text, asked, (match) => `${match[0]}: ask tg_now()`);
	}
	if (!at.startsWith("web/") || !isCode(file) || isTest(at)) return [];
	return matches("one-clock", file, file.strings, asked, (match) => `${match[0]} in SQL: ask tg_now()`);
}

/** The log is written in one place, which knows what must never stand in it. */
function console_(file: SourceFile): Violation[] {
	const at = file.path;
	const server = at === "web/server.ts" || /^web\/src\/(server|gateway)\//.test(at) || /^web\/src\/features\/[^/]+\/[^/]+\.ts$/.test(at);
	if (!server || isTest(at) || /^web\/src\/server\/log(ger)?\.ts$/.test(at)) return [];
	return matches(
		"one-logger",
		file,
		file.code,
		/\bconsole\s*\.\s*\w+|\bprocess\.std(out|err)\.write/g,
		() => "the server logs through web/src/server/log.ts only",
	);
}

/** No stand-ins for our own parts: tests drive the real thing. */
function mocks(file: SourceFile): Violation[] {
	if (!isTest(file.path) || isLint(file.path)) return [];
	return matches(
		"no-mocks",
		file,
		file.code,
		/\b(vi|vitest|jest)\.(mock|doMock|spyOn|stubGlobal|useFakeTimers)\s*\(/g,
		(match) => `${match[0]}…): test against the real part`,
	);
}

const perFile = [size, unfinished, stateWriters, clock, console_, mocks];

/** All that breaks the house plan of the checkout at `root`. */
export function checkHouse(root: string): Violation[] {
	const files = readFiles(root);
	return [
		...topLevel(root),
		...license(root),
		...exactVersions(root),
		...checkImports(files),
		...checkPython(files),
		...files.flatMap((file) => perFile.flatMap((check) => check(file))),
	];
}
