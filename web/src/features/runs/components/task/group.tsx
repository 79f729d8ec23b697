"use client";
import { useMemo } from "react";
import { count, duration, plural } from "../../../../ui/format.ts";
import { faceOf, StateGlyph } from "../../../../ui/state.tsx";
import { sharesOf, type TaskGroup } from "../timeline/rows.ts";
import type { Run } from "../view.ts";
import { Part } from "./part.tsx";
import { TaskLinks } from "./relatives.tsx";

/** Of each state. */
const MOST = 50;

/** A map, or all tasks of a function: how many in which state, those that failed first. */
export function GroupDetail({ group, run }: { group: TaskGroup; run: Run }) {
	const { fn, tasks, shares, from, to } = group;
	const states = sharesOf(shares);
	const slowest = useMemo(() => {
		const took = tasks.flatMap((task) => (task.startedAt && task.finishedAt ? [Date.parse(task.finishedAt) - Date.parse(task.startedAt)] : []));
		took.sort((a, b) => a - b);
		return took;
	}, [tasks]);
	const at = (share: number) => duration(slowest[Math.min(slowest.length - 1, Math.floor(slowest.length * share))] ?? 0);
	return (
		<>
			<div className="flex flex-col gap-1 pr-8">
				<h2 className="break-words font-semibold text-large">
					<bdi className="line-clamp-3">{fn}</bdi>
				</h2>
				<p className="text-quiet tabular-nums">
					{plural(tasks.length, "task")}
					{from && to && `, from the first to the last ${duration(Date.parse(to) - Date.parse(from))}`}
				</p>
				{slowest.length > 1 && (
					<p className="text-quiet tabular-nums">
						One takes {at(0.5)} (median), {at(0.95)} (slowest 5 %)
					</p>
				)}
			</div>
			{states.map(([state, n]) => (
				<Part key={state} title={`${count(n)} ${faceOf(state).word}`}>
					{state === "succeeded" && states.length > 1 && n > MOST ? (
						<p className="flex items-center gap-1.5 text-quiet">
							<StateGlyph state={state} size={12} />
							The timeline lists them.
						</p>
					) : (
						<TaskLinks tasks={tasks.filter((task) => task.state === state)} run={run} most={MOST} />
					)}
				</Part>
			))}
		</>
	);
}
