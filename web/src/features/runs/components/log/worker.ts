/** Opens, orders, filters and searches the lines of one log, off the page's thread: a million of them do not stop a scroll. */
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import type { RunPlace } from "tidegate/protocol/places.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { loadOpeners, type Openers } from "../../../../browser/openers.ts";
import { recallKey } from "../../../../browser/vault.ts";
import { FilteredLines } from "./filter.ts";
import type { Lines, Stretch } from "./lines.ts";
import type { FromWorker, Segment, ToWorker } from "./messages.ts";
import { type Line, lineId, written } from "./text.ts";

/** Segments that open at the same time. */
const AT_ONCE = 16;
/** How often the page is told of more lines, in milliseconds: faster than that nobody reads. */
const TELL = 40;
/** Lines joined at a time for a download. */
const JOINED = 20_000;

type Finishes = Extract<ToWorker, { do: "end" }>["finishes"];

interface Open {
	key: WorkspaceKey;
	place: RunPlace;
	openers: Openers;
	lines: Lines;
}

let opened: Promise<Open>;
let filtered = new FilteredLines({ level: "debug", task: undefined, execution: undefined, search: "" });
let version = 0;
let last = 0;
let refused = 0;
let complete = false;
/** The run ended, but not all that it told before has come in. */
let ending: Finishes | undefined;
/** The first shown position that changed since the page was told. */
let since = 0;
let telling = false;
let working = false;
/** What came in, one after the other: order is what a log is. */
let busy: Promise<void> = Promise.resolve();

const tell = (message: FromWorker): void => postMessage(message);

async function open(kid: string, place: RunPlace): Promise<Open> {
	const [openers, key] = await Promise.all([loadOpeners(), recallKey(place.workspace, kid)]);
	if (!key) throw new Error("this browser no longer holds the workspace key.");
	// Only now: it makes schemas, and the openers have told zod how.
	const { Lines } = await import("./lines.ts");
	return { key, place, openers, lines: new Lines() };
}

async function stretchOf({ key, place, openers }: Open, segment: Segment): Promise<Stretch | undefined> {
	const { execution, stream, start, at, sealed } = segment;
	const content = await openers.openSegment(key, place, execution, stream, start, fromBase64(sealed)).catch(() => undefined);
	if (!content) refused += 1;
	return content && { execution, stream, start, at, content };
}

async function add(segments: Segment[]): Promise<void> {
	const log = await opened;
	const fresh = segments.filter((segment) => segment.seq > last);
	for (let at = 0; at < fresh.length; at += AT_ONCE) {
		const some = fresh.slice(at, at + AT_ONCE);
		const stretches = await Promise.all(some.map((segment) => stretchOf(log, segment)));
		last = Math.max(last, ...some.map((segment) => segment.seq));
		changed(log.lines.add(stretches.filter((stretch) => stretch !== undefined)));
		await work(log.lines.all);
	}
}

function changed(position: number): void {
	since = Math.min(since, filtered.rewind(position));
}

/** Looks at what is new, a slice at a time; between slices the page is heard. */
async function work(lines: readonly Line[]): Promise<void> {
	if (working) return;
	working = true;
	for (;;) {
		const done = filtered.extend(lines);
		tellSoon();
		if (done) break;
		await new Promise((resolve) => setTimeout(resolve));
	}
	working = false;
}

function tellSoon(): void {
	if (telling) return;
	telling = true;
	setTimeout(() => {
		telling = false;
		void state();
	}, TELL);
}

async function state(): Promise<void> {
	const { lines } = await opened;
	const [total, shown, matches] = [lines.all.length, filtered.shown.length, filtered.matches.length];
	tell({ is: "state", version, since, total, shown, matches, longestKey: lines.longestKey, refused, complete: complete && !working });
	since = shown;
}

const shownLine = (lines: readonly Line[], at: number) => {
	const position = filtered.shown[at] as number;
	return { ...(lines[position] as Line), place: position + 1 };
};

async function end(lines: Lines): Promise<void> {
	if (!ending || !complete) return;
	for (const { execution, streams, at } of ending) changed(lines.finish(execution, streams, at));
	ending = undefined;
	changed(lines.end());
	await work(lines.all);
}

async function take(message: ToWorker): Promise<void> {
	if (message.do === "open") {
		opened = open(message.kid, message.place);
		await opened;
		return;
	}
	const { lines } = await opened;
	if (message.do === "add") {
		busy = busy.then(() => add(message.segments));
		await busy;
		complete ||= message.complete;
		await end(lines);
		tellSoon();
	} else if (message.do === "end") {
		ending = message.finishes;
		await busy;
		await end(lines);
	} else if (message.do === "filter") {
		filtered = new FilteredLines(message.filter);
		version = message.version;
		since = 0;
		await work(lines.all);
		tellSoon();
	} else if (message.version === version) answer(message, lines.all);
}

function answer(message: Exclude<ToWorker, { do: "open" | "add" | "end" | "filter" }>, lines: readonly Line[]): void {
	if (message.do === "lines") {
		const to = Math.min(message.to, filtered.shown.length);
		const from = Math.min(message.from, to);
		tell({ is: "lines", version, from, lines: Array.from({ length: to - from }, (_, i) => shownLine(lines, from + i)) });
	} else if (message.do === "match") tell({ is: "found", version, match: message.match, at: filtered.matches[message.match] });
	else if (message.do === "find") {
		const position = lines.findIndex((line) => lineId(line) === message.line);
		tell({ is: "found", version, line: message.line, at: position < 0 ? undefined : filtered.find(position) });
	} else tell({ is: "text", text: text(lines) });
}

function text(lines: readonly Line[]): Blob {
	const parts: string[] = [];
	for (let at = 0; at < filtered.shown.length; at += JOINED)
		parts.push(
			`${filtered.shown
				.slice(at, at + JOINED)
				.map((position) => written(lines[position] as Line))
				.join("\n")}\n`,
		);
	return new Blob(parts, { type: "text/plain" });
}

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
	take(data).catch((cause: Error) => tell({ is: "trouble", message: cause.message }));
});
