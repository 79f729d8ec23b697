"use client";
import { plain } from "./ansi.ts";
import type { FilteredLines } from "./filter.ts";
import type { Line, LogStore } from "./store.ts";

/** Time of day with milliseconds, in the viewer's zone. */
export function clock(t: number): string {
	const at = new Date(t * 1_000);
	const two = (n: number) => String(n).padStart(2, "0");
	return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

const written = (line: Line): string =>
	[new Date(line.t * 1_000).toISOString(), line.l.padEnd(5), line.k ? `[${line.k}] ` : "", plain(line.m)].join(" ").replace("  ", " ");

/** Saves the lines that are shown as text, with times in UTC. */
export function download(store: LogStore, filtered: FilteredLines, name: string): void {
	const text = filtered.shown.map((at) => written(store.lines[at] as Line)).join("\n");
	const url = URL.createObjectURL(new Blob([text, "\n"], { type: "text/plain" }));
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
