/** Metrics as they are shown: single values as figures, series as charts. Pure. */
import { type Bytes, text } from "tidegate/protocol/bytes.ts";
import { count } from "../../../../ui/format.ts";

interface Told {
	metrics: Record<string, number | null>;
	step: number | null;
	series?: Record<string, [number, number | null][]>;
}

/** Step and value; null where it was not a number. */
export type Points = [number, number | null][];

export function parse(bytes: Bytes): Told | undefined {
	try {
		const told = JSON.parse(text(bytes)) as Told;
		return told.metrics && typeof told.metrics === "object" ? told : undefined;
	} catch {
		return undefined;
	}
}

/**
 * Every point of each name by step, those told one by one and those told as a series; and the newest value of each name that has but one. What was told
 * without a step is one behind the last.
 */
export function merge(told: Told[]): { values: [string, number | null][]; series: [string, Points][] } {
	const latest: Told["metrics"] = {};
	const points = new Map<string, Map<number, number | null>>();
	const next = new Map<string, number>();
	const add = (name: string, step: number, value: number | null) => {
		points.set(name, (points.get(name) ?? new Map()).set(step, value));
		next.set(name, Math.max(next.get(name) ?? 0, step + 1));
	};
	for (const one of told) {
		Object.assign(latest, one.metrics);
		for (const [name, series] of Object.entries(one.series ?? {})) for (const [step, value] of series) add(name, step, value);
		for (const [name, value] of Object.entries(one.metrics)) if (!one.series?.[name]) add(name, one.step ?? next.get(name) ?? 0, value);
	}
	const series = [...points].map(([name, by]): [string, Points] => [name, [...by].sort(([a], [b]) => a - b)]).filter(([, one]) => one.length > 1);
	const charted = new Set(series.map(([name]) => name));
	return { values: Object.entries(latest).filter(([name]) => !charted.has(name)), series };
}

export const figure = (value: number | null): string =>
	value === null ? "—" : Number.isInteger(value) ? count(value) : String(Number(value.toPrecision(5)));

/** A series in words: "last 0.98, from 0.96 to 1". */
export function summary(points: Points): string {
	const known = points.flatMap(([, value]) => (value === null ? [] : [value]));
	const last = points.at(-1)?.[1] ?? null;
	if (known.length === 0) return "no number in it";
	// Not by spreading: a series may be longer than what a call takes.
	const least = known.reduce((a, b) => Math.min(a, b));
	const most = known.reduce((a, b) => Math.max(a, b));
	return `last ${figure(last)}, ${least === most ? `always ${figure(least)}` : `from ${figure(least)} to ${figure(most)}`}`;
}

/** Steps of all series, and the values of each by them: nothing where a series has no such step, null where it has no number there (or, on a logarithmic scale, none above 0). */
export function aligned(series: readonly Points[], log: boolean): [number[], ...(number | null | undefined)[][]] {
	const steps = [...new Set(series.flatMap((points) => points.map(([step]) => step)))].sort((a, b) => a - b);
	const values = series.map((points) => {
		const by = new Map(points);
		return steps.map((step) => {
			const value = by.get(step);
			return log && typeof value === "number" && value <= 0 ? null : value;
		});
	});
	return [steps, ...values];
}

/** Whether a logarithmic scale has something to show. */
export const isPositive = (series: readonly Points[]): boolean => series.some((points) => points.some(([, value]) => value !== null && value > 0));
