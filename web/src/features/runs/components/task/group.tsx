"use client";
import { useMemo } from "react";
import { count, duration, plural } from "../../../../ui/format.ts";
import { median } from "../../../../ui/median.ts";
import { faceOf, StateGlyph } from "../../../../ui/state.tsx";
import { useGroupName } from "../place.ts";
import { sharesOf, type TaskGroup } from "../timeline/rows.ts";
import type { Run } from "../view.ts";
import { Part } from "./part.tsx";
import { TaskLinks } from "./relatives.tsx";

/** Of each state. */
const MOST = 50;

/** A map, or all tasks of a function: how many in which state, those that failed first. */
export function GroupDetail({ group, run }: { group: TaskGroup; run: Run }) {
	const name = useGroupName(run, group);
	const { tasks, shares, from, to } = group;
	const states = sharesOf(shares);
	const slowest = useMemo(() => {
		const took = tasks.flatMap((task) => (task.startedAt && task.finishedAt ? [Date.parse(task.finishedAt) - Date.parse(task.startedAt)] : []));
		took.sort((a, b) => a - b);
		return took;
	}, [tasks]);
	const slow = slowest[Math.min(slowest.length - 1, Math.floor(slowest.length * 0.95))] ?? 0;
	return (
		<>
			<div className="flex flex-col gap-1 pr-8">
				<h2 className="break-words font-semibold text-large">
					<bdi className="line-clamp-3">{name}</bdi>
				</h2>
				<p className="text-quiet tabular-nums">
					{plural(tasks.length, "task")}
					{from && to && `, from the first to the last ${duration(Date.parse(to) - Date.parse(from))}`}
				</p>
				{slowest.length > 1 && (
					<p className="text-quiet tabular-nums">
						One takes {duration(median(slowest) ?? 0)} (median), {duration(slow)} (slowest 5 %)
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
