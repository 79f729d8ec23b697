/** From opened log segments to lines for people: the same reader in terminal and browser. */
import type { Bytes } from "./bytes.ts";
import { LogRecord } from "./content.ts";

/** A raw line longer than this is given out in parts, so that a program that never ends its line is still seen. Characters. */
const MAX_RAW = 64 * 1024;

/** What stands in place of a secret. */
export const MASK = "••••";
/** A stretch of a log keeps its length, so a mask (or stars, where the secret is shorter than MASK) is filled up with this; no reader shows it, for it would tell the length. */
export const MASK_FILLER = "\x7f";
const FILLED = new RegExp(`(?:${MASK}|[*]{4})${MASK_FILLER}+`, "g");

/** A log line with where it came from. */
export interface Line extends LogRecord {
	execution: number;
	/** `log.<pid>`, `log.agent`, `out` or `err`. */
	stream: string;
}

/** A segment in the clear: bytes `start` to `end` of a stream. `at`: ISO instant when its last byte was read. */
export interface ClearSegment {
	execution: number;
	stream: string;
	at: string;
	content: Bytes;
}

interface Carried {
	decoder: TextDecoder;
	text: string;
	at: string;
}

/** Reads the segments of one run in order; keeps the unfinished last line of each stream until the rest arrives. */
export class LineReader {
	#streams = new Map<string, Carried & { execution: number; stream: string }>();

	/** @returns the lines that end in `segment`, in order. */
	read(segment: ClearSegment): Line[] {
		const name = `${segment.execution} ${segment.stream}`;
		let carried = this.#streams.get(name);
		if (!carried) {
			carried = { decoder: new TextDecoder(), text: "", at: segment.at, execution: segment.execution, stream: segment.stream };
			this.#streams.set(name, carried);
		}
		carried.at = segment.at;
		const lines = (carried.text + carried.decoder.decode(segment.content, { stream: true })).split("\n");
		carried.text = lines.pop() ?? "";
		const read = lines.map((line) => toLine(line, segment));
		while (isRaw(segment.stream) && carried.text.length > MAX_RAW) {
			read.push({ ...toLine(carried.text.slice(0, MAX_RAW), segment), part: true });
			carried.text = carried.text.slice(MAX_RAW);
		}
		return read;
	}

	/** @returns what stood in raw streams without a final newline, once the run has ended. */
	end(): Line[] {
		const rest = [...this.#streams.values()]
			.filter(({ stream, text }) => isRaw(stream) && text !== "")
			.map((carried) => toLine(carried.text, carried));
		this.#streams.clear();
		return rest;
	}
}

const isRaw = (stream: string): boolean => !stream.startsWith("log.");

function toLine(given: string, from: { execution: number; stream: string; at: string }): Line {
	const { execution, stream } = from;
	const text = given.includes(MASK_FILLER) ? given.replace(FILLED, MASK) : given;
	if (!isRaw(stream)) {
		try {
			return { ...LogRecord.parse(JSON.parse(text)), execution, stream };
		} catch {
			// A line that is no record (a process wrote into the file itself) is shown as it stands.
		}
	}
	// A carriage return replaces its line: only what is seen last is kept.
	const seen = text.replace(/\r+$/, "").split("\r").at(-1) ?? "";
	return { t: Date.parse(from.at) / 1000, l: "info", m: seen, s: stream === "err" ? "stderr" : "stdout", execution, stream };
}
