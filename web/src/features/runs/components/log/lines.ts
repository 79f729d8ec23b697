/** The lines of one run, in order, as its segments open. Pure: the worker feeds it, tests too. */
import { LineReader, type Line as Read } from "tidegate/protocol/lines.ts";
import { plainKey } from "tidegate/protocol/task-key.ts";
import type { Line } from "./text.ts";

/** A stretch of a stream, in the clear. */
export interface Stretch {
	execution: number;
	stream: string;
	start: number;
	at: string;
	content: Uint8Array<ArrayBuffer>;
}

const LOGS = /^(log\.|out$|err$)/;

export class Lines {
	readonly all: Line[] = [];
	/** Characters of the longest task key so far, as it is shown. */
	longestKey = 0;
	readonly #reader = new LineReader();
	readonly #counts = new Map<string, number>();
	readonly #latest = new Map<string, number>();
	/** How far each stream of each execution was read, in bytes. */
	readonly #ends = new Map<string, number>();

	/** @returns the first position that changed; all before it stand as they stood. */
	add(stretches: readonly Stretch[]): number {
		const fresh: Line[] = [];
		for (const stretch of stretches) {
			const gap = this.#advance(stretch);
			if (gap > 0) fresh.push(this.#place(missing(`${gap} bytes of ${stretch.stream} are missing here`, stretch, Date.parse(stretch.at))));
			for (const line of this.#reader.read(stretch)) fresh.push(this.#place(line));
		}
		return this.#merge(fresh);
	}

	/** The run ended: what stands without a final newline is a line too. */
	end(): number {
		return this.#merge(this.#reader.end().map((line) => this.#place(line)));
	}

	/** @param streams where each ended, as the agent sealed it: what was left out at an end shows. @param at ISO instant */
	finish(execution: number, streams: Record<string, number>, at: string): number {
		const cut = Object.entries(streams).flatMap(([stream, end]) => {
			const bytes = LOGS.test(stream) ? end - (this.#ends.get(`${execution} ${stream}`) ?? 0) : 0;
			return bytes > 0 ? [this.#place(missing(`${bytes} bytes of ${stream} are missing at its end`, { execution, stream }, Date.parse(at)))] : [];
		});
		return this.#merge(cut);
	}

	/** By what was opened, not by what the control plane says of it. @returns bytes that were left out before it. */
	#advance({ execution, stream, start, content }: Stretch): number {
		const name = `${execution} ${stream}`;
		const gap = start - (this.#ends.get(name) ?? 0);
		this.#ends.set(name, start + content.length);
		return gap;
	}

	#place(line: Read): Line {
		const name = `${line.execution}.${line.stream}`;
		const n = this.#counts.get(name) ?? 0;
		this.#counts.set(name, n + 1);
		// A stream never goes back in time: its order is exact, whatever its clock did.
		const t = Math.max(line.t, this.#latest.get(name) ?? 0);
		this.#latest.set(name, t);
		if (line.k) this.longestKey = Math.max(this.longestKey, plainKey(line.k).length);
		return { ...line, t, n };
	}

	/** Order is exact within a stream; across streams by time, then arrival. Only the end that is later than the first new line is put in order anew. */
	#merge(fresh: Line[]): number {
		const { all } = this;
		if (fresh.length === 0) return all.length;
		fresh.sort(byTime);
		const first = fresh[0] as Line;
		let from = all.length;
		while (from > 0 && byTime(all[from - 1] as Line, first) > 0) from -= 1;
		if (from === all.length) {
			for (const line of fresh) all.push(line);
			return from;
		}
		const late = all.splice(from);
		let at = 0;
		for (const line of fresh) {
			while (at < late.length && byTime(late[at] as Line, line) <= 0) all.push(late[at++] as Line);
			all.push(line);
		}
		while (at < late.length) all.push(late[at++] as Line);
		return from;
	}
}

/** The last lines that whole stretches from the end of a log hold; of each stream the first may be the rest of one that began before, and is left out. */
export function lastLines(stretches: readonly Stretch[], most: number): Line[] {
	const reader = new LineReader();
	const begun = new Set<string>();
	const found: Read[] = [];
	for (const stretch of stretches) {
		const name = `${stretch.execution} ${stretch.stream}`;
		const cut = begun.has(name) || stretch.start === 0 ? 0 : stretch.content.indexOf(10) + 1;
		if (!begun.has(name) && stretch.start > 0 && cut === 0) continue;
		begun.add(name);
		found.push(...reader.read({ ...stretch, content: stretch.content.subarray(cut) }));
	}
	found.push(...reader.end());
	// They have no number yet: those before them are not read.
	return found
		.sort(byTime)
		.slice(-most)
		.map((line) => ({ ...line, n: -1 }));
}

const byTime = (a: Read, b: Read): number => a.execution - b.execution || a.t - b.t;

const missing = (m: string, { execution, stream }: Pick<Stretch, "execution" | "stream">, at: number): Read => ({
	t: at / 1_000,
	l: "warn",
	m,
	s: "agent",
	execution,
	stream: `${stream}.missing`,
});
