"use client";
import { useDeferredValue, useState } from "react";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { hasEnded } from "tidegate/protocol/states.ts";
import { useAddress } from "../../../../browser/address.ts";
import { useKey } from "../../../../browser/key.tsx";
import { useTyped } from "../../../../browser/typed.ts";
import { plural, size } from "../../../../ui/format.ts";
import { SealedPanel } from "../../../../ui/lock.tsx";
import type { LiveRun } from "../live.ts";
import { useFinish, useTask } from "../place.ts";
import { lastExecution } from "../sentence.ts";
import type { Run, RunView, Task } from "../view.ts";
import { LEVELS } from "./filter.ts";
import { LogList } from "./list.tsx";
import type { Log as Read } from "./log.ts";
import { Tail } from "./tail.tsx";
import { LogToolbar } from "./toolbar.tsx";
import { useFilter, useLog } from "./use-log.ts";

interface Props {
	live: LiveRun;
	view: RunView;
}

export function LogPanel({ live, view }: Props) {
	const { current } = useKey();
	if (current.state === "open") return <OpenLog live={live} view={view} workspaceKey={current.key} />;
	if (current.state === "loading") return <div className="h-40" aria-busy="true" />;
	return <SealedPanel what="Log lines" />;
}

function OpenLog({ live, view, workspaceKey }: Props & { workspaceKey: WorkspaceKey }) {
	const log = useLog(live, view, workspaceKey);
	const [search] = useAddress();
	const task = view.tasks.get(search.get("task") ?? "");
	if (!log) return <div className="h-40" aria-busy="true" />;
	if (task) return <TaskLog log={log} view={view} task={task} workspaceKey={workspaceKey} />;
	return <Log log={log} view={view} taskKey={undefined} workspaceKey={workspaceKey} />;
}

/** Lines carry their task's key, which is sealed with the task. */
function TaskLog({ log, view, task, workspaceKey }: { log: Read; view: RunView; task: Task; workspaceKey: WorkspaceKey }) {
	const content = useTask(view.run, task);
	return <Log log={log} view={view} taskKey={content.state === "open" ? content.value.key : undefined} workspaceKey={workspaceKey} />;
}

function Log({ log, view, taskKey, workspaceKey }: { log: Read; view: RunView; taskKey: string | undefined; workspaceKey: WorkspaceKey }) {
	const [search] = useAddress();
	const live = !hasEnded(view.run.state);
	const [following, follow] = useState(live && !search.has("line"));
	const [at, setAt] = useState(0);
	const [typed, type] = useTyped("q");
	const words = useDeferredValue(typed.trim());
	const level = LEVELS.find((known) => known === search.get("level")) ?? "debug";
	const execution = Number(search.get("execution")) || undefined;
	const attempt = taskKey === undefined ? undefined : Number(search.get("attempt")) || undefined;
	useFilter(log, { level, task: taskKey, execution, attempt, search: words });
	const { matches, shown, complete, read } = log.state;
	const plainly = level === "debug" && !words && !search.has("line") && !search.has("at") && taskKey === undefined && !search.has("execution");
	// Decided by how it was opened: who searches it later stays where they are.
	const [fromEnd] = useState(view.run.state === "failed" && !search.has("line") && !search.has("at") && !words);
	const match = matches ? ((at % matches) + matches) % matches : 0;
	return (
		<div className="min-w-0">
			<LogToolbar
				log={log}
				level={level}
				byTask={taskKey !== undefined}
				run={view.run}
				match={match}
				setMatch={setAt}
				following={following}
				follow={follow}
				live={live}
				words={typed}
				type={type}
				progress={complete || log.trouble ? undefined : Math.min(99, Math.floor((100 * read) / Math.max(1, view.seq)))}
			/>
			{fromEnd && plainly && !complete && log.tail && log.tail.length > 0 ? (
				<Tail lines={log.tail} />
			) : shown > 0 ? (
				<LogList
					log={log}
					match={words ? match : undefined}
					words={words}
					following={following && live}
					follow={follow}
					fromEnd={fromEnd}
					run={view.run}
					workspaceKey={workspaceKey}
				/>
			) : (
				<div className="min-h-32 border-line border-y py-6 text-center text-quiet">
					<p>{nothing(log, view.run)}</p>
					{view.run.state === "failed" && complete && !words && (
						<p>
							What was raised is no line of the log:{" "}
							<button type="button" onClick={() => toRaised()} className="rounded-sm text-accent underline underline-offset-2">
								it stands at the head of this page
							</button>
						</p>
					)}
				</div>
			)}
			<Notes log={log} view={view} />
		</div>
	);
}

/** To the error above, or to the button that shows it. */
function toRaised(): void {
	const head = document.querySelector<HTMLElement>("main");
	head?.focus({ preventScroll: true });
	head?.scrollIntoView({ block: "start" });
}

function nothing(log: Read, run: Run): string {
	if (log.trouble) return "";
	if (!log.state.complete || log.filtering) return "\u00a0";
	if (log.state.total > 0) return "No line matches this filter.";
	if (run.state === "queued") return "Lines appear here as soon as an agent takes this run.";
	return hasEnded(run.state) ? "This run wrote no line." : "Nothing was written yet.";
}

/** What the reader must know about lines that are not here. */
function Notes({ log, view }: { log: Read; view: RunView }) {
	const finish = useFinish(view.run, lastExecution(view));
	const home = finish.state === "open" ? finish.value.notShipped : 0;
	return (
		<div className="flex flex-col gap-1 pt-2 empty:hidden">
			{log.trouble && (
				<p role="alert" className="text-failed">
					The log could not be read to its end: {log.trouble} Load the page again to go on.
				</p>
			)}
			{log.state.refused > 0 && (
				<p role="alert" className="text-failed">
					{plural(log.state.refused, "stretch", "stretches")} of this log did not open: altered, or moved from another place.
				</p>
			)}
			{view.run.state === "succeeded" && finish.state === "open" && finish.value.note && (
				<p role="alert" className="text-failed">
					{finish.value.note}
				</p>
			)}
			{home > 0 && (
				<p className="text-quiet">{size(home)} more stayed in the run directory on the agent's machine: this log was past what is sent.</p>
			)}
		</div>
	);
}
