/** What the agent says of itself: one line an event, for a terminal or a journal. Ids, names, states and counts; never a sealed content. */
import picocolors from "picocolors";
import { forceColor, noColor } from "../config.ts";

export interface Output {
	info(line: string): void;
	warn(line: string): void;
	error(line: string): void;
}

/** @param stream where it goes; colours only on a terminal. */
export function output(stream: NodeJS.WriteStream = process.stderr): Output {
	const colours = picocolors.createColors((stream.isTTY && !noColor) || forceColor);
	const say = (mark: string, line: string): void => {
		const time = new Date().toISOString();
		// A journal stamps its lines itself, but a file does not.
		stream.write(`${colours.dim(stream.isTTY ? time.slice(11, 19) : time)} ${mark} ${line}\n`);
	};
	return {
		info: (line) => say(colours.cyan("·"), line),
		warn: (line) => say(colours.yellow("!"), line),
		error: (line) => say(colours.red("✕"), line),
	};
}

/** `0.4 s`, `12.3 s`, `4 m 12 s`. @param ms milliseconds */
export function took(ms: number): string {
	const seconds = Math.max(0, ms) / 1000;
	return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} m ${Math.floor(seconds % 60)} s`;
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

export function bytes(count: number): string {
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let unit = 0;
	let value = count;
	while (value >= 1024 && unit < units.length - 1) {
		value /= 1024;
		unit++;
	}
	return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `3f2a…` is what people recognise a run by in a line. */
export const short = (run: string): string => run.slice(-8);
