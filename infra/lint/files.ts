import fs from "node:fs";
import path from "node:path";

export type SourceFile = {
	/** Relative to the root, with "/". */
	path: string;
	text: string;
	/** The text with comments blanked, line for line; strings stay. Only for what code.ts understands. */
	code: string;
};

export type Violation = { rule: string; file: string; line: number; message: string };

const SKIPPED = new Set(["node_modules", ".git", ".next", ".turbo", ".tidegate", "dist", "generated", "__pycache__", ".venv", "build"]);
const SOURCE = /\.(ts|tsx|mts|js|mjs|cjs|jsx|py|css|sql|prisma|sh)$/;

/** Blanks the comments of TypeScript or JavaScript, so that what stands in them breaks no rule. */
export function withoutComments(text: string): string {
	let out = "";
	let quote = "";
	for (let at = 0; at < text.length; at += 1) {
		const char = text[at] ?? "";
		if (quote) {
			out += char;
			if (char === "\\") {
				at += 1;
				out += text[at] ?? "";
			} else if (char === quote || (char === "\n" && quote !== "`")) quote = "";
		} else if (char === '"' || char === "'" || char === "`") {
			quote = char;
			out += char;
		} else if (char === "/" && (text[at + 1] === "/" || text[at + 1] === "*") && !/[\\[]/.test(text[at - 1] ?? "")) {
			const line = text[at + 1] === "/";
			const end = line ? text.indexOf("\n", at) : text.indexOf("*/", at + 2) + 2;
			const stop = end < (line ? 0 : 2) ? text.length : end;
			out += text.slice(at, stop).replace(/[^\n]/g, " ");
			at = stop - 1;
		} else out += char;
	}
	return out;
}

function walk(root: string, folder: string, found: SourceFile[]): void {
	for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
		if (SKIPPED.has(entry.name) || entry.name.endsWith(".egg-info")) continue;
		const at = folder ? `${folder}/${entry.name}` : entry.name;
		if (entry.isDirectory()) walk(root, at, found);
		else if (entry.isFile() && SOURCE.test(entry.name) && entry.name !== "next-env.d.ts") {
			const text = fs.readFileSync(path.join(root, at), "utf8");
			found.push({ path: at, text, code: /\.(ts|tsx|mts|js|mjs|cjs|jsx)$/.test(at) ? withoutComments(text) : text });
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
