"use client";
import { X } from "lucide-react";
import { useAddress } from "../../../../browser/address.ts";
import { IconButton } from "../../../../ui/button.tsx";
import { size } from "../../../../ui/format.ts";
import { notOpen } from "../../../../ui/lock.tsx";
import { StateWord } from "../../../../ui/state.tsx";
import { Took } from "../../../../ui/time.tsx";
import { useTask } from "../place.ts";
import { type Run, type RunView, type Task, taskName } from "../view.ts";

/** The chosen task: what went in, what came out, what it raised. */
export function TaskDetail({ view }: { view: RunView }) {
	const [search] = useAddress();
	const task = view.tasks.get(search.get("task") ?? "");
	return task ? <Known run={view.run} task={task} /> : null;
}

function Known({ run, task }: { run: Run; task: Task }) {
	const [, change] = useAddress();
	const content = useTask(run, task);
	const known = content.state === "open" ? content.value : undefined;
	return (
		<section aria-label="Chosen task" className="mb-4 flex min-w-0 flex-col gap-2 border-accent border-l-2 pl-3">
			<div className="flex min-w-0 items-center gap-3">
				<h2 className="min-w-0 truncate font-medium" title={known?.key}>
					<bdi>{known?.name ?? taskName(task)}</bdi>
				</h2>
				<StateWord state={task.state} />
				<Took from={task.startedAt} to={task.finishedAt} />
				<IconButton label="Show the whole run again" className="ml-auto" onClick={() => change({ task: null })}>
					<X size={14} aria-hidden />
				</IconButton>
			</div>
			{notOpen(content)}
			{known && (
				<dl className="grid min-w-0 grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-0.5">
					{Object.entries(known.inputs ?? {}).map(([name, value]) => (
						<Pair key={name} name={name} value={value} />
					))}
					{known.preview !== null && <Pair name={`result${known.size === null ? "" : `, ${size(known.size)}`}`} value={known.preview} />}
					{known.error && <Pair name="raised" value={`${known.error.type}: ${known.error.message}`} failed />}
				</dl>
			)}
		</section>
	);
}

function Pair({ name, value, failed = false }: { name: string; value: string; failed?: boolean }) {
	return (
		<>
			<dt className="text-quiet">
				<bdi>{name}</bdi>
			</dt>
			<dd className={`max-h-24 min-w-0 overflow-y-auto break-words font-mono text-small/5 ${failed ? "text-failed" : ""}`}>
				<bdi>{value}</bdi>
			</dd>
		</>
	);
}
