"use client";
import type { ReactNode } from "react";
import { clock } from "../../../ui/format.ts";
import { type RunView, type Task, taskName } from "./view.ts";

/** Where the new run begins. */
export interface Begin {
	at: "start" | "failed" | "task";
	/** Id of the chosen task. */
	task: string | undefined;
	/** Tasks whose code changed keep what they did. */
	keep: boolean;
	/** Cached results are not used. */
	refresh: boolean;
}

/** Tasks that a list offers; of more, one is chosen in the timeline. */
const MOST = 200;

/** Tasks that it can begin again at; a wait is none. */
function beginnings({ tasks, kin }: RunView): Task[] {
	const waits = new Set(kin.waits.map(({ task }) => task));
	return [...tasks.values()].filter(({ task, map }) => !map && !waits.has(task)).slice(0, MOST);
}

interface Props {
	view: RunView;
	name: string;
	begin: Begin;
	/** Another version than the one that ran: its code may have changed. */
	changed: boolean;
	/** Without the key no task can be named. */
	locked: boolean;
	change(begin: Begin): void;
}

export function BeginChoice({ view, name, begin, changed, locked, change }: Props) {
	const tasks = beginnings(view);
	const own = view.tasks.get(begin.task ?? "");
	const offered = own && !tasks.includes(own) ? [own, ...tasks] : tasks;
	const failed = view.run.state === "failed";
	return (
		<fieldset className="flex min-w-0 flex-col gap-1.5">
			<legend className="mb-1 font-medium">Begin</legend>
			<Radio name={name} checked={begin.at === "failed"} choose={() => change({ ...begin, at: "failed" })}>
				from where it {failed ? "failed" : "stands"}: what succeeded is remembered, and not done again
			</Radio>
			{!locked && offered.length > 0 && (
				<div className="flex min-w-0 flex-wrap items-center gap-x-2">
					<Radio name={name} checked={begin.at === "task"} choose={() => change({ ...begin, at: "task", task: begin.task ?? offered.at(-1)?.task })}>
						from a task on
					</Radio>
					{begin.at === "task" && (
						<select
							aria-label="Task to begin at"
							value={begin.task}
							onChange={(event) => change({ ...begin, task: event.target.value })}
							className="h-7 min-w-0 max-w-full rounded-md border border-line-strong bg-ground px-2"
						>
							{offered.map((task) => (
								<option key={task.task} value={task.task}>
									{taskName(task)}
									{task.startedAt && `, ${clock(task.startedAt).slice(0, 8)}`}
								</option>
							))}
						</select>
					)}
				</div>
			)}
			<Radio name={name} checked={begin.at === "start"} choose={() => change({ ...begin, at: "start" })}>
				from the start
			</Radio>
			<div className="mt-1 flex flex-col gap-1.5">
				{begin.at !== "start" && changed && (
					<Check checked={begin.keep} turn={(keep) => change({ ...begin, keep })}>
						keep results of tasks whose code changed
					</Check>
				)}
				<Check checked={begin.refresh} turn={(refresh) => change({ ...begin, refresh })}>
					refresh the cache: use no cached result
				</Check>
			</div>
		</fieldset>
	);
}

export function Radio({ name, checked, choose, children }: { name: string; checked: boolean; choose(): void; children: ReactNode }) {
	return (
		<label className="flex min-h-6 items-center gap-2">
			<input type="radio" name={name} checked={checked} onChange={choose} className="accent-(--accent-fill)" />
			<span>{children}</span>
		</label>
	);
}

function Check({ checked, turn, children }: { checked: boolean; turn(on: boolean): void; children: ReactNode }) {
	return (
		<label className="flex min-h-6 items-center gap-2">
			<input type="checkbox" checked={checked} onChange={(event) => turn(event.target.checked)} className="accent-(--accent-fill)" />
			<span>{children}</span>
		</label>
	);
}
