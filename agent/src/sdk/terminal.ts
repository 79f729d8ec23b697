/** The recorder of a local run: lines on stderr, which leaves stdout to the program; artifacts as files. The lines are the Python SDK's. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { forceColor, noColor } from "../config.ts";
import { describe, failure } from "./errors.ts";
import { Cancelled } from "./failures.ts";
import { labelOf } from "./preview.ts";
import type { ErrorRecord, Level, Recorder, Scope, TaskRecord } from "./scope.ts";

const COLOURS = { debug: 2, info: 36, warn: 33, error: 31, start: 2, done: 32, fail: 31, file: 2, wait: 2, skip: 2, stop: 2, again: 2, note: 2 };
export type Mark = keyof typeof COLOURS;

export const seconds = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
const plain = (name: string, longest: number): string => name.replace(/[^\p{L}\p{N}_-]/gu, "-").slice(0, longest);

export class Terminal implements Recorder {
	private readonly flow: string;
	private readonly began = new Map<string, number>();
	private readonly failed = new Set<string>();
	private wide = 8;
	private folder: string | undefined;

	constructor(flow: string) {
		this.flow = flow;
	}

	line(mark: Mark, label: string, text: string): void {
		this.wide = Math.min(Math.max(this.wide, label.length), 24);
		const time = new Date().toTimeString().slice(0, 8);
		const coloured = !noColor && (forceColor || process.stderr.isTTY);
		const padded = label.padEnd(this.wide);
		const head = coloured
			? `\x1b[2m${time}\x1b[0m \x1b[${COLOURS[mark]}m${mark.padEnd(5)}\x1b[0m \x1b[1m${padded}\x1b[0m`
			: `${time} ${mark.padEnd(5)} ${padded}`;
		process.stderr.write(`${`${head}  ${text}`.trimEnd()}\n`);
	}

	/** Of an attempt that another follows nothing else says why. */
	flowFailed(thrown: unknown, ms: number): void {
		const { type, message } = failure(thrown);
		const how = thrown instanceof Cancelled ? `stopped after ${seconds(ms)}` : `failed after ${seconds(ms)}  ${type}: ${message}`;
		this.line("fail", this.flow, stripVTControlCharacters(how).slice(0, 500));
	}

	/** The flow is tried again: what failed before was the end of it, whatever is told of it then. */
	again(attempt: number, ms: number): void {
		this.failed.clear();
		this.line("wait", this.flow, `attempt ${attempt} in ${seconds(ms)}`);
	}

	task(...records: TaskRecord[]): void {
		for (const record of records) this.tell(record);
	}

	private tell({ key, state, error, until, attempt, from }: TaskRecord): void {
		const label = labelOf(key);
		const rest = until === undefined ? "" : seconds(Math.max(until * 1000 - Date.now(), 0));
		if (state === "pending") return;
		if (state === "running" || (state === "waiting" && !this.failed.delete(key))) {
			this.began.set(key, performance.now());
			this.line(state === "running" ? "start" : "wait", label, state === "running" ? "" : rest);
			return;
		}
		if (state === "waiting") {
			this.line("wait", label, `attempt ${attempt + 1} in ${rest}`);
			return;
		}
		const took = seconds(performance.now() - (this.began.get(key) ?? performance.now()));
		this.began.delete(key);
		if (state === "succeeded") this.line("done", label, from ? `${from.cached ? "cached" : "remembered"} from run ${from.run}` : took);
		else if (state === "failed") {
			this.failed.add(key);
			this.line("fail", label, stripVTControlCharacters(`${took}  ${error?.type}: ${error?.message}`).slice(0, 500));
		} else this.line(state === "skipped" ? "skip" : "stop", label, state);
	}

	log(level: Level, text: string, scope: Scope | null): void {
		for (const line of text.split("\n")) this.line(level, scope === null || scope.key === null ? this.flow : labelOf(scope.key), line);
	}

	error(thrown: unknown): ErrorRecord {
		return describe(thrown, [process.cwd()]);
	}

	artifact(kind: string, name: string, { key }: Scope, data: string | Uint8Array, extension: string): string {
		this.folder ??= join(".tidegate", "local", `${plain(this.flow, 60)}-${new Date().toISOString().replace(/\D/g, "").slice(0, 14)}-${process.pid}`);
		mkdirSync(this.folder, { recursive: true });
		for (let number = 1; ; number++) {
			const path = join(this.folder, `${plain(name, 80)}${number === 1 ? "" : `-${number}`}.${extension}`);
			try {
				writeFileSync(path, data, { flag: "wx" });
			} catch (problem) {
				if ((problem as NodeJS.ErrnoException).code === "EEXIST") continue;
				throw problem;
			}
			this.line("file", key === null ? this.flow : labelOf(key), `${kind} → ${path}`);
			return path;
		}
	}
}
