// The code blocks of the docs, as somebody who follows a page from top to bottom meets them.
import fs from "node:fs";
import path from "node:path";
import { root } from "../../config.mjs";

export interface Block {
	/** Where it stands, for a failure's message: `deploy.md:12`. */
	at: string;
	language: string;
	code: string;
	/** Written to this file. */
	file: string | undefined;
	/** Why it is not run. */
	noRun: string | undefined;
	/** The exit code that a command ends with. */
	exit: number;
	/** Words that a command's output must hold. */
	says: string | undefined;
	/** It installs packages: run where the package index answers. */
	online: boolean;
}

export const folder = path.join(root, "web", "docs");

/** Languages that are run or written; text and settings of other programs are only read. */
const RUNNABLE = new Set(["sh", "python", "ts"]);

const attribute = (info: string, name: string): string | undefined => {
	const [, quoted, bare] = new RegExp(`(?:^| )${name}=(?:"([^"]*)"|(\\S+))`).exec(info) ?? [];
	return quoted ?? bare;
};

export function blocksOf(page: string): Block[] {
	const text = fs.readFileSync(path.join(folder, page), "utf8");
	return [...text.matchAll(/^```(\w*)([^\n]*)\n(.*?)^```$/gms)].map(({ 1: language = "", 2: info = "", 3: code = "", index }) => ({
		at: `${page}:${text.slice(0, index).split("\n").length}`,
		language,
		code,
		file: attribute(info, "file"),
		noRun: attribute(info, "no-run"),
		exit: Number(attribute(info, "exit") ?? 0),
		says: attribute(info, "says"),
		online: / online\b/.test(info),
	}));
}

export const pages = (): string[] => fs.readdirSync(folder).filter((name) => name.endsWith(".md"));

/** Whether a block does something: it is run, or written to a file for the next ones. */
export const isUsed = (block: Block): boolean => block.file !== undefined || RUNNABLE.has(block.language);
