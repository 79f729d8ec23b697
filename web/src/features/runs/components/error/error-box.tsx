"use client";
import { useEffect } from "react";
import { useAddress } from "../../../../browser/address.ts";
import { notOpen } from "../../../../ui/lock.tsx";
import { HereLink } from "../here-link.tsx";
import { useErrors, useFinish, useTask } from "../place.ts";
import { lastExecution, taskThatFailed } from "../sentence.ts";
import { callOf, type Execution, type Run, type RunView, type Task, taskName } from "../view.ts";
import { RaisedBox } from "./raised-box.tsx";

const box = "mb-5 min-w-0 rounded-md border border-failed/50 bg-failed-ground";

/**
 * Why a run failed, before anything else.
 * @param silent it is known to have written no line
 * @param there told once it is as large as it will be
 */
export function ErrorBox({ view, silent, there }: { view: RunView; silent: boolean; there(): void }) {
	const execution = lastExecution(view);
	const { error, opened } = useErrors(view);
	const finish = useFinish(view.run, execution);
	const known = execution?.error ? error.state !== "opening" && (error.state !== "open" || opened !== undefined) : finish.state !== "opening";
	useEffect(() => {
		if (known) there();
	}, [known, there]);
	if (view.run.state !== "failed" || !execution) return null;
	// Until where it was raised is known the headline above may still grow.
	const look = known ? box : `${box} invisible`;
	return execution.error ? (
		<Raised view={view} execution={execution} silent={silent} look={look} />
	) : (
		<Ended run={view.run} execution={execution} look={look} />
	);
}

/** No exception reached the end of the flow: its process was killed, ended itself, or never began. */
function Ended({ run, execution, look }: { run: Run; execution: Execution; look: string }) {
	const finish = useFinish(run, execution);
	if (finish.state === "none" || (finish.state === "open" && !finish.value.note)) return null;
	return (
		<div className={`${look} px-4 py-3`}>
			{notOpen(finish) ?? (finish.state === "open" && <p className="whitespace-pre-wrap break-words">{finish.value.note}</p>)}
		</div>
	);
}

function Raised({ view, execution, silent, look }: { view: RunView; execution: Execution; silent: boolean; look: string }) {
	const { error, opened } = useErrors(view);
	if (error.state !== "open") {
		return (
			<section aria-label="Error" className={`${look} px-4 py-3`}>
				What was raised, and where: {notOpen(error)}
			</section>
		);
	}
	return (
		<section aria-label="Error" className={look}>
			<RaisedBox error={error.value}>
				<Where view={view} execution={execution} silent={silent} task={opened && taskThatFailed(view, opened)?.task} />
			</RaisedBox>
		</section>
	);
}

function Failed({ run, task }: { run: Run; task: Task }) {
	const content = useTask(run, task);
	return (
		<>
			Task <bdi>{taskName(task)}</bdi>
			{content.state === "open" && callOf(task, content.value.key)}
		</>
	);
}

/** To the task that raised it, and to the last line that was written before. */
function Where({ view, execution, silent, task: id }: { view: RunView; execution: Execution; silent: boolean; task: string | undefined }) {
	const [search] = useAddress();
	const task = id === undefined ? undefined : view.tasks.get(id);
	const at = task?.finishedAt ?? execution.finishedAt;
	const others = { line: null, q: null, level: null, execution: null };
	return (
		<p className="flex flex-wrap gap-x-4">
			{task && (
				<HereLink search={search} changes={{ task: task.task }}>
					<Failed run={view.run} task={task} />
				</HereLink>
			)}
			{at && !silent && (
				<HereLink search={search} changes={{ ...others, tab: "logs", task: task?.task ?? null, at: String(Date.parse(at)) }}>
					Last line before it
				</HereLink>
			)}
		</p>
	);
}
