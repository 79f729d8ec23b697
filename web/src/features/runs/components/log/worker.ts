/** Opens, orders, filters and searches the lines of one log, off the page's thread: a million of them do not stop a scroll. */
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import type { RunPlace } from "tidegate/protocol/places.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { loadOpeners, type Openers } from "../../../../browser/openers.ts";
import { openKept } from "../../../../browser/vault.ts";
import { FilteredLines } from "./filter.ts";
import type { Lines, lastLines, Stretch } from "./lines.ts";
import { type FromWorker, type Segment, type Shown, type Sought, type ToWorker, unheard } from "./messages.ts";
import { copied, type Line, lineId, written } from "./text.ts";

/** Segments that open at the same time. */
const AT_ONCE = 16;
/** How often the page is told of more lines, in milliseconds: faster than that nobody reads. */
const TELL = 40;
/** Lines joined at a time for a download. */
const JOINED = 20_000;
/** Lines shown before all are read. */
const TAIL = 200;
/** Characters of a line that the page gets. */
const MOST = 100_000;

type Finishes = Extract<ToWorker, { do: "end" }>["finishes"];

interface Open {
	key: WorkspaceKey;
	place: RunPlace;
	openers: Openers;
	lines: Lines;
	lastLines: typeof lastLines;
}

let opened: Promise<Open>;
let filtered = new FilteredLines({ level: "debug", task: undefined, execution: undefined, attempt: undefined, search: "" });
let version = 0;
let last = 0;
let refused = 0;
let complete = false;
/** The run ended, but not all that it told before has come in. */
let ending: Finishes | undefined;
/** The first shown position that changed since the page was told. */
let since = 0;
let told = 0;
let telling = false;
let working = false;
/** What came in, one after the other: order is what a log is. */
let busy: Promise<void> = Promise.resolve();

const tell = (message: FromWorker): void => postMessage(message);

async function open(person: string, kid: string, place: RunPlace): Promise<Open> {
	const [openers, key] = await Promise.all([loadOpeners(), openKept({ person, workspace: place.workspace }, kid)]);
	if (!key) throw new Error("this browser no longer holds the workspace key.");
	// Only now: it makes schemas, and the openers have told zod how.
	const { Lines, lastLines } = await import("./lines.ts");
	return { key, place, openers, lines: new Lines(), lastLines };
}

async function stretchOf({ key, place, openers }: Open, segment: Segment): Promise<Stretch | undefined> {
	const { execution, stream, start, at, sealed } = segment;
	const content = await openers.openSegment(key, place, execution, stream, start, fromBase64(sealed)).catch(() => undefined);
	return content && { execution, stream, start, at, content };
}

const known = <T>(one: T | undefined): one is T => one !== undefined;

async function add(segments: Segment[]): Promise<void> {
	const log = await opened;
	const fresh = unheard(segments, last);
	for (let at = 0; at < fresh.length; at += AT_ONCE) {
		const some = fresh.slice(at, at + AT_ONCE);
		const stretches = await Promise.all(some.map((segment) => stretchOf(log, segment)));
		last = Math.max(last, ...some.map((segment) => segment.seq));
		refused += stretches.filter((stretch) => !stretch).length;
		changed(log.lines.add(stretches.filter(known)));
		await work(log.lines.all);
	}
}

/** Looked at beside what is being read: whoever is on call wants the end first. */
async function tail(segments: Segment[]): Promise<void> {
	const log = await opened;
	const stretches = await Promise.all(segments.map((segment) => stretchOf(log, segment)));
	tell({ is: "tail", lines: log.lastLines(stretches.filter(known), TAIL).map((line) => ({ ...line, m: line.m.slice(0, MOST) })) });
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
		if (done) break;
		tellSoon();
		await new Promise((resolve) => setTimeout(resolve));
	}
	working = false;
	tellSoon();
}

/** At once where nothing was told for a moment: a line of a running flow is not kept waiting. */
function tellSoon(): void {
	if (telling) return;
	telling = true;
	setTimeout(
		() => {
			telling = false;
			told = Date.now();
			void state();
		},
		Math.max(0, told + TELL - Date.now()),
	);
}

async function state(): Promise<void> {
	const { lines } = await opened;
	const [total, shown, matches] = [lines.all.length, filtered.shown.length, filtered.matches.length];
	const done = complete && !working && !ending;
	tell({ is: "state", version, since, total, shown, matches, longestKey: lines.longestKey, read: last, refused, complete: done });
	since = shown;
}

const shownLine = (lines: readonly Line[], at: number): Shown => {
	const position = filtered.shown[at] as number;
	const line = lines[position] as Line;
	const cut = line.m.length > MOST ? { m: line.m.slice(0, MOST), left: line.m.length - MOST } : {};
	return { ...line, ...cut, place: position + 1 };
};

async function end(lines: Lines): Promise<void> {
	if (!ending || !complete) return;
	const finishes = ending;
	ending = undefined;
	for (const { execution, streams, at } of finishes) changed(lines.finish(execution, streams, at));
	changed(lines.end());
	await work(lines.all);
	tellSoon();
}

async function take(message: ToWorker): Promise<void> {
	if (message.do === "open") {
		opened = open(message.person, message.kid, message.place);
		await opened;
		return;
	}
	const { lines } = await opened;
	if (message.do === "tail") await tail(message.segments);
	else if (message.do === "add") {
		busy = busy.then(() => add(message.segments));
		await busy;
		complete ||= message.complete;
		await end(lines);
		tellSoon();
	} else if (message.do === "end") {
		// In its turn: stretches that came before it may still be on their way in.
		busy = busy.then(() => {
			ending = message.finishes;
		});
		await busy;
		await end(lines);
	} else if (message.do === "filter") {
		filtered = new FilteredLines(message.filter);
		version = message.version;
		since = 0;
		await work(lines.all);
		tellSoon();
	} else if (message.version === version) answer(message, lines.all);
	// It waits for an answer, whatever the filter is by now.
	else if (message.do === "text") tell({ is: "text", text: new Blob([]) });
}

function answer(message: Extract<ToWorker, { version: number }>, lines: readonly Line[]): void {
	if (message.do === "lines") {
		const to = Math.min(message.to, filtered.shown.length);
		const from = Math.min(message.from, to);
		tell({ is: "lines", version, from, lines: Array.from({ length: to - from }, (_, i) => shownLine(lines, from + i)) });
	} else if (message.do === "find") tell({ is: "found", version, sought: message.sought, at: find(message.sought, lines) });
	else if (message.do === "text") tell({ is: "text", text: text(lines, message.range) });
}

function find(sought: Sought, lines: readonly Line[]): number | undefined {
	if ("match" in sought) return filtered.matches[sought.match];
	if ("line" in sought) {
		const position = lines.findIndex((line) => lineId(line) === sought.line);
		return position < 0 ? undefined : filtered.find(position);
	}
	const at = filtered.shown.findLastIndex((position) => (lines[position] as Line).t * 1_000 <= sought.moment);
	return at < 0 ? undefined : at;
}

function text(lines: readonly Line[], range: { from: number; to: number } | undefined): Blob {
	const shown = range ? filtered.shown.slice(range.from, range.to) : filtered.shown;
	const form = range ? copied : written;
	const parts: string[] = [];
	for (let at = 0; at < shown.length; at += JOINED)
		parts.push(
			`${shown
				.slice(at, at + JOINED)
				.map((position) => form(lines[position] as Line))
				.join("\n")}\n`,
		);
	return new Blob(parts, { type: "text/plain" });
}

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
	take(data).catch((cause: Error) => tell({ is: "trouble", message: cause.message }));
});
