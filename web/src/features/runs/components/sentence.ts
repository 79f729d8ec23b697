/** What happened, in one sentence, from the clear part of a run alone. */
import { count, duration, plural } from "../../../ui/format.ts";
import type { Execution, RunView, Task } from "./view.ts";

export interface Sentence {
	/** "Failed after 4 m 12 s" */
	lead: string;
	/** The task in which it failed, by its function's name. */
	task: Task | undefined;
	/** What is clear of the cause, or of how far it is; the error's own words are sealed. */
	rest: string | undefined;
}

const since = (from: string | null, to: string | number): number => (from ? (typeof to === "string" ? Date.parse(to) : to) - Date.parse(from) : 0);

export function failedTask(view: RunView): Task | undefined {
	let first: Task | undefined;
	for (const task of view.tasks.values()) {
		if (task.state === "failed" && task.finishedAt && (!first || task.finishedAt < (first.finishedAt ?? ""))) first = task;
	}
	return first;
}

export const lastExecution = (view: RunView): Execution | undefined =>
	view.executions.reduce<Execution | undefined>((last, one) => (!last || one.execution > last.execution ? one : last), undefined);

function progress(view: RunView): string | undefined {
	const all = view.tasks.size;
	if (all === 0) return undefined;
	let done = 0;
	for (const task of view.tasks.values()) if (task.finishedAt) done += 1;
	return done === all ? `${plural(all, "task")} done` : `${count(done)} of ${plural(all, "task")} done`;
}

/** Why it failed, as far as the control plane can know. */
function cause(view: RunView): string | undefined {
	const last = lastExecution(view);
	if (last?.outcome === "refused") return "the agent refused it";
	const lost = view.attempts.filter((attempt) => attempt.outcome === "lost").length;
	if (last?.outcome === "lost") return lost > 1 ? `its agents were lost ${lost} times` : "its agent was lost";
	if (last?.signal) return `its process was ended by ${last.signal}`;
	if (last?.code && !last.error) return `its process ended with code ${last.code}`;
	return undefined;
}

/** @param now milliseconds since 1970 */
export function sentence(view: RunView, now: number): Sentence {
	const { run } = view;
	const counting = (from: string | null) => duration(since(from, now), true);
	const took = duration(since(run.startedAt ?? run.queuedAt, run.finishedAt ?? now));
	const tell = (lead: string, rest?: string, task?: Task): Sentence => ({ lead, rest, task });
	switch (run.state) {
		case "queued":
			return tell(
				`Queued for ${counting(run.queuedAt)}`,
				run.attempt > 1 ? `attempt ${run.attempt}, after the agent of the one before was lost` : undefined,
			);
		case "held":
			return tell(`Held for ${counting(run.queuedAt)}`, "a limit is reached; it starts when another run frees its place");
		case "waiting":
			return tell(`Waiting for ${counting(run.queuedAt)}`);
		case "starting":
			return tell(
				`Starting for ${counting(lastExecution(view)?.claimedAt ?? run.queuedAt)}`,
				run.agent ? `${run.agent.name} is preparing it` : undefined,
			);
		case "running":
			return tell(
				`Running for ${counting(lastExecution(view)?.startedAt ?? run.startedAt)}`,
				run.away ? `nothing has been heard from ${run.agent?.name ?? "its agent"} for a moment` : progress(view),
			);
		case "cancelling":
			return tell(`Cancelling for ${counting(run.cancelRequestedAt)}`, "its process is being asked to end");
		case "succeeded":
			return tell(`Succeeded in ${took}`, progress(view));
		case "cancelled":
			return tell(run.startedAt ? `Cancelled after ${took}` : "Cancelled before it started", progress(view));
		case "failed":
			return tell(run.startedAt ? `Failed after ${took}` : "Failed before it started", cause(view), failedTask(view));
	}
}
