/** One run as it stands, opened: its parameters, its tasks as the flow knows them, and what came of it. */
import { fromBase64 } from "../protocol/bytes.ts";
import type { ErrorContent, ResultContent, TaskContent } from "../protocol/content.ts";
import { openError, openFinish, openParameters, openResult, openTask } from "../protocol/open.ts";
import type { RunPlace } from "../protocol/places.ts";
import { SealError, type WorkspaceKey } from "../protocol/seal.ts";
import type { Outputs } from "./api.ts";

type Read = Outputs["runs"]["get"];
export interface TaskDetail extends Omit<Read["tasks"][number], "sealed"> {
	/** As the flow knows it, such as `train#0[3]`; null where the control plane left its sealed part out: there are too many. */
	key: string | null;
	content: TaskContent | null;
}
export interface RunDetail {
	run: Omit<Read["run"], "parameters">;
	parameters: Record<string, unknown>;
	/** In the order in which they were first told. */
	tasks: TaskDetail[];
	result: ResultContent | null;
	error: ErrorContent | null;
	/** Why it ended, where the flow itself did not say. */
	note: string | null;
	/** Where what it did is kept, if it is to go on from there: only agents that reach it are given the run. */
	store: Read["kin"]["store"];
}

/** @throws SealError where a content was altered, or the key is another */
export async function openRun(key: WorkspaceKey, { run: told, tasks, executions, earlier, kin }: Read): Promise<RunDetail> {
	const { parameters, ...run } = told;
	const place: RunPlace = { workspace: key.workspace, flow: run.flow, number: run.number, run: run.id };
	const last = executions.at(-1);
	const opened = async <Content>(sealed: string | null | undefined, open: (bytes: Uint8Array) => Promise<Content>): Promise<Content | null> =>
		sealed ? open(fromBase64(sealed)) : null;
	const of = last?.execution ?? 0;
	const finish = await opened(last?.end, (bytes) => openFinish(key, place, of, bytes));
	if (run.state === "succeeded" && finish?.outcome !== "succeeded")
		throw new SealError("altered", "the control plane says that the run succeeded, but no agent has sealed that it did");
	return {
		run,
		parameters: (await opened(parameters, (bytes) => openParameters(key, place, bytes))) ?? {},
		tasks: await Promise.all(
			tasks.map(async (one) => {
				const { sealed, ...task } = asDone(one, run.id, earlier);
				const content = await opened(sealed, (bytes) => openTask(key, place, task.task, bytes));
				return { ...task, key: content?.key ?? null, content };
			}),
		),
		result: await opened(last?.result, (bytes) => openResult(key, place, of, bytes)),
		error: await opened(last?.error, (bytes) => openError(key, place, of, bytes)),
		note: finish?.note ?? null,
		store: kin.store,
	};
}

/** A process that comes after a wait remembers what an earlier one of the same run did: as that did it. */
function asDone(task: Read["tasks"][number], run: string, earlier: Read["earlier"]): Read["tasks"][number] {
	const done = task.from === run && !task.cached ? earlier.findLast((one) => one.task === task.task && one.state === task.state) : undefined;
	return done ? { ...task, from: null, attempt: done.attempt, startedAt: done.startedAt, finishedAt: done.finishedAt } : task;
}
