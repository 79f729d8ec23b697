/** A run as its page shows it: what runs.get told, moved on (advance.ts) by each event of runs.watch. */
import type { TaskContent } from "tidegate/protocol/content.ts";
import type { Outputs } from "../../../browser/api.ts";

export type Snapshot = Outputs["runs"]["get"];
export type Run = Snapshot["run"];
export type Task = Snapshot["tasks"][number];
export type Artifact = Snapshot["artifacts"][number];
export type Execution = Snapshot["executions"][number];
/** Parent, children, what it waits for, what it goes on from. */
export type Kin = Snapshot["kin"];
export type Wait = Kin["waits"][number];
export type Mark = Kin["marks"][number];
export type Attempt = Snapshot["attempts"][number];

/** A doing of a task that a later one took the place of: of an earlier attempt, or of an execution that was lost. */
export type Earlier = Snapshot["earlier"][number];

export interface WatchedEvent {
	seq: number;
	at: string;
	execution: number | null;
	type: string;
	/** The clear part. */
	data: Record<string, unknown>;
	sealed: string | null;
}

/** "train", or "train[3]" for an item of a map. */
export const taskName = (task: Pick<Task, "fn" | "index">): string => (task.index === null ? task.fn : `${task.fn}[${task.index}]`);

/** As its flow calls it. One that stands for a run has a clear name that says no more than that: its key says of what; and of a wait, which attempt of the flow asked again. */
export const openName = (task: Pick<Task, "fn" | "index">, { name, key }: Pick<TaskContent, "name" | "key">): string =>
	name || (task.fn === "child" ? key.replace(/#\d+/, "") : `${taskName(task)}${/ \(attempt \d+\)$/.exec(key)?.[0] ?? ""}`);

/** A map, as its flow calls it, by the key of one of its items: of what stands for runs the clear name says no more than that, too. */
export const mapName = (fn: string, { key }: Pick<TaskContent, "key">): string => (fn === "child" ? key.replace(/#\d+\[.*$/s, "") : fn);

/** Which call of its task it was, as its key has it: told of all but the first, and of no item, which is told by its index. */
export const callOf = (task: Pick<Task, "map">, key: string): string | undefined => (task.map ? undefined : /#[1-9]\d*$/.exec(key)?.[0]);

export interface RunView {
	run: Run;
	attempts: Attempt[];
	executions: Execution[];
	/** By id, in the order in which they were first told. */
	tasks: Map<string, Task>;
	/** By the task's id, the first doing first. */
	earlier: Map<string, Earlier[]>;
	artifacts: Map<string, Artifact>;
	/** Its version is the flow's live one, as far as this page was told. */
	live: boolean;
	/** Who asked for its end, once somebody has. */
	cancelledBy: string | null;
	/** Who asked for its pause, while it is held or about to be. */
	pausedBy: string | null;
	kin: Kin;
	/** Position of the last event that is in here. */
	seq: number;
}

/** A hook's run and one that does a single task belong to their parent, which is what can be relaunched. */
export const isWhole = ({ kin }: RunView): boolean => kin.step === null && kin.hook === null;

export function fromSnapshot(told: Snapshot): RunView {
	return {
		run: told.run,
		attempts: told.attempts,
		executions: told.executions,
		tasks: new Map(told.tasks.map((task) => [task.task, task])),
		earlier: byTask(told.earlier),
		live: told.live,
		cancelledBy: told.cancelledBy,
		pausedBy: told.pausedBy,
		kin: told.kin,
		artifacts: new Map(told.artifacts.map((artifact) => [artifact.id, artifact])),
		seq: told.seq,
	};
}

function byTask(all: Earlier[]): Map<string, Earlier[]> {
	const found = new Map<string, Earlier[]>();
	for (const one of all) found.set(one.task, [...(found.get(one.task) ?? []), one]);
	return found;
}

/** Events after which an execution's own figures are there to be asked for. */
export const ENDS: readonly string[] = ["finished", "lost", "returned"];

/** Events after which what it waits for, its children or its marks are others. */
export const TURNS: readonly string[] = ["ended", "wait", "answered", "waiting", "child", "marked", "held"];
