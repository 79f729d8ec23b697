/**
 * What of a run directory is still to be told. The directory is the truth and the spool: nothing is kept in memory but how far the control plane
 * has each stream, so a control plane that is away for hours costs the agent no memory, and a resend is the same bytes again.
 */
import { readdirSync } from "node:fs";
import type { FinishContent } from "../protocol/content.ts";
import { MAX_LOG, MAX_SEGMENT } from "../protocol/limits.ts";
import { sealArtifactPiece, sealSegment } from "../protocol/open.ts";
import type { RunPlace } from "../protocol/places.ts";
import type { WorkspaceKey } from "../protocol/seal.ts";
import type { Segment } from "../protocol/wire.ts";
import { Events } from "./events.ts";
import type { RunFolder } from "./folder.ts";
import { LOOK_BACK, Masker } from "./secrets/masker.ts";
import { type Piece, readRange, Stream, type StreamKind } from "./stream.ts";

const NEWLINE = 10;

/** What one collection brings. */
export interface Collected {
	segments: Segment[];
	/** There is more than the budget held. */
	more: boolean;
	/** With these segments everything has been told, as far as the process has written. */
	drained: boolean;
}

/** In which order streams are told: what a task logged before its end stands there when the end is told; an artifact's event comes before its body. */
const ORDER: readonly StreamKind[] = ["log", "raw", "events", "artifact"];
/** The agent's own lines about an execution: few, and never held back; those of `log.0` where its disk was full. */
export const AGENT_LOG = "log.agent";
const isAgents = (name: string): boolean => name === AGENT_LOG || name === "log.0";
/** Read at once where earlier events are recalled. Bytes. */
const RECALL = 4 * 1024 * 1024;
/** How long the beginning of a secret waits for the rest of it. Milliseconds. */
const HALF_SECRET_MS = 2000;

export class Spool {
	readonly #key: WorkspaceKey;
	readonly #place: RunPlace;
	readonly #folder: RunFolder;
	readonly #streams = new Map<string, Stream>();
	/** How far each events stream was read by this process. */
	readonly #recalled = new Map<string, number>();
	readonly events: Events;
	#masker = Masker.none;
	/** Streams that end with the beginning of a secret: how far they went, and since when. */
	readonly #waiting = new Map<string, { size: number; since: number }>();
	/** The log is longer than what is shipped of one execution. */
	capped = false;
	/** Limits that were passed, in words, until the run's log says them: before the finish closes it. */
	readonly unsaid: string[] = [];

	constructor(key: WorkspaceKey, place: RunPlace, folder: RunFolder) {
		this.#key = key;
		this.#place = place;
		this.#folder = folder;
		this.events = new Events(key, place, folder.ref.execution);
		this.events.onLimit = (words) => this.unsaid.push(words);
	}

	get masker(): Masker {
		return this.#masker;
	}

	/** What must not leave, from here on. */
	set masker(masker: Masker) {
		this.#masker = masker;
		this.events.masker = masker;
	}

