/** What people and programs do to runs that go on, or that ended too early. All that they say is sealed here. */
import { TRPCClientError } from "@trpc/client";
import { eventId, openWait, sealAnswer, sealEvent, sealMark } from "../protocol/answers.ts";
import { base64, fromBase64 } from "../protocol/bytes.ts";
import { nearest } from "../protocol/nearest.ts";
import { openParameters, openTask, taskId } from "../protocol/open.ts";
import { checkParameters, ParameterError } from "../protocol/parameters.ts";
import type { WorkspaceKey } from "../protocol/seal.ts";
import type { Api, Outputs } from "./api.ts";
import { checkAnswer } from "./form.ts";
import { type RunOptions, type Triggered, triggerSealed } from "./trigger.ts";

/** A question that a run asks people. */
export interface Approval {
	run: string;
	flow: string;
	number: number;
	/** As the flow knows it, such as `approval#0`. */
	key: string;
	/** As the control plane knows it. */
	task: string;
	text: string;
	/** JSON Schema of the answer; null where it is yes or no. */
	form: Record<string, unknown> | null;
	/** ISO; when the flow goes on without an answer. */
	due: string | null;
	/** ISO */
	at: string;
}

/** @param run of this one alone */
export async function listApprovals(api: Api, key: WorkspaceKey, run?: string): Promise<Approval[]> {
	const found: Approval[] = [];
	let cursor: string | undefined;
	do {
		const page = await api.runs.waits.query({ kind: "approval", run, cursor, limit: 200 });
		for (const wait of page.waits) {
			const { flow, number, task, due, at } = wait;
			const place = { workspace: key.workspace, flow, number, run: wait.run };
			const content = await openWait(key, place, task, fromBase64(wait.sealed));
			const form = (content.prompt?.form ?? null) as Approval["form"];
			found.push({ run: wait.run, flow, number, key: content.key, task, text: content.prompt?.text ?? content.key, form, due, at });
		}
		cursor = page.next ?? undefined;
	} while (cursor);
	return found;
}

/** @param named key of the approval. Throws ParameterError where the value does not fit its form, TypeError where the run asks no such thing, the control plane's refusal where it is over. */
export async function answerApproval(api: Api, key: WorkspaceKey, run: string, named: string, value: unknown): Promise<void> {
	const open = await listApprovals(api, key, run);
	const approval = open.find((each) => each.key === named);
	if (!approval) {
		await assertNotOver(api, key, run, named, value);
		throw new TypeError(
			`run ${run} does not ask ${named} now${open.length > 0 ? `: it asks ${open.map((each) => each.key).join(", ")}` : ", nor anything else"}.`,
		);
	}
	checkAnswer(approval, value);
	const answer = base64(await sealAnswer(key, run, approval.task, { value }));
	await api.runs.answer.mutate({ id: run, task: approval.task, answer });
}

/** A question that is over is answered none the less: the control plane refuses, and says who was first and when. */
export async function assertNotOver(api: Api, key: WorkspaceKey, run: string, named: string, value: unknown): Promise<void> {
	const task = await taskId(key, run, named);
	const { kin } = await api.runs.get.query({ id: run });
	if (!kin.waits.some((wait) => wait.task === task && wait.kind === "approval" && wait.state !== "open")) return;
	await api.runs.answer.mutate({ id: run, task, answer: base64(await sealAnswer(key, run, task, { value })) });
}

/** @param run that one alone @returns how many runs waited for it */
export async function sendEvent(api: Api, key: WorkspaceKey, event: { name: string; key: string }, value: unknown, run?: string): Promise<number> {
	const id = await eventId(key, event);
	const sealed = value === undefined ? undefined : base64(await sealEvent(key, id, { value }));
	return (await api.events.send.mutate({ event: id, value: sealed, run })).waited;
}

