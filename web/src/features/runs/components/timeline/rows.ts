/** What stands in the timeline, line by line. Pure. */
import { type RunState, TASK_STATES, type TaskState } from "tidegate/protocol/states.ts";
import type { Earlier, Execution, Mark, RunView, Task, Wait } from "../view.ts";

type Child = RunView["kin"]["children"][number];

export type Shares = Partial<Record<TaskState, number>>;

/** Tasks that were made by one map. */
export interface TaskGroup {
	/** The map's id. */
	id: string;
	fn: string;
	tasks: Task[];
	/** How many are in each state. */
	shares: Shares;
	from: string | null;
	/** Null while any goes on. */
	to: string | null;
}

interface TaskLine {
	kind: "task";
	id: string;
	level: 1 | 2;
	task: Task;
	earlier: Earlier[];
	/** When it began to wait for something outside. */
	asked: string | null;
	/** When it began to run, or to wait. */
	since: string | null;
	/** When that was over. */
	till: string | null;
	/** What it shows: its own state, or that of the run that it stands for, where that has ended and its parent has not heard of it. */
	state: TaskState | RunState;
	/** It stands for a run that this one started. */
	child: boolean;
	/** What somebody set it to by hand, for a run that goes on from this one. */
	mark: Mark | undefined;
}

export type Row =
	| { kind: "execution"; id: string; level: 1; execution: Execution }
	| TaskLine
	| { kind: "map"; id: string; level: 1; group: TaskGroup; open: boolean };

/** Maps of more items than this begin folded. */
const FOLDED_FROM = 9;

const NONE: Earlier[] = [];

function add(group: TaskGroup, task: Task): void {
	group.tasks.push(task);
	group.shares[task.state] = (group.shares[task.state] ?? 0) + 1;
	if (task.startedAt && (!group.from || task.startedAt < group.from)) group.from = task.startedAt;
	if (!task.finishedAt) group.to = null;
	else if (group.to !== null && task.finishedAt > group.to) group.to = task.finishedAt;
}

/** Groups tasks by what `of` says; undefined leaves a task out. In the order of their first tasks. */
export function groupsBy(tasks: Iterable<Task>, of: (task: Task) => string | null | undefined): Map<string, TaskGroup> {
	const groups = new Map<string, TaskGroup>();
	for (const task of tasks) {
		const id = of(task);
		if (!id) continue;
		let group = groups.get(id);
		if (!group) {
			group = { id, fn: task.fn, tasks: [], shares: {}, from: null, to: "" };
			groups.set(id, group);
		}
		add(group, task);
	}
	for (const group of groups.values()) group.to ||= null;
	return groups;
}

/** A task that its own run remembered when it went on was done when it was done, not again. */
function asDone(task: Task, earlier: Earlier[], run: string | undefined): { task: Task; earlier: Earlier[] } {
	const last = task.from !== null && task.from === run ? earlier.at(-1) : undefined;
	if (last?.state !== "succeeded") return { task, earlier };
	const { startedAt, finishedAt, attempt, execution } = last;
	return { task: { ...task, startedAt, finishedAt, attempt, execution }, earlier: earlier.slice(0, -1) };
}

/** All tasks, those that the run remembered of itself with the times of when they were done. */
export function tasksAsDone({ tasks, earlier, run }: Pick<RunView, "tasks" | "earlier"> & { run?: { id: string } }): RunView["tasks"] {
	return new Map([...tasks].map(([id, task]) => [id, asDone(task, earlier.get(id) ?? NONE, run?.id).task]));
}

/** When a wait was over: each process that comes by it later tells it again. */
function endOf({ finishedAt }: Task, wait: Wait | undefined): string | null {
	const end = wait?.answeredAt ?? (wait?.kind === "time" ? wait.due : null);
	return finishedAt && end && end < finishedAt ? end : finishedAt;
}