	/**
	 * Pieces from the marks on, sealed; their bytes go to `parts`.
	 * @param budget bytes before sealing, at least one piece is taken @param ended the process is gone: unfinished lines go out too
	 */
	async collect(parts: Uint8Array[], budget: number, ended: boolean): Promise<Collected> {
		this.#discover();
		// While the log is read the process goes on: an event that it writes meanwhile would be told before the lines that it wrote before it.
		const until = new Map(ended ? [] : [...this.#streams.values()].filter(({ kind }) => kind === "events").map((each) => [each, each.size()]));
		this.#discover();
		const segments: Segment[] = [];
		let left = budget;
		for (const kind of ORDER) {
			// Events of this collection may name artifacts: looked up anew for each kind.
			if (kind === "artifact") this.#discoverArtifacts();
			for (const stream of [...this.#streams.values()].filter((each) => each.kind === kind)) {
				for (let from = stream.mark; ; ) {
					const whole = left > 0 ? stream.next(from, ended, ended || kind !== "events" ? undefined : (until.get(stream) ?? 0)) : null;
					const piece = whole && this.#withoutSecrets(stream, whole, ended);
					if (left <= 0) return { segments, more: true, drained: false };
					if (!piece || !this.#admit(stream, piece)) break;
					segments.push(...(await this.#seal(stream, piece, parts)));
					left -= piece.end - piece.start;
					from = piece.end;
				}
			}
		}
		return { segments, more: false, drained: true };
	}

	/** Where the control plane stands now, by its own word. @returns false where that is not behind what was sent. */
	acknowledge(sent: Segment[], marks: Record<string, number>): boolean {
		let same = true;
		const ends = new Map(sent.map(({ stream, end }) => [stream, end]));
		for (const [name, end] of ends) {
			const mark = marks[name];
			const stream = this.#streams.get(name);
			if (mark === undefined || !stream) continue;
			if (mark !== end) same = false;
			stream.mark = mark;
			// It may have more than this process ever sent: what stands there counts, too.
			if (stream.kind === "events") this.#recall(stream, mark);
			this.#folder.notes.marks[name] = mark;
		}
		return same;
	}

	/** What is sealed into the finish: where each stream ends once `segments` have arrived, and how much stayed home. */
	final(segments: Segment[]): Pick<FinishContent, "streams" | "notShipped"> {
		const ends = new Map(segments.map(({ stream, end }) => [stream, end]));
		const streams: Record<string, number> = {};
		let notShipped = 0;
		for (const stream of this.#streams.values()) {
			const end = ends.get(stream.name) ?? stream.mark;
			if (end > 0) streams[stream.name] = end;
			if (stream.kind === "log" || stream.kind === "raw") notShipped += this.capped && !isAgents(stream.name) ? Math.max(0, stream.size() - end) : 0;
		}
		return { streams, notShipped };
	}

	#discover(): void {
		let names: string[];
		try {
			names = readdirSync(this.#folder.path);
		} catch {
			return;
		}
		for (const name of names) {
			const match = /^(events\.\d{1,10}|log\.(?:\d{1,10}|agent))\.ndjson$/.exec(name);
			if (match) this.#add(match[1] as string, name.startsWith("log.") ? "log" : "events", name);
			else if (name === "out.log" || name === "err.log") this.#add(name.slice(0, 3), "raw", name);
		}
		this.#discoverArtifacts();
	}

	#discoverArtifacts(): void {
		for (const { id, file, size } of this.events.artifacts.values()) this.#add(`artifact.${id}`, "artifact", file, size);
	}

	#add(name: string, kind: StreamKind, file: string, limit?: number): void {
		if (this.#streams.has(name)) return;
		this.#streams.set(name, new Stream(name, kind, this.#folder.at(file), this.#folder.notes.marks[name] ?? 0, limit));
	}

	/** The piece as it may leave: cut before the beginning of a secret, which waits for what follows; null where nothing is left of it. */
	#withoutSecrets(stream: Stream, piece: Piece, ended: boolean): Piece | null {
		if (this.#masker.idle || stream.kind === "events") return piece;
		const { start, end, content } = piece;
		if (stream.kind === "artifact") {
			const reach = Math.min(start, this.#masker.reach);
			const after = readRange(stream.path, end, Math.min(this.#masker.reach, stream.size() - end));
			return { ...piece, content: this.#masker.body(readRange(stream.path, start - reach, reach), content, after) };
		}
		const back = Math.min(start, LOOK_BACK);
		const read = readRange(stream.path, start - back, back);
		// Of records only whole ones: what is cut by the look back is none.
		const before = stream.kind === "log" && back < start ? read.subarray(read.indexOf(NEWLINE) + 1) : read;
		const last = (ended && end >= stream.size()) || this.#hasWaited(stream, end);
		const masked = stream.kind === "log" ? this.#masker.records(before, content, last) : this.#masker.raw(before, content, last);
		if (masked.taken === content.length) {
			this.#waiting.delete(stream.name);
			return { ...piece, content: masked.content };
		}
		if (masked.taken === 0) return null;
		const lines = masked.content.reduce((count, byte) => count + (byte === NEWLINE ? 1 : 0), 0);
		return { start, end: start + masked.taken, content: masked.content, lines };
	}

	/** Whether nothing came for a while to what ends at `end`: then it is told as it is. */
	#hasWaited(stream: Stream, end: number): boolean {
		const waiting = this.#waiting.get(stream.name);
		if (waiting?.size === end) return performance.now() - waiting.since >= HALF_SECRET_MS;
		this.#waiting.set(stream.name, { size: end, since: performance.now() });
		return false;
	}

	/** False once the log of this execution is as long as what may leave. */
	#admit(stream: Stream, piece: Piece): boolean {
		if ((stream.kind !== "log" && stream.kind !== "raw") || isAgents(stream.name)) return true;
		const others = [...this.#streams.values()].filter(
			(each) => (each.kind === "log" || each.kind === "raw") && each !== stream && !isAgents(each.name),
		);
		const shipped = others.reduce((sum, each) => sum + each.mark, 0) + piece.end;
		if (shipped <= MAX_LOG) return true;
		if (!this.capped) this.unsaid.push(`this execution has logged more than 64 MiB: the rest stays on the agent, in ${this.#folder.path}`);
		this.capped = true;
		return false;
	}

	async #seal(stream: Stream, piece: Piece, parts: Uint8Array[]): Promise<Segment[]> {
		const { start, end, lines, content } = piece;
		const segment: Segment = { stream: stream.name, start, end, at: new Date().toISOString(), lines, part: null, events: [] };
		if (stream.kind === "events") {
			this.#recall(stream, start);
			segment.events = await this.events.read(Buffer.concat([stream.lineBefore(start), content]), parts);
			this.#recalled.set(stream.name, Math.max(end, this.#recalled.get(stream.name) ?? 0));
			return inStretches(segment);
		}
		const { execution } = this.#folder.ref;
		const sealed =
			stream.kind === "artifact"
				? await sealArtifactPiece(this.#key, this.#place, execution, stream.name.slice("artifact.".length), start, content)
				: await sealSegment(this.#key, this.#place, execution, stream.name, start, content);
		segment.part = parts.push(sealed) - 1;
		return [segment];
	}

	/** After a restart, or where the control plane had more than was known: what the events before `mark` said of tasks that go on. */
	#recall(stream: Stream, mark: number): void {
		let at = this.#recalled.get(stream.name) ?? 0;
		while (at < mark) {
			const content = readRange(stream.path, at, Math.min(RECALL, mark - at));
			const whole = content.lastIndexOf(10) + 1 || content.length;
			if (whole === 0) break;
			this.events.recall(content.subarray(0, whole));
			at += whole;
		}
		this.#recalled.set(stream.name, Math.max(at, mark));
	}

	/** Recalls all that the control plane has already: which artifacts there are, and whether the flow told an error. */
	recallAll(): void {
		this.#discover();
		for (const stream of this.#streams.values()) if (stream.kind === "events") this.#recall(stream, stream.mark);
		this.#discoverArtifacts();
	}
}

/** No stretch is longer than MAX_SEGMENT. Of events nothing but the offsets would stand in the first part of a long one, so it is empty. */
function inStretches(segment: Segment): Segment[] {
	const stretches: Segment[] = [];
	let start = segment.start;
	for (; segment.end - start > MAX_SEGMENT; start += MAX_SEGMENT)
		stretches.push({ ...segment, start, end: start + MAX_SEGMENT, lines: 0, events: [] });
	return [...stretches, { ...segment, start }];
}
