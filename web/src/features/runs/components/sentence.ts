/** What happened, in one sentence, from the clear part of a run; which of several errors ended it is known once they are opened. */
import type { RunState } from "tidegate/protocol/states.ts";
import { count, duration, plural } from "../../../ui/format.ts";
import { type Execution, type RunView, type Task, taskName } from "./view.ts";
import { type WaitTold, waitingFor } from "./waiting-for.ts";

export interface Sentence {
	/** "Failed after 4 m 12 s" */
	lead: string;
	/** In what it failed: a task, "train[3]", or the flow itself by its name. */
	where: string | undefined;
	/** What is clear of the cause, or of how far it is; the error's own words are sealed. */
	rest: string | undefined;
}

const since = (from: string | null, to: string | number): number => (from ? (typeof to === "string" ? Date.parse(to) : to) - Date.parse(from) : 0);

/** An error as far as two of them are compared. */
interface Raised {
	type: string;
	message: string;
}

/** What was raised, once it is opened: by the run, and by its failed tasks (by id; null where a task holds no error). */
export interface OpenedErrors {
	run: Raised;
	tasks: ReadonlyMap<string, Raised | null>;
}

export const failedTasks = (view: RunView): Task[] => [...view.tasks.values()].filter((task) => task.state === "failed");

/** The failed task after which nothing of the flow went on: most likely what ended it, as far as one can tell without the key. */
function lastToFail(view: RunView): Task | undefined {
	let last: Task | undefined;
	for (const task of view.tasks.values()) {
		// What the end of the run itself closed went on until then.
		if (task.state === "cancelled" || task.state === "running") return undefined;
		if (task.finishedAt && task.state !== "skipped" && (!last || task.finishedAt > (last.finishedAt ?? ""))) last = task;
	}
	return last?.state === "failed" ? last : undefined;
}

/** The task whose error is the run's: a flow may catch what a task raises, and fail by an error of its own. */
export function taskThatFailed(view: RunView, opened: OpenedErrors | undefined): Task | undefined {
	if (!lastExecution(view)?.error) return undefined;
	if (!opened) return lastToFail(view);
	return failedTasks(view).find((task) => {
		const own = opened.tasks.get(task.task);
		return own && own.type === opened.run.type && own.message === opened.run.message;
	});
}

function failedIn(view: RunView, opened: OpenedErrors | undefined): string | undefined {
	const task = taskThatFailed(view, opened);
	if (task) return taskName(task);
	if (!opened || !lastExecution(view)?.error) return undefined;
	return failedTasks(view).every((one) => opened.tasks.has(one.task)) ? view.run.flow : undefined;
}

export const lastExecution = (view: RunView): Execution | undefined =>
	view.executions.reduce<Execution | undefined>((last, one) => (!last || one.execution > last.execution ? one : last), undefined);

/** While it goes on nobody knows how many there will be: a flow calls its tasks as it comes to them. */
function going(view: RunView): string | undefined {
	const n = { done: 0, failed: 0, running: 0, left: 0 };
	for (const { state } of view.tasks.values()) {
		if (state === "failed") n.failed += 1;
		if (state === "succeeded" || state === "failed") n.done += 1;
		else n[state === "running" ? "running" : "left"] += 1;
	}
	const parts = [
		n.running > 0 && `${count(n.running)} running`,
		n.left > 0 && `${count(n.left)} waiting`,
		n.failed > 0 && `${count(n.failed)} failed`,
	];
	return view.tasks.size === 0 ? undefined : [`${plural(n.done, "task")} done`, ...parts.filter(Boolean)].join(", ");
}

