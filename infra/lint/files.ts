import fs from "node:fs";
import path from "node:path";

export type SourceFile = {
	/** Relative to the root, with "/". */
	path: string;
	text: string;
	/** Without comments. In other languages than TypeScript and JavaScript the text itself. */
	code: string;
	/** Only what stands in strings. */
	strings: string;
};

export type Violation = { rule: string; file: string; line: number; message: string };

const SKIPPED = new Set(["node_modules", ".git", ".next", ".turbo", ".tidegate", "dist", "generated", "__pycache__", ".venv", "build"]);
const SOURCE = /\.(ts|tsx|mts|js|mjs|cjs|jsx|py|css|sql|prisma|sh)$/;

const blank = (text: string) => text.replace(/[^\n]/g, " ");

/**
 * TypeScript or JavaScript twice over, line for line: without comments, and only what stands in strings (where SQL is).
 * Both keep their positions; what is left out is blank.
 */
export function split(text: string): { code: string; strings: string } {
	let code = "";
	let strings = "";
	let quote = "";
	for (let at = 0; at < text.length; at += 1) {
		const char = text[at] ?? "";
		if (quote) {
			const taken = char === "\\" ? text.slice(at, at + 2) : char;
			at += taken.length - 1;
			const closes = taken === quote || (taken === "\n" && quote !== "`");
			code += taken;
			strings += closes ? blank(taken) : taken;
			if (closes) quote = "";
		} else if (char === '"' || char === "'" || char === "`") {
			quote = char;
			code += char;
			strings += " ";
		} else if (char === "/" && (text[at + 1] === "/" || text[at + 1] === "*") && !/[\\[]/.test(text[at - 1] ?? "")) {
			const found = text[at + 1] === "/" ? text.indexOf("\n", at) : text.indexOf("*/", at + 2) + 2;
			const stop = found < 2 ? text.length : found;
			code += blank(text.slice(at, stop));
			strings += blank(text.slice(at, stop));
			at = stop - 1;
		} else {
			code += char;
			strings += blank(char);
		}
	}
	return { code, strings };
}

function walk(root: string, folder: string, found: SourceFile[]): void {
	for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
		if (SKIPPED.has(entry.name) || entry.name.endsWith(".egg-info")) continue;
		const at = folder ? `${folder}/${entry.name}` : entry.name;
		if (entry.isDirectory()) walk(root, at, found);
		else if (entry.isFile() && SOURCE.test(entry.name) && entry.name !== "next-env.d.ts") {
			const text = fs.readFileSync(path.join(root, at), "utf8");
			const parts = /\.(ts|tsx|mts|js|mjs|cjs|jsx)$/.test(at) ? split(text) : { code: text, strings: text };
			found.push({ path: at, text, ...parts });
		}
	}
}

/** Every source file of the house: found by walking, so that a download without .git is checked alike. */
export function readFiles(root: string): SourceFile[] {
	const found: SourceFile[] = [];
	walk(root, "", found);
	return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function lineOf(text: string, index: number): number {
	return text.slice(0, index).split("\n").length;
}

/** One violation for each match of `pattern` (global) in `text`. */
export function matches(rule: string, file: SourceFile, text: string, pattern: RegExp, message: (match: RegExpMatchArray) => string): Violation[] {
	return [...text.matchAll(pattern)].map((match) => ({ rule, file: file.path, line: lineOf(text, match.index), message: message(match) }));
}
