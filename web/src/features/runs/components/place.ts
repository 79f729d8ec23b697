"use client";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import type { ErrorContent, FinishContent } from "tidegate/protocol/content.ts";
import type { RunPlace } from "tidegate/protocol/places.ts";
import { type Opened, useOpened } from "../../../browser/opened.ts";
import { useSession } from "../../../browser/session.tsx";
import type { Execution, Run, Task } from "./view.ts";

/** Where everything that is sealed for `run` belongs. */
export function usePlace(run: Run): RunPlace {
	const { workspace } = useSession();
	return { workspace: workspace.id, flow: run.flow, number: run.number, run: run.id };
}

export function useTask(run: Run, task: Task) {
	const place = usePlace(run);
	// A task's content changes as it moves on; its sealed form tells one from the other.
	return useOpened(`task ${run.id} ${task.task} ${task.sealed?.slice(0, 40)}`, task.sealed, (openers, key, sealed) =>
		openers.openTask(key, place, task.task, fromBase64(sealed)),
	);
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
