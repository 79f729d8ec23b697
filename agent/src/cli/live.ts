/** A run as lines: tasks that start and end, what the code logs, then the result or the traceback. */
import type { Happening } from "../client/happening.ts";
import type { ErrorContent, ResultContent } from "../protocol/content.ts";
import { eventName } from "../protocol/event-name.ts";
import type { Line } from "../protocol/lines.ts";
import { plainKey } from "../protocol/task-key.ts";
import { shortTraceback } from "../protocol/traceback.ts";
import { Items, isOver } from "./items.ts";
import { colours, duration, isTerminal, stateColour, stateText } from "./output.ts";

/** Prints to stdout and waits while the reader is slow, so that a long log does not pile up in memory. */
export function write(text: string): Promise<void> | void {
	if (text === "" || process.stdout.write(text)) return;
	return new Promise((resolve) => process.stdout.once("drain", resolve));
}

const LEVELS = { debug: colours.dim, info: (text: string) => text, warn: colours.yellow, error: colours.red };
/** Colours that a program sets pass to a terminal; whatever else an escape can do (move, erase, retitle) does not. */
export function safe(text: string): string {
	const [first = "", ...escaped] = text.split("\x1b");
	return printable(first) + escaped.map(afterEscape).join("");
}

const printable = (text: string): string => text.replace(/\p{Cc}/gu, (char) => (char === "\t" || char === "\n" ? char : ""));

