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

export type ToWorker =
	| { do: "open"; kid: string; place: RunPlace }
	/** @param complete everything up to now has been told with these. */
	| { do: "add"; segments: Segment[]; complete: boolean }
	| { do: "end"; finishes: { execution: number; streams: Record<string, number>; at: string }[] }
	| { do: "filter"; version: number; filter: Filter }
	| { do: "lines"; version: number; from: number; to: number }
	/** Where the line of this id, or the match of this number, is shown. */
	| { do: "find"; version: number; line: string }
	| { do: "match"; version: number; match: number }
	| { do: "text"; version: number };

/** A line with its number among all lines, from 1. */
export type Shown = Line & { place: number };

export interface LogState {
	/** Of the filter that the numbers are of. */
	version: number;
	/** Shown positions from here on are others than before. */
	since: number;
	total: number;
	shown: number;
	matches: number;
	longestKey: number;
	/** Segments that did not open. */
	refused: number;
	/** Everything that was told was read and looked at. */
	complete: boolean;
}

export type FromWorker =
	| ({ is: "state" } & LogState)
	| { is: "lines"; version: number; from: number; lines: Shown[] }
	| { is: "found"; version: number; line?: string; match?: number; at: number | undefined }
	| { is: "text"; text: Blob }
	| { is: "trouble"; message: string };
