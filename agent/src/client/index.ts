/**
 * The typed client: triggers runs from your own programs (Node ≥ 20, browsers), seals parameters and opens results for you.
 *
 *     import { createClient } from "tidegate/client";
 *     const tidegate = createClient({ url, apiKey, workspaceKey });
 *     const run = await tidegate.trigger("penguins", { folds: 5 });
 *     console.log(await run.result());
 */
import type { ErrorContent } from "../protocol/content.ts";
import { KeyError } from "../protocol/key-error.ts";
import { checkParameters, ParameterError } from "../protocol/parameters.ts";
import type { RunPlace } from "../protocol/places.ts";
import { parseKey, SealError, WorkspaceKey } from "../protocol/seal.ts";
import { type Api, connectApi, type Inputs, type Outputs } from "./api.ts";
import type { Happening } from "./happening.ts";
import { type Approval, answerApproval, listApprovals, markTask, resumeFrom, sendEvent } from "./inside.ts";
import { type KnownVersion, type RunOptions, triggerBare, triggerSealed } from "./trigger.ts";
import { type WatchOptions, watchRun } from "./watch.ts";

export type { Api, Approval, ErrorContent, Happening, RunOptions, WatchOptions };
export { KeyError, ParameterError, SealError };

export interface ClientOptions {
	/** Of the control plane, such as `https://tidegate.example.com`. */
	url: string;
	/** An API key (`tg_…`); it belongs to one workspace. `undefined`, as a variable that is not set gives it, is refused at once. */
	apiKey: string | undefined;
	/** The workspace key (`tgk_…`). It stays in this process. Without it runs can be triggered with their defaults, and nothing sealed can be read. */
	workspaceKey?: string | undefined;
}

/** The run did not succeed. For a failure of the flow's own, `type` and `traceback` are Python's. */
export class RunFailed extends Error {
	override readonly name = "RunFailed";
	readonly run: string;
	/** `failed` or `cancelled`. */
	readonly state: string;
	/** The exception's type, such as `ValueError`; null where the flow raised none (it was killed, lost or cancelled). */
	readonly type: string | null;
	/** As Python prints it; null where there is none. */
	readonly traceback: string | null;
	constructor(run: string, state: string, error: ErrorContent | null, note: string | null) {
		super(error ? `${error.type}: ${error.message}` : (note ?? `the run ended as ${state}`));
		this.run = run;
		this.state = state;
		this.type = error?.type ?? null;
		this.traceback = error?.traceback ?? null;
	}
}

export interface RunHandle {
	/** UUIDv7. */
	id: string;
	/** The run's page. */
	url: string;
	/**
	 * Waits for the end. @returns the flow's result where it is JSON of at most 256 KiB, else its short repr; as `T`, which nothing checks.
	 * @throws RunFailed
	 */
	result<T = unknown>(): Promise<T>;
	/** All that happens, from the beginning, opened and in order; ends with the run. */
	watch(options?: WatchOptions): AsyncIterable<Happening>;
	/** Asks for its end; the run ends when its process did. */
	cancel(): Promise<void>;
	/** It ends its process at its next task, and waits until it is resumed. */
	pause(): Promise<void>;
	/** Takes a pause back. An ended run is gone on with by `trigger`'s `resumes`, or by {@link relaunch}. */
	resume(): Promise<void>;
	/** A new run with the same parameters that goes on from where this one ended; as the live version, if no other is named. */
	relaunch(options?: Omit<RunOptions, "resumes"> & Omit<NonNullable<RunOptions["resumes"]>, "run">): Promise<RunHandle>;
	/** What it asks people now. */
	approvals(): Promise<Approval[]>;
	/** @param key of the approval, such as `approval#0` @throws ParameterError where the value does not fit the approval's form */
	answer(key: string, value: unknown): Promise<void>;
	/** Sets a task's end by hand, for the run that goes on from this one. */
	mark(task: string, state: "succeeded" | "skipped", value?: unknown): Promise<void>;
}

export interface Client {
	/**
	 * @param parameters JSON values by name, checked against the version's schema and sealed; at most 1 MiB.
	 * @throws ParameterError which names every parameter that does not fit, and KeyError, before anything is sent; TRPCClientError with the server's reason.
	 */
	trigger(flow: string, parameters?: Record<string, unknown>, options?: RunOptions): Promise<RunHandle>;
	/** A run that exists. */
	run(id: string): Promise<RunHandle>;
	/** The newest first; what is sealed stays sealed. */
	runs(filter?: Inputs["runs"]["list"]): Promise<Outputs["runs"]["list"]>;
	/** What runs of the workspace ask people now, those of the newest runs first. */
	approvals(): Promise<Approval[]>;
	/** Tells all runs that wait for it, or `run` alone. @returns how many waited */
	sendEvent(name: string, key: string, value?: unknown, run?: string): Promise<number>;
	/** The raw tRPC client: every procedure of the API. */
	api: Api;
}

