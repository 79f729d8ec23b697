/** Two runs of one flow, part by part. Pure. */
import type { Task } from "../view.ts";

export interface Pair<T> {
	name: string;
	before: T | undefined;
	after: T | undefined;
}

/** In the order of `after`, then what is only in `before`. */
export function pairs<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): Pair<T>[] {
	const names = [...new Set([...after.keys(), ...before.keys()])];
	return names.map((name) => ({ name, before: before.get(name), after: after.get(name) }));
}

export interface Work {
	/** Tasks of this function. */
	count: number;
	/** From the first that started to the last that ended, in milliseconds: what the run waited for. */
	took: number;
	/** Something of it is still running, or was never ended. */
	open: boolean;
}

/** How long each task function kept the run: a map counts once, for as long as it went on. */
export function workOf(tasks: Iterable<Task>): Map<string, Work> {
	const spans = new Map<string, { count: number; from: number; to: number; open: boolean }>();
	for (const { fn, startedAt, finishedAt } of tasks) {
		if (!startedAt) continue;
		const span = spans.get(fn) ?? { count: 0, from: Number.POSITIVE_INFINITY, to: 0, open: false };
		span.count += 1;
		span.from = Math.min(span.from, Date.parse(startedAt));
		if (finishedAt) span.to = Math.max(span.to, Date.parse(finishedAt));
		else span.open = true;
		spans.set(fn, span);
	}
	return new Map([...spans].map(([fn, { count, from, to, open }]) => [fn, { count, took: Math.max(0, to - from), open }]));
}

/** "+0.02 (+2.1 %)"; nothing where one side has no number. */
export function delta(before: number | null | undefined, after: number | null | undefined): string | undefined {
	if (before === null || before === undefined || after === null || after === undefined) return undefined;
	const by = after - before;
	if (by === 0) return "the same";
	const sign = by > 0 ? "+" : "−";
	const size = Number(Math.abs(by).toPrecision(4));
	const share = before === 0 ? undefined : Math.abs(by / before) * 100;
	return `${sign}${size}${share === undefined ? "" : ` (${sign}${share < 10 ? share.toFixed(1) : Math.round(share)}\u202f%)`}`;
}

/** Equal as JSON, whatever the order of an object's names. */
export function equal(a: unknown, b: unknown): boolean {
	if (a === b) return true;
	if (!a || !b || typeof a !== "object" || typeof b !== "object" || Array.isArray(a) !== Array.isArray(b)) return false;
	const [left, right] = [Object.entries(a), b as Record<string, unknown>];
	return left.length === Object.keys(right).length && left.every(([name, value]) => Object.hasOwn(right, name) && equal(value, right[name]));
}
