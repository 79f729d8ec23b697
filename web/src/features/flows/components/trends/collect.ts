/** What the metrics of runs come to: one line a metric. Pure. */
import type { parse } from "../../../runs/components/artifacts/series.ts";

type Told = NonNullable<ReturnType<typeof parse>>;

/** The metrics of one run, by artifact and metric. */
export interface RunValues {
	values: [artifact: string, metric: string, value: number | null][];
	/** Artifacts of it that were too large, or did not open. */
	left: number;
}

/** The last value of each metric of each artifact. @param told newest first, with the artifact's name */
export function latest(told: readonly (readonly [artifact: string, Told])[]): RunValues["values"] {
	const seen = new Map<string, RunValues["values"][number]>();
	for (const [artifact, { metrics, series }] of told) {
		for (const [metric, value] of Object.entries({ ...Object.fromEntries(ends(series)), ...metrics })) {
			const id = JSON.stringify([artifact, metric]);
			if (!seen.has(id)) seen.set(id, [artifact, metric, typeof value === "number" && Number.isFinite(value) ? value : null]);
		}
	}
	return [...seen.values()];
}

const ends = (series: Told["series"]): [string, number | null][] =>
	Object.entries(series ?? {}).map(([name, points]) => [name, Array.isArray(points) ? (points.at(-1)?.[1] ?? null) : null]);

export interface Line {
	id: string;
	name: string;
	/** One a run. */
	values: (number | null)[];
}

/** A line a metric, in the order of the newest run, named as where two runs are compared: with its artifact. @param runs oldest first */
export function linesOf(runs: readonly (RunValues | undefined)[]): Line[] {
	const lines = new Map<string, { artifact: string; metric: string; values: (number | null)[] }>();
	for (const [at, run] of [...runs.entries()].reverse()) {
		for (const [artifact, metric, value] of run?.values ?? []) {
			const id = JSON.stringify([artifact, metric]);
			const line = lines.get(id) ?? { artifact, metric, values: Array<number | null>(runs.length).fill(null) };
			lines.set(id, line);
			line.values[at] = value;
		}
	}
	return [...lines]
		.filter(([, { values }]) => values.some((value) => value !== null))
		.map(([id, { artifact, metric, values }]) => ({ id, values, name: `${artifact}: ${metric}` }));
}
