"use client";
import { duration } from "../../../../ui/format.ts";
import type { RunView } from "../view.ts";
import { pairs, type Work, workOf } from "./compare.ts";
import { Sides, Two } from "./sides.tsx";

/** Functions that are listed: a flow with more is compared by its slowest. */
const MAX_ROWS = 40;

/** How long each step kept both runs, on one scale. */
export function Durations({ before, after }: { before: RunView; after: RunView }) {
	const all = pairs(workOf(before.tasks.values()), workOf(after.tasks.values()));
	if (all.length === 0) return <p className="text-quiet">Neither run has tasks.</p>;
	const longest = ({ before: a, after: b }: (typeof all)[number]) => Math.max(a?.took ?? 0, b?.took ?? 0);
	const shown = all.length > MAX_ROWS ? [...all].sort((a, b) => longest(b) - longest(a)).slice(0, MAX_ROWS) : all;
	const scale = Math.max(1, ...shown.map(longest));
	return (
		<>
			<Sides more="Difference">
				{shown.map(({ name, before: a, after: b }) => (
					<Two key={name} name={name} before={<Bar work={a} scale={scale} />} after={<Bar work={b} scale={scale} />} more={difference(a, b)} />
				))}
			</Sides>
			{shown.length < all.length && (
				<p className="text-quiet">
					The {MAX_ROWS} slowest of {all.length}.
				</p>
			)}
		</>
	);
}

function difference(a: Work | undefined, b: Work | undefined): string {
	if (!a || !b || a.open || b.open) return "—";
	const by = b.took - a.took;
	return by === 0 ? "the same" : `${by > 0 ? "+" : "−"}${duration(Math.abs(by))}`;
}

function Bar({ work, scale }: { work: Work | undefined; scale: number }) {
	if (!work) return <span className="text-quiet">—</span>;
	return (
		<span className="flex flex-col gap-0.5">
			<span className="tabular-nums">
				{work.open ? "did not end" : duration(work.took)}
				{work.count > 1 && <span className="text-quiet"> ×{work.count}</span>}
			</span>
			<span aria-hidden className="h-1.5 rounded-full bg-running" style={{ width: `${Math.max(1, (work.took / scale) * 100)}%` }} />
		</span>
	);
}