/** A map of runs went on as long as they did: what stands for them neither begins nor is heard of when they do. */
function asChildren(group: TaskGroup, children: ReadonlyMap<string | null, Child>): TaskGroup {
	if (children.size === 0) return group;
	const begun = group.tasks.flatMap(({ task }) => children.get(task)?.startedAt ?? []).sort();
	if (begun.length === 0) return group;
	const ends = group.tasks.flatMap(({ task, finishedAt }) => children.get(task)?.finishedAt ?? finishedAt ?? []).sort();
	return { ...group, from: begun[0] ?? null, to: ends.length === group.tasks.length ? (ends.at(-1) ?? null) : null };
}

/** @param turned maps that the viewer folded or unfolded, against how they begin */
export function rowsOf(
	view: Pick<RunView, "executions" | "tasks" | "earlier"> & { kin?: Pick<RunView["kin"], "waits" | "children" | "marks">; run?: { id: string } },
	turned: ReadonlySet<string>,
): Row[] {
	const rows: Row[] = view.executions.map((execution) => ({ kind: "execution", id: `execution ${execution.execution}`, level: 1, execution }));
	const maps = groupsBy(tasksAsDone(view).values(), (task) => task.map);
	const told = new Set<string>();
	// A wait never runs: its time is that of what is waited for.
	const waits = new Map(view.kin?.waits.map((wait) => [wait.task, wait]));
	const children = new Map(view.kin?.children.map((child) => [child.task, child]));
	const marks = new Map(view.kin?.marks.map((mark) => [mark.task, mark]));
	const row = (told: Task, level: 1 | 2): Row => {
		const { task, earlier } = asDone(told, view.earlier.get(told.task) ?? NONE, view.run?.id);
		const child = children.get(task.task);
		const wait = waits.get(task.task);
		const asked = wait?.at ?? null;
		const since = task.startedAt ?? child?.startedAt ?? asked;
		// The parent hears of it later, where it was itself away meanwhile.
		const till = child?.finishedAt ?? endOf(task, wait);
		const state = child?.finishedAt && !task.finishedAt ? child.state : task.state;
		return { kind: "task", id: task.task, level, task, earlier, asked, since, till, state, child: child !== undefined, mark: marks.get(task.task) };
	};
	for (const task of view.tasks.values()) {
		const group = task.map && maps.get(task.map);
		if (!group) {
			rows.push(row(task, 1));
			continue;
		}
		if (told.has(group.id)) continue;
		told.add(group.id);
		const open = group.tasks.length < FOLDED_FROM !== turned.has(group.id);
		rows.push({ kind: "map", id: group.id, level: 1, group: asChildren(group, children), open });
		if (open) for (const item of group.tasks) rows.push(row(item, 2));
	}
	return rows;
}

/**
 * What an execution is called beside others. An attempt is done in parts where its run waited for something outside: each is an execution of its own. One
 * that was given back before it began is none.
 */
export function titlesOf(executions: readonly Execution[]): Map<number, string> {
	const parts = Map.groupBy(
		executions.filter(({ outcome }) => outcome !== "returned"),
		({ attempt }) => attempt,
	);
	const attempts = new Set(executions.map(({ attempt }) => attempt)).size;
	return new Map(
		executions.map(({ execution, attempt }) => {
			const own = parts.get(attempt) ?? [];
			const at = own.findIndex((one) => one.execution === execution);
			const words = [attempts > 1 && `attempt ${attempt}`, own.length > 1 && at >= 0 && `part ${at + 1} of ${own.length}`];
			return [execution, words.filter(Boolean).join(", ")];
		}),
	);
}

/** What wants attention comes first. */
const ORDER: readonly TaskState[] = ["failed", "running", "waiting", "pending", "cancelled", "succeeded", "skipped"];

/** States with how many are in each, what wants attention first. */
export const sharesOf = (shares: Shares): [TaskState, number][] =>
	ORDER.flatMap((state) => (shares[state] ? [[state, shares[state]] as [TaskState, number]] : []));

/** The state that a whole group shows: the one that wants attention first. */
export const worst = (shares: Shares): TaskState => sharesOf(shares)[0]?.[0] ?? "pending";

/** How many of a group are over. */
export const over = (shares: Shares): number =>
	TASK_STATES.reduce((sum, state) => (["pending", "running", "waiting"].includes(state) ? sum : sum + (shares[state] ?? 0)), 0);
