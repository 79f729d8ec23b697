/** Two texts, line by line: what stayed, what went, what came. Pure. */

export interface DiffLine {
	kind: "same" | "removed" | "added";
	text: string;
	/** Line numbers, from 1, before and after. */
	before: number | undefined;
	after: number | undefined;
}

export interface Hunk {
	lines: DiffLine[];
	/** Lines that stayed the same and are left out before it. */
	skipped: number;
}

/** Unchanged lines shown around a change. */
const AROUND = 3;
/** More changes than this are shown as one text for the other: nobody reads them one by one, and finding the shortest way takes too long. */
const MAX_EDITS = 1_000;

export const linesOf = (text: string): string[] => {
	const lines = text.split("\n");
	if (lines.at(-1) === "") lines.pop();
	return lines;
};

/** Myers' shortest edit script over what lies between the common beginning and the common end. */
export function diff(before: string[], after: string[]): DiffLine[] {
	let head = 0;
	while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
	let tail = 0;
	while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
	const [a, b] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
	const same = (from: number, count: number, shift: number): DiffLine[] =>
		Array.from({ length: count }, (_, at) => ({
			kind: "same",
			text: before[from + at] as string,
			before: from + at + 1,
			after: from + at + 1 + shift,
		}));
	return [...same(0, head, 0), ...middle(a, b, head), ...same(before.length - tail, tail, after.length - before.length)];
}

function middle(a: string[], b: string[], head: number): DiffLine[] {
	const trace = walk(a, b);
	const lines: DiffLine[] = [];
	let [x, y] = [a.length, b.length];
	const removed = () => {
		x -= 1;
		lines.push({ kind: "removed", text: a[x] as string, before: head + x + 1, after: undefined });
	};
	const added = () => {
		y -= 1;
		lines.push({ kind: "added", text: b[y] as string, before: undefined, after: head + y + 1 });
	};
	if (!trace) {
		while (y > 0) added();
		while (x > 0) removed();
		return lines.reverse();
	}
	for (let edits = trace.length - 1; edits > 0; edits--) {
		const reached = trace[edits - 1] as Map<number, number>;
		const k = x - y;
		const down = k === -edits || (k !== edits && (reached.get(k - 1) ?? -1) < (reached.get(k + 1) ?? -1));
		const from = reached.get(down ? k + 1 : k - 1) as number;
		const start = down ? from : from + 1;
		while (x > start) {
			x -= 1;
			y -= 1;
			lines.push({ kind: "same", text: a[x] as string, before: head + x + 1, after: head + y + 1 });
		}
		if (down) added();
		else removed();
	}
	while (x > 0) {
		x -= 1;
		y -= 1;
		lines.push({ kind: "same", text: a[x] as string, before: head + x + 1, after: head + y + 1 });
	}
	return lines.reverse();
}

/** How far each diagonal reaches after so many edits; undefined where there are too many. */
function walk(a: string[], b: string[]): Map<number, number>[] | undefined {
	const trace: Map<number, number>[] = [];
	let last = new Map<number, number>([[1, 0]]);
	for (let edits = 0; edits <= Math.min(a.length + b.length, MAX_EDITS); edits++) {
		const reached = new Map<number, number>();
		trace.push(reached);
		for (let k = -edits; k <= edits; k += 2) {
			const down = k === -edits || (k !== edits && (last.get(k - 1) ?? -1) < (last.get(k + 1) ?? -1));
			let x = down ? (last.get(k + 1) ?? 0) : (last.get(k - 1) ?? 0) + 1;
			while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
			reached.set(k, x);
			if (x >= a.length && x - k >= b.length) return trace;
		}
		last = reached;
	}
	return undefined;
}

/** Only what changed, with what stands around it. */
export function hunksOf(lines: DiffLine[]): Hunk[] {
	const hunks: Hunk[] = [];
	let end = 0;
	for (let at = 0; at < lines.length; at++) {
		if (lines[at]?.kind === "same") continue;
		const from = Math.max(end, at - AROUND);
		let to = at;
		for (let quiet = 0; to < lines.length && quiet <= 2 * AROUND; to++) quiet = lines[to]?.kind === "same" ? quiet + 1 : 0;
		while (to > at && lines[to - 1]?.kind === "same") to -= 1;
		to = Math.min(lines.length, to + AROUND);
		hunks.push({ lines: lines.slice(from, to), skipped: from - end });
		end = to;
		at = to - 1;
	}
	return hunks;
}
