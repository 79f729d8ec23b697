"use client";
import type { TaskContent } from "tidegate/protocol/content.ts";
import type { Opened } from "../../../../browser/opened.ts";
import { RunLink } from "../kin/relations.tsx";
import { useMarkedBy } from "../marks.ts";
import { Moment } from "../moment.tsx";
import type { Run, Task } from "../view.ts";

/** Why a task did nothing, or does nothing now; and what the SDK says of its result. */
export function Remembered({ run, task, content }: { run: Run; task: Task; content: Opened<TaskContent> }) {
	const { from, cached, state, until } = task;
	const markedBy = useMarkedBy(task, content);
	const note = content.state === "open" && content.value.note;
	return (
		<>
			{from && (
				<p className="flex flex-wrap items-center gap-x-1.5 text-quiet">
					{from === run.id ? (
						"Remembered when its run went on"
					) : markedBy ? (
						<>
							<span className="min-w-0 break-words">
								Marked by hand, by <bdi>{markedBy}</bdi>, on run
							</span>
							<RunLink id={from} />
						</>
					) : (
						<>
							{cached ? "Its result was cached: by run" : "It was done before: by run"} <RunLink id={from} />
						</>
					)}
				</p>
			)}
			{(state === "waiting" || state === "running") && until && (
				<p className={state === "waiting" ? "text-waiting" : "text-quiet"}>
					{task.attempt > 1 || task.startedAt ? "It goes on at " : "Until "}
					<Moment at={until} />
				</p>
			)}
			{note && (
				<p className="break-words text-quiet">
					<bdi>{note}</bdi>
				</p>
			)}
		</>
	);
}
