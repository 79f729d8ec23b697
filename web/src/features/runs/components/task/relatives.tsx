"use client";
import { useMemo } from "react";
import { useAddress } from "../../../../browser/address.ts";
import { count } from "../../../../ui/format.ts";
import { StateGlyph } from "../../../../ui/state.tsx";
import { HereLink } from "../here-link.tsx";
import { useTask } from "../place.ts";
import { openName, type Run, type RunView, type Task, taskName } from "../view.ts";
import { Part } from "./part.tsx";

/** More are in the graph. */
const MOST = 12;

/** Whose results a task used, and who used its own. */
export function Relatives({ view, task }: { view: RunView; task: Task }) {
	const parents = useMemo(() => task.parents.flatMap((id) => view.tasks.get(id) ?? []), [view.tasks, task]);
	const children = useMemo(() => {
		const found: Task[] = [];
		for (const one of view.tasks.values()) if (one.parents.includes(task.task)) found.push(one);
		return found;
	}, [view.tasks, task.task]);
	return (
		<>
			<Tasks title="Uses the results of" tasks={parents} run={view.run} />
			<Tasks title="Its result is used by" tasks={children} run={view.run} />
		</>
	);
}

function Tasks({ title, tasks, run }: { title: string; tasks: Task[]; run: Run }) {
	if (tasks.length === 0) return null;
	return (
		<Part title={title}>
			<TaskLinks tasks={tasks} run={run} />
		</Part>
	);
}

export function TaskLinks({ tasks, run, most = MOST }: { tasks: Task[]; run: Run; most?: number }) {
	return (
		<ul className="flex flex-col">
			{tasks.slice(0, most).map((one) => (
				<li key={one.task}>
					<TaskLink run={run} task={one} />
				</li>
			))}
			{tasks.length > most && <li className="text-quiet">and {count(tasks.length - most)} more</li>}
		</ul>
	);
}

function TaskLink({ run, task }: { run: Run; task: Task }) {
	const [search] = useAddress();
	const content = useTask(run, task);
	return (
		<HereLink search={search} changes={{ task: task.task }} className="flex h-6 min-w-0 items-center gap-1.5 hover:text-accent">
			<StateGlyph state={task.state} size={12} />
			<bdi className="truncate">{content.state === "open" ? openName(task, content.value) : taskName(task)}</bdi>
		</HereLink>
	);
}
