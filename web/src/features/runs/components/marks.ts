"use client";
/** Tasks that this run did not do since somebody had marked them by hand, on a run that it goes on from. */
import { createContext, useContext } from "react";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import { useOpened } from "../../../browser/opened.ts";
import { useTask } from "./place.ts";
import type { Run, RunView, Task } from "./view.ts";

type Marks = ReadonlyMap<string, string>;

const nameOf = (run: string, key: string): string => `${run} ${key}`;
const NONE: Marks = new Map();
const Context = createContext<Marks>(NONE);
export const MarksBefore = Context.Provider;

/** Which tasks of other runs were marked, and by whom: a task is known by its key there, which is sealed. */
export function useMarksBefore({ run, kin }: RunView): Marks {
	const marks = kin.marksBefore;
	const opened = useOpened(`marks before ${run.id}`, marks[0]?.sealed, async (_, key) => {
		const { openMark } = await import("tidegate/protocol/answers.ts");
		const found = new Map<string, string>();
		for (const { run, flow, number, task, by, sealed } of marks) {
			const mark = await openMark(key, { workspace: key.workspace, flow, number, run }, task, fromBase64(sealed)).catch(() => undefined);
			if (mark) found.set(nameOf(run, mark.key), by);
		}
		return found;
	});
	return opened.state === "open" ? opened.value : NONE;
}

/** Who marked the task that this one was taken from; undefined where nobody did, or it can't be opened here. */
export function useMarkedBy(run: Run, task: Task): string | undefined {
	const marks = useContext(Context);
	const content = useTask(run, task);
	return task.from && content.state === "open" ? marks.get(nameOf(task.from, content.value.key)) : undefined;
}
