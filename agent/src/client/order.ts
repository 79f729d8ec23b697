/**
 * What arrives together, by its time. An agent tells streams one after the other (first the log, then the events), so that within one report a task's
 * lines stand before its start. Only within what is there already: nothing is held back for it.
 */
import type { Line } from "../protocol/lines.ts";
import type { Happening } from "./happening.ts";

/** Told by the control plane, whose clock is another: nothing passes them. */
const isOfProcess = ({ type }: Happening): boolean =>
	type === "lines" || type === "task" || type === "artifact" || type === "result" || type === "error";

interface Item {
	/** Milliseconds since 1970 on the agent's clock. */
	at: number;
	/** Among items of the same millisecond. */
	rank: number;
	happening: Exclude<Happening, { type: "lines" }> | null;
	line: Line | null;
}

/** @returns the same happenings; the order within each stream of log and among events stays as it was. */
export function inOrder(happenings: readonly Happening[]): Happening[] {
	if (happenings.length < 2) return [...happenings];
	const ordered: Happening[] = [];
	let stretch: Happening[] = [];
	const end = (): void => {
		ordered.push(...merged(stretch));
		stretch = [];
	};
	for (const happening of happenings) {
		if (isOfProcess(happening)) stretch.push(happening);
		else {
			end();
			ordered.push(happening);
		}
	}
	end();
	return ordered;
}

function merged(stretch: readonly Happening[]): Happening[] {
	const streams = new Map<string, Item[]>();
	const add = (name: string, item: Item): void => {
		const stream = streams.get(name);
		// A clock that was set back moves nothing before what its own stream said first.
		const last = stream?.at(-1);
		if (last && item.at < last.at) item.at = last.at;
		if (stream) stream.push(item);
		else streams.set(name, [item]);
	};
	for (const happening of stretch) {
		if (happening.type === "lines")
			for (const line of happening.lines) add(`${line.execution} ${line.stream}`, { at: Math.trunc(line.t * 1000), rank: 1, happening: null, line });
		// A start before the lines of its millisecond, an end after them.
		else add("events", { at: Date.parse(happening.at), rank: isStart(happening) ? 0 : 2, happening, line: null });
	}
	const items = [...streams.values()].flat();
	// Sorting is stable, and within a stream times never fall: at one time the ranks of events alone could change places, so they rise with them.
	riseWithin(streams.get("events") ?? []);
	return together(items.sort((a, b) => a.at - b.at || a.rank - b.rank));
}

const isStart = (happening: Happening): boolean => happening.type === "task" && (happening.state === "pending" || happening.state === "running");

function riseWithin(events: readonly Item[]): void {
	for (const [index, item] of events.entries()) {
		const before = events[index - 1];
		if (before && before.at === item.at && item.rank < before.rank) item.rank = before.rank;
	}
}

function together(items: readonly Item[]): Happening[] {
	const result: Happening[] = [];
	for (const { happening, line } of items) {
		const last = result.at(-1);
		if (happening) result.push(happening);
		else if (line && last?.type === "lines") last.lines.push(line);
		else if (line) result.push({ type: "lines", lines: [line] });
	}
	return result;
}
