// What proofs ask of runs: how they ended, what they said, what the database has of them.
import fs from "node:fs";
import pg from "pg";
import { expect } from "vitest";
import type { Happening, RunHandle } from "../../../agent/src/client/index.ts";
import { until } from "../../processes.ts";
import type { Stack } from "../stack.ts";

export type Ended = {
	state: string;
	result: unknown;
	error: { type: string; message: string; traceback: string } | null;
	/** The notes of finishes, in order. */
	notes: Array<string | null>;
	/** Lines that the flow itself wrote, in order. */
	lines: string[];
	/** Lines that the agent wrote. */
	told: string[];
	happenings: Happening[];
};

/** Follows a run to its end, at most `ms`. */
export async function ended(handle: RunHandle, ms = 60_000): Promise<Ended> {
	const all: Ended = { state: "", result: undefined, error: null, notes: [], lines: [], told: [], happenings: [] };
	const signal = AbortSignal.timeout(ms);
	for await (const happening of handle.watch({ signal })) {
		all.happenings.push(happening);
		if (happening.type === "lines") for (const { s, m } of happening.lines) (s === "agent" ? all.told : all.lines).push(m);
		else if (happening.type === "result") all.result = happening.content.json;
		else if (happening.type === "error") all.error = happening.content;
		else if (happening.type === "finished") all.notes.push(happening.note);
		else if (happening.type === "ended") all.state = happening.state;
	}
	if (all.state === "") throw new Error(`run ${handle.id} did not end in ${ms} ms; it said: ${JSON.stringify(all.happenings).slice(-2000)}`);
	return all;
}

export async function waitFor(what: string, condition: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
	if (!(await until(condition, ms, 20))) throw new Error(`in ${ms} ms it did not come to this: ${what}`);
}

export async function isRunning(stack: Stack, run: string): Promise<boolean> {
	return (await stack.client.api.runs.get.query({ id: run })).run.state === "running";
}

/** What one run has: its attempts and executions. */
export const detail = (stack: Stack, run: string) => stack.client.api.runs.get.query({ id: run });

/** Statements as the database's owner: what a compromised control plane could do, and what it could read. */
export async function sql(stack: Stack, text: string, values: unknown[] = []): Promise<Array<Record<string, unknown>>> {
	const client = new pg.Client({ connectionString: stack.databaseUrl, application_name: "proof" });
	await client.connect();
	try {
		return (await client.query(text, values)).rows;
	} finally {
		await client.end();
	}
}

export const linesOf = (file: string): string[] => (fs.existsSync(file) ? fs.readFileSync(file, "utf8").split("\n").filter(Boolean) : []);

/** An error is for people: short, with no stack trace of ours. */
export function expectForPeople(text: string, most = 3): void {
	const lines = text.trimEnd().split("\n");
	expect(lines.length, text).toBeLessThanOrEqual(most);
	expect(text).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
	expect(text).not.toMatch(/node_modules|\.mjs:\d|\.ts:\d/);
}

/** Bearer secrets of any kind, with enough behind the prefix to be one. */
const TOKEN = /\btg[ekl]?_[A-Za-z0-9_-]{16,}/;

/** The logs of control plane, agents and Postgres hold no token and no key. */
export function expectCleanLogs(stack: Stack): void {
	const files = [stack.controlPlane.log, ...stack.agents.map(({ log }) => log)];
	for (const file of files) {
		const text = fs.readFileSync(file, "utf8");
		expect(text.length, file).toBeGreaterThan(0);
		expect(text.match(TOKEN)?.[0].slice(0, 8), file).toBeUndefined();
		expect(text.includes(stack.workspace.workspaceKey.slice(4)), file).toBe(false);
	}
}