/** Throws ParameterError where the run told no such task. */
export async function markTask(
	api: Api,
	key: WorkspaceKey,
	run: { id: string; flow: string; number: number },
	taskKey: string,
	state: "succeeded" | "skipped",
	value: unknown,
): Promise<void> {
	const task = await taskId(key, run.id, taskKey);
	const place = { workspace: key.workspace, flow: run.flow, number: run.number, run: run.id };
	try {
		await api.runs.mark.mutate({ id: run.id, task, state, value: base64(await sealMark(key, place, task, { key: taskKey, value })) });
	} catch (error) {
		if (!(error instanceof TRPCClientError) || error.data?.reason !== "unknown_task") throw error;
		throw await untold(key, await api.runs.get.query({ id: run.id }), taskKey);
	}
}

/** How far up its line a task is looked for: a run that ended early told few, the one that it went on from more. */
const LINE = 20;
/** So many keys are opened to find the one that was meant. */
const OPENED = 100;

/** Throws ParameterError where neither the run nor one that it goes on from told such a task: all of it would be taken as it is. */
async function assertTold(api: Api, key: WorkspaceKey, first: Outputs["runs"]["get"], from: string): Promise<void> {
	let told: typeof first | undefined = first;
	for (let far = 0; told && far < LINE; far++) {
		const { id } = told.run;
		const task = await taskId(key, id, from);
		if (told.tasks.some((each) => each.task === task)) return;
		// The page of a run holds many tasks, not all.
		if ((await api.runs.events.query({ id, task, limit: 1 })).events.length > 0) return;
		const before: string | undefined = told.kin.resumes?.run;
		told = before === undefined ? undefined : await api.runs.get.query({ id: before });
	}
	throw await untold(key, first, from);
}

const untold = async (key: WorkspaceKey, told: Outputs["runs"]["get"], named: string): Promise<ParameterError> =>
	new ParameterError([`run ${told.run.id} told no task ${named}.${await meant(key, told, named)}`]);

/** By the names of functions, which are clear; only the keys of that one are opened. */
async function meant(key: WorkspaceKey, { run, tasks }: Outputs["runs"]["get"], from: string): Promise<string> {
	const name = /([^/#[]+)[^/]*$/.exec(from)?.[1] ?? from;
	const names = [...new Set(tasks.map(({ fn }) => fn))];
	const fn = names.includes(name) ? name : nearest(name, names);
	const place = { workspace: key.workspace, flow: run.flow, number: run.number, run: run.id };
	const opened = await Promise.all(
		tasks
			.filter((task) => task.fn === fn)
			.slice(0, OPENED)
			.map(async ({ task, sealed }) => (sealed === null ? [] : [(await openTask(key, place, task, fromBase64(sealed))).key])),
	);
	const keys = opened.flat();
	const near = keys.find((each) => each.startsWith(`${from}#`) || each.startsWith(`${from}[`)) ?? nearest(from, keys) ?? keys[0];
	return near ? ` Did you mean ${near}?` : " The key of a task is as train#0, or train#0[3] in a map.";
}

/** A new run with the parameters of the one that it resumes, in its pool; as the live version, if no other is named. */
export async function resumeFrom(
	api: Api,
	key: WorkspaceKey,
	options: RunOptions & { resumes: NonNullable<RunOptions["resumes"]> },
): Promise<Triggered> {
	const before = await api.runs.get.query({ id: options.resumes.run });
	const { run, kin } = before;
	// Its parameters are not its flow's, so it is said before they are read.
	if (kin.parent && (kin.step ?? kin.hook) !== null)
		throw new ParameterError([
			`Run ${run.id} ${kin.step === null ? `is what was done after the ${kin.hook} of run ${kin.parent.id}` : `does the task ${kin.step} of run ${kin.parent.id}`}: relaunch that one.`,
		]);
	if (options.resumes.from !== undefined) await assertTold(api, key, before, options.resumes.from);
	const place = { workspace: key.workspace, flow: run.flow, number: run.number, run: run.id };
	const given = run.parameters === null ? {} : await openParameters(key, place, fromBase64(run.parameters));
	return triggerSealed(api, key, run.flow, (schema) => checkParameters(schema, given), { pool: run.pool, ...options });
}
