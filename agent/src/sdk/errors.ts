/** Failures as a person wants them: the stack of the user's code, without the SDK's frames and Node's. */
import { readFileSync } from "node:fs";
import { isAbsolute, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { preview } from "./preview.ts";
import type { ErrorRecord } from "./scope.ts";

/** Characters kept of a message and of a stack. */
const MESSAGE = 8192;
const TRACEBACK = 32_768;
const FRAMES = 50;
/** Where this lies: the bundle that flows import, and its parts. */
const OWN = import.meta.url.replace(/\/flow\/[^/]*$|\/[^/]*$/, "/");

/** The text, or its two ends with a mark that says how much is missing. */
export function cut(text: string, limit: number): string {
	if (text.length <= limit) return text;
	const half = Math.floor(limit / 2);
	return `${text.slice(0, half)}… (${Buffer.byteLength(text.slice(half, -half))} bytes more)\n${text.slice(-half)}`;
}

const notes = new WeakMap<object, string[]>();

/** Says something more of what was thrown, below its stack wherever the SDK prints that. */
export function note(thrown: unknown, text: string): void {
	if (typeof thrown !== "object" || thrown === null) return;
	const known = notes.get(thrown) ?? [];
	if (!known.includes(text)) notes.set(thrown, [...known, text]);
}

const isOwn = (line: string): boolean => /^\s+at (.*node:|async Promise\.|Promise\.|new Promise \(|<anonymous>$)/.test(line) || line.includes(OWN);

/** The stack without the frames of the SDK and of Node; and of what it came from. */
export function stackOf(thrown: unknown, seen = new Set<unknown>()): string {
	if (!(thrown instanceof Error)) return `${typeof thrown}: ${preview(thrown, MESSAGE)}`;
	if (seen.has(thrown)) return `${thrown.name}: ${thrown.message}`;
	seen.add(thrown);
	const { stack } = thrown;
	const own = typeof stack === "string" ? stack.split("\n").filter((line) => !isOwn(line)) : [`${thrown.name}: ${thrown.message}`];
	const inner = thrown instanceof AggregateError ? thrown.errors.map((one) => indented(`[error]: ${stackOf(one, seen)}`)) : [];
	const cause = thrown.cause === undefined ? [] : [indented(`[cause]: ${stackOf(thrown.cause, seen)}`)];
	return [...own, ...(notes.get(thrown) ?? []), ...inner, ...cause].join("\n");
}

const indented = (text: string): string => text.replaceAll(/^/gm, "  ");

/** What was thrown, which may be no Error. */
export function failure(thrown: unknown): { type: string; message: string } {
	if (thrown instanceof Error) return { type: thrown.constructor.name, message: cut(thrown.message, MESSAGE) };
	return { type: typeof thrown, message: preview(thrown, MESSAGE) };
}

const FRAME = /^\s+at (?:async )?(?:(.*?) \()?((?:file:\/\/|\/|[A-Za-z]:\\).*?):(\d+):\d+\)?$/;

/** The `error` of the run directory: frames from the outermost to the one that threw, as Python's. */
export function describe(thrown: unknown, projects: readonly string[]): ErrorRecord {
	const stack = stackOf(thrown);
	// What it came from has frames too, which are for readers of the text.
	const [own = ""] = stack.split(/^\s+\[(?:cause|error)\]: /m);
	const lines = own.split("\n").map((line) => FRAME.exec(line));
	const found = lines.flatMap((line) => (line ? [frame(line[2] as string, Number(line[3]), line[1], projects)] : [])).reverse();
	const frames = found.length > FRAMES ? [...found.slice(0, 10), ...found.slice(10 - FRAMES)] : found;
	// As a person has it at home: the run's own folder says nothing.
	const short = (text: string, project: string): string => text.replaceAll(`${pathToFileURL(project).href}/`, "").replaceAll(`${project}${sep}`, "");
	const text = projects.reduce(short, stack);
	return { ...failure(thrown), module: "builtins", traceback: cut(text, TRACEBACK), frames };
}

function frame(place: string, line: number, name: string | undefined, projects: readonly string[]): ErrorRecord["frames"][number] {
	const file = place.startsWith("file:") ? fileURLToPath(place) : place;
	const ways = projects.map((project) => relative(project, file));
	const way = ways.find((each) => !isAbsolute(each) && !each.startsWith("..") && !each.includes("node_modules"));
	const told = name === undefined || name === "" ? "<module>" : name;
	return {
		file: (way ?? file).slice(0, 500),
		line,
		function: told.slice(0, 200),
		code: way === undefined ? "" : lineOf(file, line),
		own: way !== undefined,
	};
}

function lineOf(file: string, line: number): string {
	try {
		return (readFileSync(file, "utf8").split("\n")[line - 1] ?? "").trim().slice(0, 300);
	} catch {
		return "";
	}
}

/** A record that was too large, with its long texts cut until it fits. Its states and keys stay whole. */
export function shrink(record: Record<string, unknown>, limit: number): Record<string, unknown> {
	const small = { ...record };
	if (small.inputs)
		small.inputs = Object.fromEntries(
			Object.entries(small.inputs)
				.slice(0, 50)
				.map(([name, text]) => [name.slice(0, 100), String(text).slice(0, 100)]),
		);
	if (typeof small.preview === "string") small.preview = small.preview.slice(0, 500);
	if (Array.isArray(small.parents)) small.parents = small.parents.slice(0, 200);
	const error = small.error as ErrorRecord | undefined;
	// A character takes at most six bytes, and there are four long parts.
	const room = Math.floor(limit / 24);
	if (error)
		small.error = {
			...error,
			message: cut(error.message, room),
			traceback: cut(error.traceback, room),
			frames: error.frames.slice(-20).map((one) => ({ ...one, code: one.code.slice(0, 80), file: one.file.slice(-120) })),
		};
	return small;
}
