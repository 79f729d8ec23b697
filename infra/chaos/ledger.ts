// Judges one run by what it wrote outside and what the database says of its executions. Pure, so that a test can show it every kind of wrong.

export type Execution = { number: number; outcome: string | null; store: string | null };
export type Verdict = {
	/** Each a sentence: what must not be. */
	wrong: string[];
	/** Effects written again because a kill came between them and their checkpoint. */
	repeated: number;
	/** Effects written again because another agent, with another store, did the run from its beginning. */
	moved: number;
};

type Line = { word: string; execution: number; rest: string };
const parse = (line: string): Line => {
	const [word = "", execution = "", ...rest] = line.split(" ");
	return { word, execution: Number(execution), rest: rest.join(" ") };
};

/** Ends that nobody planned: what was under way then may be done once more. */
const CUT_SHORT = ["failed", "lost", "returned"];

/**
 * @param lines of the run's file, in the order in which they were written
 * @param expected the effects that must be there
 * @param most effects that one kill can have cut off from their checkpoints
 */
export function judge(lines: string[], executions: Execution[], expected: string[], most: number): Verdict {
	const verdict: Verdict = { wrong: [], repeated: 0, moved: 0 };
	const of = (number: number): Execution | undefined => executions.find((each) => each.number === number);
	const effects = new Map<string, number[]>();
	for (const { word, execution, rest } of lines.map(parse)) {
		if (word === "effect") effects.set(rest, [...(effects.get(rest) ?? []), execution]);
		// One that was declared lost may go on for a while, its results fenced; any other must be over before the next begins.
		else if (word === "overlap" && of(execution)?.outcome !== "lost")
			verdict.wrong.push(`execution ${execution} (${of(execution)?.outcome}) lived when execution ${rest} began`);
	}
	for (const key of expected) if (!effects.has(key)) verdict.wrong.push(`${key} was never done`);
	for (const key of effects.keys()) if (!expected.includes(key)) verdict.wrong.push(`${key} was done, and nobody asked for it`);
	const cut = new Map<number, number>();
	for (const [key, by] of effects) {
		for (const [i, later] of by.entries()) {
			const earlier = by[i - 1];
			if (earlier === undefined) continue;
			const [before, after] = [of(earlier), of(later)];
			if (before && after && before.store !== after.store) verdict.moved += 1;
			else if (earlier !== later && CUT_SHORT.includes(before?.outcome ?? "")) {
				verdict.repeated += 1;
				cut.set(earlier, (cut.get(earlier) ?? 0) + 1);
			} else verdict.wrong.push(`${key} was done by execution ${earlier} (${before?.outcome}) and again by ${later}`);
		}
	}
	for (const [number, count] of cut) {
		// Where a lost one goes on beside its heir, both do what is left.
		if (count > most && of(number)?.outcome !== "lost")
			verdict.wrong.push(`${count} effects of execution ${number} were done again, and a kill explains ${most}`);
	}
	if (executions.filter(({ outcome }) => outcome === "succeeded").length !== 1)
		verdict.wrong.push(`its executions ended ${executions.map(({ outcome }) => outcome).join(", ")}: one must have succeeded`);
	return verdict;
}
