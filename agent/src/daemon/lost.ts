/** What the processes of a run could not write, as their SDK told it: decisions/0001-run-directory.md. */
import { z } from "zod";
import { LOST, MAX_LOST, type RunFolder } from "./folder.ts";
import { bytes, plural } from "./output.ts";
import { readRange } from "./stream.ts";

const Count = z.tuple([z.int().min(0), z.int().min(0)]);
const Line = z.object({ since: z.number().min(0), why: z.string().max(20), log: Count, events: Count });

export interface Lost {
	/** Epoch seconds. */
	since: number;
	reason: string;
	/** Records of tasks, waits, results. */
	events: number;
	/** How much, and why. */
	sentence: string;
}

/** null where nothing was lost. */
export function lostIn(folder: RunFolder): Lost | null {
	const lines = read(folder.at(LOST));
	const [first] = lines;
	if (!first) return null;
	const sum = (of: (line: z.infer<typeof Line>) => number): number => lines.reduce((all, line) => all + of(line), 0);
	const [log, size, events] = [sum((line) => line.log[0]), sum((line) => line.log[1]), sum((line) => line.events[0])];
	const reason = first.why === "ENOSPC" || first.why === "EDQUOT" ? "the agent's disk is full" : `the run directory cannot be written (${first.why})`;
	const what = [log > 0 && `${plural(log, "line")} of its log (${bytes(size)})`, events > 0 && `${plural(events, "record")} of tasks and results`];
	const sentence = `${what.filter(Boolean).join(" and ")} ${log + events === 1 ? "was" : "were"} lost: ${reason.replace(" is ", " was ").replace("cannot be", "could not be")}`;
	return { since: Math.min(...lines.map(({ since }) => since)), reason, events, sentence };
}

function read(path: string): z.infer<typeof Line>[] {
	const text = readRange(path, 0, MAX_LOST).toString("latin1");
	return text.split("\n").flatMap((line) => {
		if (line.trim() === "") return [];
		try {
			return Line.safeParse(JSON.parse(line)).data ?? [];
		} catch {
			return [];
		}
	});
}
