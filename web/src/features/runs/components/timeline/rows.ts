/** What stands in the timeline, line by line, and where its bars lie. Pure. */
import type { TaskState } from "tidegate/protocol/states.ts";
import type { Execution, RunView, Task } from "../view.ts";

export type Row =
	| { kind: "execution"; id: string; execution: Execution }
	| { kind: "task"; id: string; task: Task; inMap: boolean }
	| { kind: "map"; id: string; fn: string; tasks: Task[]; open: boolean };

/** Maps of more items than this begin folded. */
const FOLDED_FROM = 9;

/** @param turned maps that the viewer folded or unfolded, against how they begin */
export function rowsOf(view: RunView, turned: ReadonlySet<string>): Row[] {
	const rows: Row[] = view.executions.map((execution) => ({ kind: "execution", id: `execution ${execution.execution}`, execution }));
	const maps = new Map<string, Task[]>();
	for (const task of view.tasks.values()) {
		if (!task.map) continue;
		const items = maps.get(task.map);
		if (items) items.push(task);
		else maps.set(task.map, [task]);
	}
	const told = new Set<string>();
	for (const task of view.tasks.values()) {
		if (!task.map) {
			rows.push({ kind: "task", id: task.task, task, inMap: false });
			continue;
		}
		if (told.has(task.map)) continue;
		told.add(task.map);
		const tasks = maps.get(task.map) ?? [];
		const open = tasks.length < FOLDED_FROM !== turned.has(task.map);
		rows.push({ kind: "map", id: task.map, fn: task.fn, tasks, open });
		if (open) rows.push(...tasks.map((item): Row => ({ kind: "task", id: item.task, task: item, inMap: true })));
	}
	return rows;
}

export interface Span {
	from: number;
	to: number;
}

/** The stretch of time that the timeline shows, in milliseconds: from the first claim, so that waiting in the queue does not flatten the bars. */
export function spanOf(view: RunView, now: number): Span {
	const starts = view.executions.map((one) => Date.parse(one.claimedAt));
	const from = Math.min(...starts, Date.parse(view.run.finishedAt ?? new Date(now).toISOString()));
	const to = view.run.finishedAt ? Date.parse(view.run.finishedAt) : now;
	return { from, to: Math.max(to, from + 100) };
}

/** Left and width in percent; a bar is never too thin to be seen. */
export function place(span: Span, from: string, to: string | null): { left: string; width: string } {
	const whole = span.to - span.from;
	const at = (ms: number) => Math.min(100, Math.max(0, ((ms - span.from) / whole) * 100));
	const left = at(Date.parse(from));
	const right = at(to ? Date.parse(to) : span.to);
	return { left: `${Math.min(left, 99.7)}%`, width: `${Math.max(right - left, 0.3)}%` };
}

const STEPS = [
	1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000,
	7_200_000, 21_600_000, 43_200_000, 86_400_000,
];

/** Round times, in milliseconds from the start, at most `most` of them. */
export function ticks(span: Span, most: number): number[] {
	const whole = span.to - span.from;
	const step = STEPS.find((one) => whole / one <= most) ?? whole / most;
	return Array.from({ length: Math.floor(whole / step) + 1 }, (_, i) => i * step);
}

/** The state that a folded map shows: the one that wants attention first. */
export function worst(tasks: Task[]): TaskState {
	const order: TaskState[] = ["failed", "running", "waiting", "pending", "cancelled", "succeeded", "skipped"];
	return order.find((state) => tasks.some((task) => task.state === state)) ?? "pending";
}

export function reach(tasks: Task[]): { from: string | null; to: string | null } {
	let from: string | null = null;
	let to: string | null = "";
	for (const task of tasks) {
		if (task.startedAt && (!from || task.startedAt < from)) from = task.startedAt;
		if (!task.finishedAt) to = null;
		else if (to !== null && task.finishedAt > to) to = task.finishedAt;
	}
	return { from, to: to === "" ? null : to };
}