function progress(view: RunView): string | undefined {
	const all = view.tasks.size;
	if (all === 0) return undefined;
	let done = 0;
	let failed = 0;
	let skipped = 0;
	for (const { state } of view.tasks.values()) {
		if (state === "succeeded") done += 1;
		if (state === "failed") failed += 1;
		if (state === "skipped") skipped += 1;
	}
	const told = done === all ? `${plural(all, "task")} done` : `${count(done)} of ${plural(all, "task")} done`;
	return [told, failed > 0 && `${count(failed)} failed`, skipped > 0 && `${count(skipped)} skipped`].filter(Boolean).join(", ");
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

function queuedFor({ run, attempts, executions, kin }: RunView): string | undefined {
	if (kin.store && !kin.store.reachable) return `it waits for an agent that reaches what it did before${kin.store.by ? `, on ${kin.store.by}` : ""}`;
	if (run.attempt > 1) {
		const before = attempts.findLast(({ outcome }) => outcome !== null)?.outcome;
		return `attempt ${run.attempt}, after ${before === "lost" ? "the agent of the one before was lost" : "the one before failed"}`;
	}
	if (executions.some(({ outcome }) => outcome === "suspended")) return "it goes on where it waited";
	return kin.resumes ? "it goes on from where another run stands" : undefined;
}

const pausing = ({ pausedBy }: RunView): string => `${pausedBy ?? "somebody"} asked it to pause; it stops at its next task`;

const by = (view: RunView): string => (view.cancelledBy ? ` by ${view.cancelledBy}` : "");

/** An agent gives a process this long to end by itself, in milliseconds; it hears of it with its next answer. */
const GRACE = 10_000;

function cancelling(view: RunView, now: number): string {
	const left = GRACE - since(view.run.cancelRequestedAt, now);
	const asked = `asked${by(view)}`;
	if (view.run.away) return `${asked}; ${view.run.agent?.name ?? "its agent"} is silent, it ends when its lease does`;
	return left > 0 ? `${asked}; its process ends by itself or is ended within ${duration(left + 999, true)}` : `${asked}; its process is being ended`;
}

/** @param now milliseconds since 1970 */
export function sentence(view: RunView, now: number, opened?: OpenedErrors, told?: WaitTold): Sentence {
	const { run } = view;
	const counting = (from: string | null) => duration(since(from, now), true);
	const took = duration(since(run.startedAt ?? run.queuedAt, run.finishedAt ?? now));
	const tell = (lead: string, rest?: string, where?: string): Sentence => ({ lead, rest, where });
	switch (run.state) {
		case "queued":
			return tell(`Queued for ${counting(run.queuedAt)}`, queuedFor(view));
		case "held":
			return tell("Held", view.pausedBy ? `by ${view.pausedBy}; it goes on when somebody resumes it` : "it goes on when somebody resumes it");
		case "waiting":
			return tell(`Waiting ${waitingFor(view, now, told)}`);
		case "starting":
			return tell(
				`Starting for ${counting(lastExecution(view)?.claimedAt ?? run.queuedAt)}`,
				run.agent ? `${run.agent.name} is preparing it` : undefined,
			);
		case "running":
			return tell(
				`Running for ${counting(lastExecution(view)?.startedAt ?? run.startedAt)}`,
				run.away ? `nothing has been heard from ${run.agent?.name ?? "its agent"} for a moment` : run.pausing ? pausing(view) : going(view),
			);
		case "cancelling":
			return tell(`Cancelling for ${counting(run.cancelRequestedAt)}`, cancelling(view, now));
		case "succeeded":
			return tell(`Succeeded in ${took}`, progress(view));
		case "cancelled":
			return tell(`${run.startedAt ? `Cancelled after ${took}` : "Cancelled before it started"}${by(view)}`, progress(view));
		case "failed":
			return tell(run.startedAt ? `Failed after ${took}` : "Failed before it started", cause(view), failedIn(view, opened));
	}
}

/** The state as a whole sentence, for those who hear it. */
export function spoken(state: RunState): string {
	if (state === "succeeded" || state === "failed") return `This run has ${state}.`;
	if (state === "cancelled") return "This run was cancelled.";
	return state === "cancelling" ? "This run is being cancelled." : `This run is ${state}.`;
}

/** Executions that were taken from their agents, each with why as far as it was told. */
export const lostOnes = (view: RunView): Execution[] => view.executions.filter((one) => one.outcome === "lost");
