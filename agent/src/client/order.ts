/**
 * What arrives together, by its time. An agent tells streams one after the other (first the log, then the events), so that within one report a task's
 * lines stand before its start. Only within what is there already: nothing is held back for it.
 */
import type { Line } from "../protocol/lines.ts";
import type { Happening } from "./happening.ts";

type Event = Exclude<Happening, { type: "lines" }>;

/** The rest is told by the control plane, whose clock is another: nothing passes it. */
const isOfProcess = ({ type }: Happening): boolean =>
	type === "lines" || type === "task" || type === "artifact" || type === "result" || type === "error";

/** @returns the same happenings; the order within each stream of log and among events stays as it was. */
export function inOrder(happenings: readonly Happening[]): Happening[] {
	if (happenings.length < 2) return [...happenings];
	const ordered: Happening[] = [];
	let stretch: Happening[] = [];
	for (const happening of happenings) {
		if (isOfProcess(happening)) stretch.push(happening);
		else {
			ordered.push(...merged(stretch), happening);
			stretch = [];
		}
	}
	return [...ordered, ...merged(stretch)];
}

/** By the earliest first of all streams. */
function merged(stretch: readonly Happening[]): Happening[] {
	const events = stretch.filter((happening): happening is Event => happening.type !== "lines");
	if (events.length === 0) return [...stretch];
	const streams = new Map<string, Line[]>();
	for (const happening of stretch) {
		if (happening.type !== "lines") continue;
		for (const line of happening.lines) {
			const name = `${line.execution} ${line.stream}`;
			const stream = streams.get(name);
			if (stream) stream.push(line);
			else streams.set(name, [line]);
		}
	}
	const begins = starts(events);
	const logs = [...streams.values()].map((lines) => ({ lines, at: 0 }));
	const result: Happening[] = [];
	for (let at = 0; ; ) {
		const log = earliest(logs);
		const line = log?.lines[log.at];
		const event = events[at];
		if (event && (!line || goesFirst(event, at, line, begins))) {
			result.push(event);
			at++;
		} else if (log && line) {
			log.at++;
			const last = result.at(-1);
			if (last?.type === "lines") last.lines.push(line);
			else result.push({ type: "lines", lines: [line] });
		} else return result;
	}
}

function earliest(logs: readonly { lines: Line[]; at: number }[]): { lines: Line[]; at: number } | undefined {
	let first: { lines: Line[]; at: number } | undefined;
	for (const log of logs) {
		const line = log.lines[log.at];
		const than = first?.lines[first.at];
		if (line && (!than || line.t < than.t)) first = log;
	}
	return first;
}

/** Events tell milliseconds, and a task may take less: of one millisecond a start comes first, then lines of tasks that began before, then an end. */
function goesFirst(event: Event, index: number, line: Line, begins: ReadonlyMap<string, number>): boolean {
	const [eventAt, lineAt] = [Date.parse(event.at), Math.trunc(line.t * 1000)];
	if (eventAt !== lineAt) return eventAt < lineAt;
	return isStart(event) || index < (begins.get(`${line.execution} ${line.k} ${lineAt}`) ?? -1);
}

const isStart = (event: Event): boolean => event.type === "task" && (event.state === "pending" || event.state === "running");

/** Where each task starts among `events`, by its key and time. A start may come without the key, which a later word of the same task has. */
function starts(events: readonly Event[]): Map<string, number> {
	const keys = new Map<string, string>();
	for (const event of events) if (event.type === "task" && event.content) keys.set(event.task, event.content.key);
	const begins = new Map<string, number>();
	for (const [index, event] of events.entries()) {
		if (event.type !== "task" || event.state !== "running") continue;
		const key = keys.get(event.task);
		if (key !== undefined) begins.set(`${event.execution} ${key} ${Date.parse(event.at)}`, index);
	}
	return begins;
}