export function createClient(options: ClientOptions): Client {
	const url = given(options.url, "url", "the address of the control plane, such as https://tidegate.example.com").replace(/\/+$/, "");
	const apiKey = given(options.apiKey, "apiKey", "an API key (tg_…). Is TIDEGATE_API_KEY set? tidegate api-key create NAME makes one");
	const api = connectApi({ url, apiKey });
	// Parsed at once, so that a mistyped key shows where it was given.
	const raw =
		options.workspaceKey === undefined
			? null
			: parseKey(
					given(
						options.workspaceKey,
						"workspaceKey",
						"the workspace key (tgk_…), or undefined. Is TIDEGATE_WORKSPACE_KEY set? tidegate key show prints it",
					),
				);
	let opening: Promise<WorkspaceKey> | undefined;
	const open = async (): Promise<WorkspaceKey> => {
		if (!raw) throw new KeyError("missing", 'this needs the workspace key: createClient({ …, workspaceKey: "tgk_…" })');
		const { workspace } = await api.whoami.query();
		const key = await WorkspaceKey.open(raw, workspace.id);
		if (workspace.kid !== null && workspace.kid !== key.kid)
			throw new KeyError("wrong", `wrong workspace key: this one has id ${key.kid}, the key of workspace ${workspace.name} has id ${workspace.kid}`);
		return key;
	};
	const workspaceKey = (): Promise<WorkspaceKey> => {
		opening ??= open();
		// What failed for want of a connection may work the next time.
		opening.catch(() => {
			opening = undefined;
		});
		return opening;
	};

	const known = new Map<string, KnownVersion>();
	const handle = (run: { id: string; flow: string; number: number }): RunHandle => {
		async function* watch(watching?: WatchOptions): AsyncGenerator<Happening> {
			const key = await workspaceKey();
			const place: RunPlace = { workspace: key.workspace, flow: run.flow, number: run.number, run: run.id };
			yield* watchRun(api, key, place, watching);
		}
		return {
			id: run.id,
			url: `${url}/runs/${run.id}`,
			watch,
			result: <T>() => resultOf(run.id, watch()) as Promise<T>,
			cancel: async () => void (await api.runs.cancel.mutate({ id: run.id })),
			pause: async () => void (await api.runs.pause.mutate({ id: run.id })),
			resume: async () => void (await api.runs.resume.mutate({ id: run.id })),
			relaunch: async ({ from, changed, ...others } = {}) =>
				handle(await resumeFrom(api, await workspaceKey(), { ...others, resumes: { run: run.id, from, changed } })),
			approvals: async () => listApprovals(api, await workspaceKey(), run.id),
			answer: async (key, value) => answerApproval(api, await workspaceKey(), run.id, key, value),
			mark: async (task, state, value = null) => markTask(api, await workspaceKey(), run, task, state, value),
		};
	};

	return {
		api,
		trigger: async (flow, parameters = {}, runOptions = {}) => {
			const bare = raw === null && Object.keys(parameters).length === 0;
			if (bare) return handle(await triggerBare(api, flow, runOptions));
			return handle(await triggerSealed(api, await workspaceKey(), flow, (schema) => checkParameters(schema, parameters), runOptions, known));
		},
		run: async (id) => handle((await api.runs.get.query({ id })).run),
		approvals: async () => listApprovals(api, await workspaceKey()),
		sendEvent: async (name, key, value, id) => sendEvent(api, await workspaceKey(), { name, key }, value, id),
		runs: (filter = {}) => api.runs.list.query(filter),
	};
}

function given(value: string | undefined, name: string, what: string): string {
	if (typeof value === "string" && value.trim() !== "") return value.trim();
	throw new TypeError(`createClient: ${name} is missing. It is ${what}.`);
}

async function resultOf(run: string, happenings: AsyncIterable<Happening>): Promise<unknown> {
	let result: unknown;
	let error: ErrorContent | null = null;
	let note: string | null = null;
	for await (const happening of happenings) {
		if (happening.type === "result") result = "json" in happening.content ? happening.content.json : happening.content.repr;
		else if (happening.type === "error") error = happening.content;
		else if (happening.type === "finished") note = happening.note;
		// A new execution: what an earlier one ended with is past.
		else if (happening.type === "started") [result, error, note] = [undefined, null, null];
		else if (happening.type === "ended" && happening.state !== "succeeded") throw new RunFailed(run, happening.state, error, note);
	}
	return result;
}
