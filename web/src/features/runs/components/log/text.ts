import type { Line as Read } from "tidegate/protocol/lines.ts";
import { plain } from "./ansi.ts";

export interface Line extends Read {
	/** Its place within its stream, from 0: with execution and stream, its name for ever. */
	n: number;
}

export const lineId = (line: Pick<Line, "execution" | "stream" | "n">): string => `${line.execution}.${line.stream}.${line.n}`;

/** Time of day with milliseconds, in the viewer's zone. */
export function clock(t: number): string {
	const at = new Date(t * 1_000);
	const two = (n: number) => String(n).padStart(2, "0");
	return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** A line as it is downloaded, with its time in UTC. */
export const written = (line: Line): string =>
	[new Date(line.t * 1_000).toISOString(), line.l.padEnd(5), line.k ? `[${line.k}] ` : "", plain(line.m)].join(" ").replace("  ", " ");

/** A line as it is copied: what was written, and nothing of what the page says beside it. */
export const copied = (line: Line): string => plain(line.m);
