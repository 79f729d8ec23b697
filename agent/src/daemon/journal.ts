/** What the agent itself says of an execution: in the run's log, for people with the key, and in its own, where nothing sealed stands. */
import type { ErrorContent, LogRecord } from "../protocol/content.ts";
import type { End } from "./end.ts";
import type { RunFolder } from "./folder.ts";
import { type Output, short, took } from "./output.ts";
import { AGENT_LOG } from "./spool.ts";

export class Journal {
	readonly #folder: RunFolder;
	readonly #output: Output;
	readonly #onNews: () => void;

	constructor(folder: RunFolder, output: Output, onNews: () => void) {
		this.#folder = folder;
		this.#output = output;
		this.#onNews = onNews;
	}

	/** A line in the run's log. */
	say(level: LogRecord["l"], message: string): void {
		const record: LogRecord = { t: Date.now() / 1000, l: level, m: message, s: "agent" };
		this.#append(`${AGENT_LOG}.ndjson`, record);
	}

	/** Why it failed, where no process of it could say. */
	error(error: ErrorContent): void {
		this.#append("events.0.ndjson", { type: "error", t: Date.now() / 1000, error });
	}

	/** One line in the agent's own log. The note stays out of it: it may name what is sealed. */
	end({ outcome, code, signal, at }: End): void {
		const { startedAt, assignment } = this.#folder.notes;
		const how = signal ? ` by ${signal}` : code === null ? "" : ` with exit code ${code}`;
		const time = startedAt ? ` after ${took(Date.parse(at) - Date.parse(startedAt))}` : " before it began";
		this.#output.info(`run ${short(assignment.run)} of ${assignment.flow}: ${outcome}${how}${time}`);
	}

	#append(name: string, record: object): void {
		this.#folder.append(name, record);
		this.#onNews();
	}
}

export const errorOf = (type: string, message: string): ErrorContent => ({ type, module: "tidegate.agent", message, traceback: message, frames: [] });
