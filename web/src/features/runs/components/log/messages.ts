/** What a page and its log worker tell each other. The worker holds all lines; the page asks for those that are seen. */
import type { RunPlace } from "tidegate/protocol/places.ts";
import type { Filter } from "./filter.ts";
import type { Line } from "./text.ts";

/** As the control plane tells it. */
export interface Segment {
	seq: number;
	execution: number;
	stream: string;
	start: number;
	end: number;
	at: string;
	lines: number;
	sealed: string;
}

/** Those past `last`, each once: the end of what was asked for and the beginning of what is being told are often the same. */
export function unheard<S extends { seq: number }>(segments: readonly S[], last: number): S[] {
	let heard = last;
	return segments.filter(({ seq }) => {
		if (seq <= heard) return false;
		heard = seq;
		return true;
	});
}

/** What is looked for: the line of this id, the match of this number, or the last line that was written by a moment (milliseconds since 1970). */
export type Sought = { line: string } | { match: number } | { moment: number };

export type ToWorker =
	| { do: "open"; person: string; kid: string; place: RunPlace }
	/** The last ones, to be seen before all are read. */
	| { do: "tail"; segments: Segment[] }
	/** @param complete everything up to now has been told with these. */
	| { do: "add"; segments: Segment[]; complete: boolean }
	| { do: "end"; finishes: { execution: number; streams: Record<string, number>; at: string }[] }
	| { do: "filter"; version: number; filter: Filter }
	| { do: "lines"; version: number; from: number; to: number }
	| { do: "find"; version: number; sought: Sought }
	/** Shown lines as they are downloaded: all of them; or from one position to another, as they are copied. */
	| { do: "text"; version: number; range: { from: number; to: number } | undefined };

/** A line with its number among all lines, from 1. */
export interface Shown extends Line {
	place: number;
	/** Characters that were left out at its end: a page dies of a line of many megabytes. */
	left?: number;
}

export interface LogState {
	/** Of the filter that the numbers are of. */
	version: number;
	/** Shown positions from here on are others than before. */
	since: number;
	total: number;
	shown: number;
	matches: number;
	longestKey: number;
	/** Position among all that was appended to the run, up to which segments were read. */
	read: number;
	/** Segments that did not open. */
	refused: number;
	/** Everything that was told was read and looked at. */
	complete: boolean;
}

export type FromWorker =
	| ({ is: "state" } & LogState)
	| { is: "tail"; lines: Line[] }
	| { is: "lines"; version: number; from: number; lines: Shown[] }
	| { is: "found"; version: number; sought: Sought; at: number | undefined }
	| { is: "text"; text: Blob }
	| { is: "trouble"; message: string };
