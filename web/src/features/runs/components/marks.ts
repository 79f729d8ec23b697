"use client";
/** Tasks that this run did not do since somebody had marked them by hand, on a run that it goes on from. */
import { createContext, useContext } from "react";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import type { TaskContent } from "tidegate/protocol/content.ts";
import { type Opened, useOpened } from "../../../browser/opened.ts";
import type { RunView, Task } from "./view.ts";

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
		const read = async ({ run, flow, number, task, by, sealed }: (typeof marks)[number]) => {
			const mark = await openMark(key, { workspace: key.workspace, flow, number, run }, task, fromBase64(sealed)).catch(() => undefined);
			return mark ? [[nameOf(run, mark.key), by] as const] : [];
		};
		return new Map((await Promise.all(marks.map(read))).flat());
	});
	return opened.state === "open" ? opened.value : NONE;
}

/** Who marked the task that this one was taken from; undefined where nobody did, or it can't be opened here. */
export function useMarkedBy(task: Task, content: Opened<TaskContent>): string | undefined {
	const marks = useContext(Context);
	return task.from && content.state === "open" ? marks.get(nameOf(task.from, content.value.key)) : undefined;
}
