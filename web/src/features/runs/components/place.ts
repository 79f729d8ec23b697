"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import type { ErrorContent, FinishContent, WaitContent } from "tidegate/protocol/content.ts";
import type { RunPlace } from "tidegate/protocol/places.ts";
import { useOpenKey } from "../../../browser/key.tsx";
import { type Opened, openOnce, useOpened } from "../../../browser/opened.ts";
import { useSession } from "../../../browser/session.tsx";
import { useManifest, useVersion } from "../../versions/components/version.ts";
import { failedTasks, lastExecution, type OpenedErrors } from "./sentence.ts";
import type { TaskGroup } from "./timeline/rows.ts";
import { type Execution, mapName, type Run, type RunView, type Task } from "./view.ts";
import { openWaits, type WaitTold } from "./waiting-for.ts";

/** Where everything that is sealed for `run` belongs. */
export function usePlace(run: Pick<Run, "id" | "flow" | "number">): RunPlace {
	const { workspace } = useSession();
	return { workspace: workspace.id, flow: run.flow, number: run.number, run: run.id };
}

// A task's content changes as it moves on; its sealed form tells one from the other.
const contentId = (run: Run, task: Task): string => `task ${run.id} ${task.task} ${task.sealed?.slice(0, 40)}`;

export function useTask(run: Run, task: Task) {
	const place = usePlace(run);
	return useOpened(contentId(run, task), task.sealed, (openers, key, sealed) => openers.openTask(key, place, task.task, fromBase64(sealed)));
}

/** What its flow calls a group of tasks: a map of runs is known by the key of an item. */
export function useGroupName(run: Run, { id, fn, tasks }: Pick<TaskGroup, "id" | "fn" | "tasks">): string {
	const first = tasks[0] as Task;
	const needed = fn === "child" && first.map === id;
	const content = useTask(run, needed ? first : { ...first, sealed: null });
	const [known, setKnown] = useState(fn);
	// Kept from the last time, so that it does not flicker as the item moves on.
	const name = content.state === "open" ? mapName(fn, content.value) : known;
	if (name !== known) setKnown(name);
	return name;
}

export function useError(run: Run, execution: Execution | undefined): Opened<ErrorContent> {
	const place = usePlace(run);
	return useOpened(`error ${run.id} ${execution?.execution}`, execution?.error, (openers, key, sealed) =>
		openers.openError(key, place, execution?.execution ?? 0, fromBase64(sealed)),
	);
}

export function useFinish(run: Run, execution: Execution | undefined): Opened<FinishContent> {
	const place = usePlace(run);
	return useOpened(`finish ${run.id} ${execution?.execution}`, execution?.end, (openers, key, sealed) =>
		openers.openFinish(key, place, execution?.execution ?? 0, fromBase64(sealed)),
	);
}

/** Failed tasks that are opened to find the one whose error ended the run: of a map in which all fail, the first is as good as any. */
const MAX_COMPARED = 100;

/** What a failed run and its failed tasks raised; `undefined` until all that can be opened is. */
export function useErrors(view: RunView): { error: Opened<ErrorContent>; opened: OpenedErrors | undefined } {
	const { run } = view;
	const place = usePlace(run);
	const key = useOpenKey();
	const error = useError(run, run.state === "failed" ? lastExecution(view) : undefined);
	const failed = error.state === "open" ? failedTasks(view).slice(0, MAX_COMPARED) : [];
	const tasks = useQuery({
		queryKey: ["task errors", run.id, key?.kid, failed.map((task) => contentId(run, task))],
		enabled: key !== undefined && failed.length > 0,
		gcTime: 0,
		queryFn: async () => {
			const read = async (task: Task) => {
				if (!key || !task.sealed) return null;
				const content = await openOnce(key, contentId(run, task), (openers) =>
					openers.openTask(key, place, task.task, fromBase64(task.sealed as string)),
				);
				return content.state === "open" ? content.value.error : null;
			};
			return new Map(await Promise.all(failed.map(async (task) => [task.task, await read(task)] as const)));
		},
	});
	const known = failed.length === 0 ? new Map() : tasks.data;
	return { error, opened: error.state === "open" && known ? { run: error.value, tasks: known } : undefined };
}

/** What a wait asks or waits for. Its readers load with it. */
export function useWait(run: Pick<Run, "id" | "flow" | "number">, wait: { task: string; sealed: string } | undefined): Opened<WaitContent> {
	const place = usePlace(run);
	return useOpened(`wait ${run.id} ${wait?.task} ${wait?.sealed.slice(0, 40)}`, wait?.sealed, async (_, key, sealed) => {
		const { openWait } = await import("tidegate/protocol/answers.ts");
		return openWait(key, place, wait?.task ?? "", fromBase64(sealed));
	});
}

/** The sealed part of what a waiting run waits for. */
export function useWaitTold(view: RunView): WaitTold {
	const { run } = view;
	const waiting = run.state === "waiting";
	const first = waiting && run.waitingFor !== "retry" ? openWaits(view)[0] : undefined;
	const wait = useWait(run, first);
	const version = useVersion(run.flow, waiting && run.waitingFor === "retry" ? run.number : undefined);
	const manifest = useManifest(run.flow, version.data);
	return {
		wait: wait.state === "open" ? wait.value : undefined,
		retries: manifest.state === "open" ? manifest.value.options?.retries : undefined,
	};
}
