"use client";
import { useMemo } from "react";
import { useAddress } from "../../../../browser/address.ts";
import { clock, exact, size } from "../../../../ui/format.ts";
import { notOpen } from "../../../../ui/lock.tsx";
import { StateGlyph, StateWord } from "../../../../ui/state.tsx";
import { Took } from "../../../../ui/time.tsx";
import { RaisedBox } from "../error/raised-box.tsx";
import { HereLink } from "../here-link.tsx";
import { RunLink } from "../kin/relations.tsx";
import { useTask } from "../place.ts";
import { openName, type RunView, type Task, taskName } from "../view.ts";
import { Doings } from "./doings.tsx";
import { Marked, TaskActions } from "./mark.tsx";
import { Part } from "./part.tsx";
import { Relatives } from "./relatives.tsx";
import { Remembered } from "./remembered.tsx";

interface Props {
	view: RunView;
	task: Task;
	/** Called where a link leads to what lies under this. */
	leave(): void;
}

/** A task: what it raised, what went in, what came out, how often it was done, and whose results it used. */
export function TaskDetail({ view, task, leave }: Props) {
	const [search] = useAddress();
	const { run } = view;
	const content = useTask(run, task);
	const known = content.state === "open" ? content.value : undefined;
	const items = useMemo(() => {
		if (!task.map) return 0;
		let found = 0;
		for (const one of view.tasks.values()) if (one.map === task.map) found += 1;
		return found;
	}, [view.tasks, task.map]);
	const child = view.kin.children.find((one) => one.task === task.task);
	const inputs = Object.entries(known?.inputs ?? {});
	return (
		<>
			<div className="flex min-w-0 flex-col gap-1 pr-8">
				<h2 className="break-words font-semibold text-large" title={known?.key}>
					<bdi className="line-clamp-3">{known ? openName(task, known) : taskName(task)}</bdi>
				</h2>
				{known && (
					<p className="break-all font-mono text-quiet text-small">
						<bdi className="line-clamp-2">{known.key}</bdi>
					</p>
				)}
				<p className="flex flex-wrap items-center gap-x-3 gap-y-1">
					<StateWord state={task.state} />
					{task.startedAt && <Took from={task.startedAt} to={task.finishedAt} />}
					{task.startedAt && (
						<span
							className="text-quiet text-small tabular-nums"
							title={`${exact(task.startedAt)}${task.finishedAt ? ` to ${exact(task.finishedAt)}` : ""}`}
						>
							{clock(task.startedAt)}
							{task.finishedAt && ` to ${clock(task.finishedAt)}`}
						</span>
					)}
				</p>
				<p className="flex flex-wrap gap-x-4">
					{/* Links close what lies over the page, so that they lead to what can be seen. */}
					<span onClickCapture={leave}>
						<HereLink search={search} changes={{ tab: "logs", task: task.task, attempt: null, execution: null, line: null, at: null }}>
							Its lines
						</HereLink>
					</span>
					{child && (
						<span className="inline-flex gap-1.5">
							<span className="text-quiet">its run</span>
							<RunLink id={child.id}>
								<StateGlyph state={child.state} size={12} />
							</RunLink>
						</span>
					)}
					{task.map && (
						<HereLink search={search} changes={{ task: task.map }}>
							Map of {items}
						</HereLink>
					)}
				</p>
			</div>
			<Remembered run={run} task={task} content={content} />
			<Marked view={view} task={task} />
			<TaskActions view={view} task={task} />
			{notOpen(content)}
			{known?.error && (
				<section aria-label="What it raised" className="min-w-0 rounded-md border border-failed/50 bg-failed-ground">
					<RaisedBox error={known.error} />
				</section>
			)}
			{inputs.length > 0 && (
				<Part title="Inputs" copy={() => JSON.stringify(known?.inputs, null, 2)}>
					<dl className="grid min-w-0 grid-cols-[minmax(0,auto)_minmax(0,1fr)] gap-x-3 gap-y-0.5">
						{inputs.map(([name, value]) => (
							<div key={name} className="col-span-2 grid grid-cols-subgrid">
								<dt className="max-w-32 truncate text-quiet" title={name}>
									<bdi>{name}</bdi>
								</dt>
								<dd className="max-h-24 min-w-0 overflow-y-auto break-words font-mono text-small/5">
									<bdi>{value}</bdi>
								</dd>
							</div>
						))}
					</dl>
				</Part>
			)}
			{known && known.preview !== null && (
				<Part title={`Result${known.size === null ? "" : `, ${size(known.size)}`}`} copy={known.preview}>
					<p className="max-h-48 min-w-0 overflow-y-auto whitespace-pre-wrap break-words font-mono text-small/5">
						<bdi>{known.preview}</bdi>
					</p>
				</Part>
			)}
			<Doings view={view} task={task} />
			<Relatives view={view} task={task} />
		</>
	);
}
