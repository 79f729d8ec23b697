/** What commands print: tables and colours for a terminal, tabs and instants for a pipe, JSON where it is asked for. */
import picocolors from "picocolors";
import { forceColor, noColor } from "../config.ts";

const stdout = process.stdout;
export const isTerminal = stdout.isTTY === true;
export const colours = picocolors.createColors(forceColor || (isTerminal && !noColor));
const errorColours = picocolors.createColors(forceColor || (process.stderr.isTTY === true && !noColor));

/** A reader that closes its end early (`| head`) ends us, as it does other programs. */
stdout.on("error", (error: NodeJS.ErrnoException) => {
	if (error.code === "EPIPE") process.exit(0);
	throw error;
});

export const print = (text: string): void => void stdout.write(`${text}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value));
/** For people, beside the output proper. */
export const note = (text: string): void => void process.stderr.write(`${text}\n`);
export const printError = (text: string): void => note(`${errorColours.red("error:")} ${text}`);

/** A line that the next one replaces; only on a terminal. */
export function progress(text: string): void {
	if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${errorColours.dim(text)}`);
}
export const progressEnd = (): void => void (process.stderr.isTTY && process.stderr.write("\r\x1b[2K"));

export interface Column<Row> {
	title: string;
	value: (row: Row) => string | number | null | undefined;
	right?: boolean;
	colour?: (text: string, row: Row) => string;
}

/** @param empty printed (on stderr) where there is no row: what would make one. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], empty: string): void {
	if (rows.length === 0) {
		note(empty);
		return;
	}
	const cells = rows.map((row) => columns.map((column) => clean(column.value(row))));
	const titles = columns.map((column) => column.title);
	if (!isTerminal) {
		for (const line of [titles, ...cells]) print(line.join("\t"));
		return;
	}
	const widths = titles.map((title, at) => Math.max(title.length, ...cells.map((line) => (line[at] as string).length)));
	const pad = (text: string, at: number): string => (columns[at]?.right ? text.padStart(widths[at] as number) : text.padEnd(widths[at] as number));
	print(colours.dim(titles.map(pad).join("  ").trimEnd()));
	for (const [index, line] of cells.entries()) {
		print(
			line
				.map((text, at) => columns[at]?.colour?.(pad(text, at), rows[index] as Row) ?? pad(text, at))
				.join("  ")
				.trimEnd(),
		);
	}
}

const clean = (value: string | number | null | undefined): string =>
	value === null || value === undefined || value === "" ? "-" : String(value).replace(/\p{Cc}/gu, " ");

/** States are a shape and a colour, so that neither alone has to be seen. */
const MARKS: Record<string, string> = {
	succeeded: "✓",
	failed: "✕",
	cancelled: "⊘",
	queued: "◌",
	held: "◌",
	waiting: "⏸",
	starting: "●",
	running: "●",
	cancelling: "●",
	lost: "⚑",
};
export const stateText = (state: string): string => (isTerminal ? `${MARKS[state] ?? "·"} ${state}` : state);
export function stateColour(text: string, state: string): string {
	if (state === "succeeded" || state === "online") return colours.green(text);
	if (state === "failed" || state === "lost" || state === "revoked") return colours.red(text);
	if (state === "running" || state === "starting") return colours.blue(text);
	return state === "cancelled" ? colours.dim(text) : colours.yellow(text);
}

/** `3 m ago` for a terminal, the instant for a pipe. */
export function ago(instant: string | null | undefined): string {
	if (!instant) return "-";
	if (!isTerminal) return instant;
	const seconds = Math.max(0, (Date.now() - Date.parse(instant)) / 1000);
	if (seconds < 60) return `${Math.floor(seconds)} s ago`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)} m ago`;
	return seconds < 86_400 * 2 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86_400)} d ago`;
}

/** @param ms milliseconds. `12 ms`, `1.2 s`, `4 m 12 s`, `2 h 05 m`. */
export function duration(ms: number): string {
	if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
	if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
	const minutes = Math.floor(ms / 60_000);
	if (minutes < 60) return `${minutes} m ${String(Math.floor((ms % 60_000) / 1000)).padStart(2, "0")} s`;
	return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} m`;
}

/** From start to end, or to now. */
export function lasted(start: string | null | undefined, end: string | null | undefined): string {
	return start ? duration((end ? Date.parse(end) : Date.now()) - Date.parse(start)) : "-";
}
