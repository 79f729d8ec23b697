/** What the agent itself says of an execution: in the run's log, for people with the key, and in its own, where nothing sealed stands. */
import type { ErrorContent, LogRecord } from "../protocol/content.ts";
import type { End } from "./end.ts";
import type { RunFolder } from "./folder.ts";
import { lostIn } from "./lost.ts";
import { type Output, short, took } from "./output.ts";
import { AGENT_LOG } from "./spool.ts";

export class Journal {
	readonly #folder: RunFolder;
	readonly #output: Output;
	readonly #onNews: () => void;
	#lostSaid: boolean;

	constructor(folder: RunFolder, output: Output, onNews: () => void) {
		this.#folder = folder;
		this.#output = output;
		this.#onNews = onNews;
		// An agent of before has said it.
		this.#lostSaid = lostIn(folder) !== null;
	}

	/** Once, where the first of them would stand: what its processes say from here on is lost. */
	lost(): void {
		const lost = this.#lostSaid ? null : lostIn(this.#folder);
		if (!lost) return;
		this.#lostSaid = true;
		const { run, flow } = this.#folder.notes.assignment;
		this.#output.error(`run ${short(run)} of ${flow}: ${lost.reason}; what it says is lost until there is room`);
		this.say("error", `${lost.reason}: lines of this log are lost from here on, until there is room again`, lost.since);
	}

	/** At its end. */
	lostInAll(): void {
		this.lost();
		const lost = lostIn(this.#folder);
		if (lost) this.say("error", lost.sentence);
	}

	/** A line in the run's log. @param t epoch seconds */
	say(level: LogRecord["l"], message: string, t = Date.now() / 1000): void {
		const record: LogRecord = { t, l: level, m: message, s: "agent" };
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
