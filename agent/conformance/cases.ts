/** The table of conformance cases, and the projects that they are in each language. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export const LANGUAGES = ["python", "typescript"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Case {
	name: string;
	only?: "local" | "agent";
	python: string;
	typescript: string;
	parameters?: Record<string, unknown>;
	answers?: Record<string, unknown>;
	/** Absent: succeeded, or failed where `error` is given. */
	state?: string;
	result?: unknown;
	/** The result is no JSON, and described. */
	described?: boolean;
	error?: { type?: string; message: string };
	log?: string[];
	tasks?: string[];
	/** Through an agent: which tasks passed a result on to which. */
	edges?: string[];
	/** Through an agent: how many processes it took. */
	executions?: number;
	/** Through an agent: what it shows in the end, in order. */
	artifacts?: string[];
	/** A line of the hook that follows. */
	hook?: string;
	/** Through an agent: failed at first, relaunched, and then as it is said here. */
	relaunch?: boolean;
	/** Through an agent: the line of the log at which that is done. */
	cancel?: string;
	pause?: string;
}

const IMPORTS = {
	python: "from tidegate import *\nfrom tidegate import artifact, log\n",
	typescript: `import { approval, artifact, connection, currentRun, type Ended, exponential, File, flow, log, now, once, progress, result, runFlow, secret, sleep, TimedOut, task, VariableError, variable, WaitFailed, waitFor } from "tidegate";
import { z } from "zod";
`,
};

/** The cases of one place and language, with their own names, and with folders of their own below `root`. */
export function casesFor(where: "local" | "agent", language: Language, root: string): Case[] {
	const text = readFileSync(new URL("cases.yaml", import.meta.url), "utf8");
	const all = (parse(text) as Case[]).filter(({ only }) => only === undefined || only === where);
	return all.map((one) => {
		const folder = join(root, language, one.name);
		mkdirSync(folder, { recursive: true });
		const name = `${one.name}-${language}`;
		return JSON.parse(JSON.stringify(one).replaceAll("$NAME", name).replaceAll("$FOLDER", folder)) as Case;
	});
}

export const nameOf = (one: Case, language: Language): string => `${one.name}-${language}`;

/** One file for each case. @returns the folder */
export function writeProject(cases: readonly Case[], language: Language, folder: string): string {
	mkdirSync(folder, { recursive: true });
	const end = language === "python" ? "py" : "ts";
	for (const one of cases) writeFileSync(join(folder, `${one.name}.${end}`), IMPORTS[language] + one[language]);
	return folder;
}
