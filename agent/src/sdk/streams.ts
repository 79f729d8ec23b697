/** What the run's code says: log, standard output and standard error, by lines, with the task that says them. */
import { type RecordFile, time } from "./record-file.ts";
import { type Level, type Scope, scopes } from "./scope.ts";

/** Characters of one record's text: below a write's limit, whatever they take in UTF-8. */
const PIECE = 10_000;
/** Milliseconds between two states of a line that moves. */
const MOVES = 1000;

type Source = "log" | "stdout" | "stderr";
interface Pending {
	text: string;
	scope: Scope | null;
	source: Source;
	/** When its passing state was last told. */
	shown: number;
	moving: boolean;
}

export class Streams {
	readonly #file: RecordFile;
	/** Lines without an end yet, by source and task. */
	readonly #pending = new Map<string, Pending>();

	constructor(file: RecordFile) {
		this.#file = file;
	}

	/** Takes over standard output and standard error of this process. */
	install(): void {
		for (const source of ["stdout", "stderr"] as const) {
			const stream = process[source];
			stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
				this.#said(source, typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8"));
				const callback = rest.find((one) => typeof one === "function") as (() => void) | undefined;
				if (callback) queueMicrotask(callback);
				return true;
			};
		}
	}

	log(level: Level, text: string, scope: Scope | null): void {
		for (const line of text.split("\n")) this.#write(level, line, scope, "log");
	}

	#said(source: "stdout" | "stderr", text: string): void {
		const scope = scopes.getStore() ?? null;
		const name = `${source} ${scope?.key ?? ""} ${scope?.attempt ?? 1}`;
		const pending = this.#pending.get(name) ?? { text: "", scope, source, shown: 0, moving: false };
		this.#pending.set(name, pending);
		const lines = (pending.text + text).split("\n");
		pending.text = lines.pop() ?? "";
		for (const line of lines) {
			this.#write(line.trimEnd().includes("\r") ? "info" : levelOf(source), lastState(line), scope, source);
			pending.moving = false;
		}
		pending.moving ||= pending.text.startsWith("\r");
		if (pending.moving && performance.now() - pending.shown >= MOVES) {
			pending.shown = performance.now();
			this.#write("info", lastState(pending.text), scope, source, true);
			pending.text = `\r${lastState(pending.text)}`;
		}
		if (pending.text === "") this.#pending.delete(name);
	}

	#write(level: Level, text: string, scope: Scope | null, source: Source, moving = false): void {
		const told = {
			...(scope === null || scope.key === null ? {} : { k: scope.key }),
			s: source,
			...(scope !== null && scope.attempt > 1 ? { a: scope.attempt } : {}),
			...(moving ? { r: true } : {}),
		};
		for (let at = 0; at === 0 || at < text.length; at += PIECE) {
			const part = at + PIECE < text.length ? { part: true } : {};
			this.#file.write(`${JSON.stringify({ t: time(), l: level, m: text.slice(at, at + PIECE), ...told, ...part })}\n`);
		}
	}

	/** Tells the lines that were not ended. */
	finish(): void {
		for (const { text, scope, source } of this.#pending.values()) if (text !== "") this.#write(levelOf(source), lastState(text), scope, source);
		this.#pending.clear();
	}
}

const levelOf = (source: Source): Level => (source === "stderr" ? "warn" : "info");
/** What stands behind the last carriage return, which began the line over. */
const lastState = (line: string): string => line.replace(/\r+$/, "").replace(/^.*\r/s, "");