function afterEscape(text: string): string {
	const colour = /^\[[\d;:]*m/.exec(text)?.[0];
	if (colour) return (colours.isColorSupported ? `\x1b${colour}` : "") + printable(text.slice(colour.length));
	// Titles and links end with a bell, or with the next escape.
	if (/^[\]PX^_]/.test(text)) return printable(text.slice(text.includes("\x07") ? text.indexOf("\x07") + 1 : text.length));
	return printable(text.replace(/^(?:\[[0-?]*[ -/]*[@-~]?|[ -/]*[0-~])/, ""));
}

export function formatLine(line: Line): string {
	const at = new Date(line.t * 1000).toISOString();
	const time = colours.dim(isTerminal ? at.slice(11, 23) : at);
	const level = line.l === "info" ? "    " : LEVELS[line.l](line.l.toUpperCase().padEnd(5).slice(0, 5).trimEnd().padEnd(4));
	const from = line.s === "agent" ? "agent" : line.k;
	const task = from ? `${colours.cyan(safe(plainKey(from)))} ` : "";
	const text = safe(line.m);
	const reset = text.includes("\x1b[") ? "\x1b[0m" : "";
	return `${time} ${level} ${task}${LEVELS[line.l](text)}${reset}\n`;
}

/** A file of one's own that was forgotten, or a package: a module's name does not tell which. */
function missingModule(message: string): string {
	const [, name] = /^No module named '([\w.]+)'/.exec(message) ?? [];
	const path = name?.replaceAll(".", "/");
	const own = path ? `no file ${path}.py or folder ${path} in what was deployed` : "the flow's environment has no such module";
	return `hint: ${own}; if it is a package from PyPI, add it to requirements.txt beside the flow. Then deploy again`;
}

type Waiting = Extract<Happening, { type: "wait" }>;

/** Follows one run and says what is worth a line. */
export class Live {
	#began = new Map<string, number>();
	readonly #waits = new Set<string>();
	/** Runs that were made for this one, by the task that waits for each; and the waits whose run is not made yet, if it ever is. */
	readonly #children = new Map<string, string>();
	readonly #unmade = new Map<string, Waiting>();
	/** Attempts of tasks, of which another may follow. */
	readonly #failed = new Set<string>();
	/** Tasks that have ended: after each wait the run tells again what it remembers of itself. */
	readonly #over = new Set<string>();
	readonly #items = new Items();
	/** Lines of the agent's own, which are few. */
	readonly #told = new Set<string>();
	/** Its last process ended because it waits. */
	#waited = false;
	/** This process is one that came after such a wait. */
	#again = false;
	#attempt = 1;
	#claimed: number | null = null;
	#started: number | null = null;
	result: ResultContent | null = null;
	error: ErrorContent | null = null;
	/** Why it ended, where the flow itself did not say. */
	note: string | null = null;
	state: string | null = null;

	/** The last line has no end yet: the next takes its place. */
	#moves = false;

	/** @returns what to print, "" for nothing. */
	say(happening: Happening): string {
		const text = this.#say(happening);
		if (text === "") return "";
		const before = this.#moves ? "\r\x1b[K" : "";
		this.#moves = !text.endsWith("\n");
		return `${before}${text}`;
	}

	#say(happening: Happening): string {
		switch (happening.type) {
			case "lines":
				for (const { s, m } of happening.lines) if (s === "agent") this.#told.add(m);
				return happening.lines.map(formatLine).join("");
			case "queued": {
				const attempt = Number(happening.data.attempt ?? 1);
				return `${this.#next(attempt)}${mark(`${stateColour(stateText("queued"), "queued")}${attempt > 1 ? ` for attempt ${attempt}` : ""}`)}`;
			}
			case "waiting": {
				// What else is waited for says so itself.
				if (happening.data.for !== "retry") return "";
				const { attempt, until } = happening.data as { attempt: number; until: string };
				const pause = duration(Date.parse(until) - Date.parse(happening.at));
				return `${this.#next(attempt)}${mark(`${stateColour(stateText("waiting"), "waiting")}: attempt ${attempt} follows in ${pause}`)}`;
			}
			case "claimed":
				this.#claimed ??= Date.parse(happening.at);
				return "";
			case "started":
				[this.result, this.error, this.note] = [null, null, null];
				this.#started ??= Date.parse(happening.at);
				return mark(`${stateColour(stateText("running"), "running")}${this.#goesOn()}`);
			case "task":
				return this.#task(happening);
			case "wait":
				return this.#wait(happening);
			case "child":
				return this.#child(happening.data as { task: string; run: string });
			case "artifact":
				// One without a name is called by its kind.
				return mark(`${colours.cyan("artifact")} ${[...new Set([happening.kind, safe(happening.content.name)])].join(" ")}`);
			case "result":
				this.result = happening.content;
				return "";
			case "error":
				this.error = happening.content;
				return "";
			case "finished":
				// It waits without a process: no end of anything.
				this.#waited = happening.outcome === "suspended";
				if (this.#waited) return "";
				this.note =
					happening.note ??
					(happening.signal
						? `the process was ended by ${happening.signal}`
						: happening.code
							? `the process ended with exit code ${happening.code}`
							: null);
				return "";
			case "lost":
				return mark(colours.red(`${stateText("lost")}: its agent is gone; another takes over`));
			case "returned":
				return mark(colours.yellow("given back before it started: queued again"));
			case "cancel_requested":
				return mark(colours.yellow("is being cancelled"));
			case "ended":
				this.state = happening.state;
				return this.#end(happening.state, happening.at);
			default:
				return "";
		}
	}

	/** Why the attempt before has failed, once. */
	#next(attempt: number): string {
		const before = this.#attempt;
		this.#attempt = attempt;
		const why = this.error ? `${this.error.type}: ${this.error.message}`.split("\n")[0] : this.note;
		return attempt > before && why ? mark(`${stateColour(stateText("failed"), "failed")} attempt ${before}: ${safe(why)}`) : "";
	}

	#goesOn(): string {
		const after = this.#waited ? ": it goes on after its wait, and what the flow's body prints comes again" : "";
		this.#again = this.#waited;
		this.#waited = false;
		return after;
	}

	/** Once, though each process of the run that comes to it says it again. */
	#wait(wait: Waiting): string {
		const { task, kind, due, content } = wait;
		if (this.#waits.has(task)) return "";
		const child = this.#children.get(task);
		if (kind === "child" && child === undefined) {
			this.#unmade.set(task, wait);
			return "";
		}
		this.#waits.add(task);
		const until = due === null ? "" : ` until ${due}`;
		const what = {
			time: `sleeps${until}`,
			approval: `asks: ${safe(content.prompt?.text ?? content.key)}${until ? ` (${until.trim()})` : ""}, answered by tidegate answer`,
			event: `waits for ${safe(eventName(content.event ?? { name: "", key: "" }))}${until}`,
			child: `waits for ${safe(plainKey(content.key))}: ${child}`,
		}[kind];
		return mark(`${stateColour(isTerminal ? "⏸" : "waiting", "waiting")} ${isTerminal ? what : what.replace(/^waits /, "")}`);
	}

	/** The id of a run that was asked for is its own once it is made: one that is refused never is. */
	#child({ task, run }: { task: string; run: string }): string {
		this.#children.set(task, run);
		const wait = this.#unmade.get(task);
		this.#unmade.delete(task);
		return wait ? this.#wait(wait) : "";
	}

	#task(task: Extract<Happening, { type: "task" }>): string {
		const { key: told = task.content?.key } = task;
		const name = safe(task.name ?? task.content?.name ?? plainKey(told ?? (task.index === null ? task.fn : `${task.fn}[${task.index}]`)));
		const at = Date.parse(task.at);
		const key = `${task.execution} ${task.task} ${task.attempt}`;
		const again = task.attempt > 1 ? ` attempt ${task.attempt}` : "";
		const shape = stateColour(isTerminal ? stateText(task.state).slice(0, 1) : task.state, task.state);
		if (task.state === "running") {
			this.#began.set(key, at);
			return this.#items.say(task, mark(`${colours.blue(isTerminal ? "▸" : "started")} ${name}${again}`));
		}
		if (task.state === "waiting" && task.until) {
			// A wait, which says itself until when.
			if (!this.#failed.delete(key)) return this.#items.say(task, "");
			const pause = duration(Date.parse(task.until) - at);
			return this.#items.say(task, mark(`${shape} ${name} attempt ${task.attempt + 1} follows in ${pause}`));
		}
		if (!isOver(task.state) || (task.state === "skipped" && !task.from)) return this.#items.say(task, "");
		// A wait that failed is not remembered: it fails again, and begins no more.
		if ((task.from || (this.#again && !this.#began.has(key))) && this.#over.has(task.task)) return this.#items.say(task, "");
		this.#over.add(task.task);
		if (task.state === "failed") this.#failed.add(key);
		const began = this.#began.get(key);
		const took = began === undefined || task.from ? "" : ` ${colours.dim(duration(at - began))}`;
		const before = task.from ? ` ${colours.dim(`${task.cached ? "cached: result of run" : "remembered from run"} ${task.from}`)}` : "";
		const error = task.state === "failed" ? task.content?.error : null;
		const why = error ? ` ${safe(`${error.type}: ${error.message}`.split("\n")[0] ?? "")}` : "";
		return this.#items.say(task, mark(`${shape} ${name}${again}${took}${before}${why}`));
	}

	/** Of an error of the agent's own, what it did not say in the log already, as it does all that pip says. */
	#traceback(error: ErrorContent): string {
		if (error.module !== "tidegate.agent") return shortTraceback(error);
		return error.traceback
			.split("\n")
			.filter((line) => !this.#told.has(line))
			.join("\n");
	}

	#end(state: string, at: string): string {
		// What fails before its flow begins, as the build of its environment does, took its time as well.
		const began = this.#started ?? (this.error ? this.#claimed : null);
		const took = began === null ? "" : ` after ${duration(Date.parse(at) - began)}`;
		const left = this.error
			? safe(
					this.#traceback(this.error)
						.replace(/^\s*\n/, "")
						.trimEnd(),
				)
			: "";
		const traceback = left ? `\n${left}\n` : "";
		const hint = this.error?.type === "ModuleNotFoundError" ? mark(colours.yellow(missingModule(this.error.message))) : "";
		const said = this.error ? (left ? null : `${this.error.type}: ${this.error.message}`.split("\n")[0]) : this.note;
		const why = said ? `: ${safe(said)}` : "";
		return `${this.#items.summary()}${traceback}${mark(`${stateColour(stateText(state), state)}${took}${why}`)}${hint}${state === "succeeded" && this.result ? resultText(this.result) : ""}`;
	}
}

const mark = (text: string): string => `${text}\n`;

/** Nothing for a flow that returns nothing. */
export function resultText(result: ResultContent): string {
	if ("json" in result) return result.json === null ? "" : mark(JSON.stringify(result.json, null, isTerminal ? 2 : undefined));
	return mark(`${safe(result.repr ?? "")}${result.python ? colours.dim(` (${result.python})`) : ""}`);
}
