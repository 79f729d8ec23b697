/** Everything that happens in a run, opened, in order, without a gap: over dropped connections and restarts of the control plane. */
import { TRPCClientError } from "@trpc/client";
import { openWait } from "../protocol/answers.ts";
import { fromBase64 } from "../protocol/bytes.ts";
import { type Line, LineReader } from "../protocol/lines.ts";
import { openArtifact, openError, openFinish, openResult, openSegment, openTask } from "../protocol/open.ts";
import type { RunPlace } from "../protocol/places.ts";
import { SealError, type WorkspaceKey } from "../protocol/seal.ts";
import type { RunState, WaitKind } from "../protocol/states.ts";
import type { Api } from "./api.ts";
import type { Happening } from "./happening.ts";
import { inOrder } from "./order.ts";

export interface WatchOptions {
	/** Ends the watching; the run goes on. */
	signal?: AbortSignal;
	/** How long what comes right behind a stretch of log is waited for, so that both are told by their times. Milliseconds; default: not at all. */
	settle?: number;
	/** Told when the connection is lost and when it is back. */
	onConnection?: (state: "lost" | "back") => void;
}

type Received = { id: string; data: WatchData };
/** One step of runs.watch, as .github/decisions/0002-api.md lists it. */
export type WatchData = {
	seq: number;
	event?: { at: string; execution: number | null; type: string; data: Record<string, unknown> | null; sealed: string | null } | null;
	segment?: { execution: number; stream: string; start: number; end: number; at: string; lines: number; sealed: string } | null;
};

/** Errors that another attempt would only meet again. */
const FINAL = new Set(["UNAUTHORIZED", "FORBIDDEN", "NOT_FOUND", "BAD_REQUEST", "UNPROCESSABLE_CONTENT"]);
const RETRY = 500;

/** @throws TRPCClientError where the run is not to be watched, SealError where a content was altered or the key is another. */
export async function* watchRun(api: Api, key: WorkspaceKey, place: RunPlace, options: WatchOptions = {}): AsyncGenerator<Happening> {
	const opener = new Opener(key, place);
	let last: string | undefined;
	let ended = false;
	while (!options.signal?.aborted) {
		try {
			for await (const batch of received(api, place.run, last, options)) {
				const { happenings, error } = await openAll(opener, batch);
				for (const happening of inOrder(happenings)) {
					ended ||= happening.type === "ended";
					yield happening;
				}
				if (error) throw error;
				last = batch.at(-1)?.id ?? last;
			}
			if (ended) break;
		} catch (error) {
			if (!(error instanceof TRPCClientError) || FINAL.has(error.data?.code)) throw error;
			options.onConnection?.("lost");
		}
		// The server went away in an orderly manner: it said that it ends, not that the run did.
		await new Promise((resolve) => setTimeout(resolve, RETRY));
	}
	const lines = opener.rest();
	if (lines.length > 0) yield { type: "lines", lines };
}

/** @returns what opened, and the error that ended it: what came before a content that does not open is still shown. */
async function openAll(opener: Opener, batch: readonly Received[]): Promise<{ happenings: Happening[]; error?: unknown }> {
	const happenings: Happening[] = [];
	try {
		for (const { data } of batch) happenings.push(...(await opener.open(data)));
		return { happenings: happenings.map(opener.named) };
	} catch (error) {
		return { happenings: happenings.map(opener.named), error };
	}
}

/** A subscription as an iterable of what arrived together. It reconnects by itself and goes on after the last id that it got. */
async function* received(api: Api, id: string, lastEventId: string | undefined, options: WatchOptions): AsyncGenerator<Received[]> {
	const queue: Received[] = [];
	const outcome: { complete?: boolean; error?: unknown } = {};
	let wake = (): void => {};
	const change = (): void => wake();
	let lost = false;
	const subscription = api.runs.watch.subscribe(
		{ id, lastEventId },
		{
			onData: (message: unknown) => {
				queue.push(message as Received);
				change();
			},
			onError: (error: unknown) => {
				outcome.error = error;
				change();
			},
			onComplete: () => {
				outcome.complete = true;
				change();
			},
			onConnectionStateChange: (connection: { state: string; error?: unknown }) => {
				if (connection.state === "connecting" && connection.error && !lost) options.onConnection?.("lost");
				if (connection.state === "pending" && lost) options.onConnection?.("back");
				lost = connection.state === "connecting" && (lost || Boolean(connection.error));
			},
		},
	);
	options.signal?.addEventListener("abort", change);
	try {
		for (;;) {
			while (queue.length > 0) {
				if (options.settle && queue.some(({ data }) => data.segment)) await new Promise((resolve) => setTimeout(resolve, options.settle));
				yield queue.splice(0);
			}
			if (outcome.error) throw outcome.error;
			if (options.signal?.aborted || outcome.complete) return;
			await new Promise<void>((resolve) => {
				wake = resolve;
			});
		}
	} finally {
		options.signal?.removeEventListener("abort", change);
		subscription.unsubscribe();
	}
}

const LOGS = /^(log\.|out$|err$)/;

/** Opens what one run's watch sends. Remembers the ends of streams, so that a stretch that was left out shows. */
export class Opener {
	readonly #key: WorkspaceKey;
	readonly #place: RunPlace;
	readonly #reader = new LineReader();
	/** How far each log stream of each execution was read. */
	readonly #ends = new Map<string, number>();
	/** What the agent sealed of the end of the newest execution that ended. */
	#proven: string | undefined;
	/** Of several records of a task that come together only the last has its content. */
	readonly #names = new Map<string, { key: string; name?: string }>();

	constructor(key: WorkspaceKey, place: RunPlace) {
		this.#key = key;
		this.#place = place;
	}

	async open({ event, segment }: Pick<WatchData, "event" | "segment">): Promise<Happening[]> {
		if (segment) return this.#segment(segment);
		return event ? this.#event(event) : [];
	}

	/** A task by the name that was opened of it, before or since. */
	readonly named = (happening: Happening): Happening =>
		happening.type === "task" && !happening.content ? { ...happening, ...this.#names.get(happening.task) } : happening;

	/** Lines without a final newline, once the run has ended. */
	rest(): Line[] {
		return this.#reader.end();
	}

	async #segment(segment: NonNullable<WatchData["segment"]>): Promise<Happening[]> {
		const { execution, stream, start, at } = segment;
		if (!LOGS.test(stream)) return [];
		const content = await openSegment(this.#key, this.#place, execution, stream, start, fromBase64(segment.sealed));
		const name = `${execution} ${stream}`;
		const gap = start - (this.#ends.get(name) ?? 0);
		// By what was opened, not by what the control plane says of it.
		this.#ends.set(name, start + content.length);
		const lines = this.#reader.read({ execution, stream, at, content });
		if (gap > 0)
			lines.unshift({ t: Date.parse(at) / 1000, l: "warn", m: `${gap} bytes of ${stream} are missing here`, s: "agent", execution, stream });
		return lines.length > 0 ? [{ type: "lines", lines }] : [];
	}

	/** The ends of streams are sealed with the finish: what the control plane left out at the end shows. */
	#cutOff(execution: number, at: string, streams: Record<string, number>): Happening[] {
		const lines = Object.entries(streams).flatMap(([stream, end]): Line[] => {
			const missing = LOGS.test(stream) ? end - (this.#ends.get(`${execution} ${stream}`) ?? 0) : 0;
			if (missing <= 0) return [];
			return [{ t: Date.parse(at) / 1000, l: "warn", m: `${missing} bytes of ${stream} are missing at its end`, s: "agent", execution, stream }];
		});
		return lines.length > 0 ? [{ type: "lines", lines }] : [];
	}

	/** A success is what an agent sealed, not what the control plane says. */
	#believe(state: RunState): RunState {
		if (state === "succeeded" && this.#proven !== "succeeded")
			throw new SealError("altered", "the control plane says that the run succeeded, but no agent has sealed that it did");
		return state;
	}

	async #event(event: NonNullable<WatchData["event"]>): Promise<Happening[]> {
		const { at, execution } = event;
		const data = event.data ?? {};
		const sealed = event.sealed ? fromBase64(event.sealed) : null;
		const of = execution ?? 0;
		switch (event.type) {
			case "task": {
				const told = data as Pick<Extract<Happening, { type: "task" }>, "task" | "fn" | "index" | "state" | "attempt" | "until" | "from" | "cached">;
				const { task, fn, index, state, attempt, until, from, cached } = told;
				const content = sealed && (await openTask(this.#key, this.#place, task, sealed));
				const name = content ? { key: content.key, ...(content.name ? { name: content.name } : {}) } : undefined;
				if (name) this.#names.set(task, name);
				const times = { ...(until ? { until } : {}), ...(from ? { from, cached } : {}) };
				return [{ type: "task", at, execution, task, fn, index, state, attempt, ...times, ...name, content }];
			}
			case "wait": {
				const { task, kind, due, child } = data as { task: string; kind: WaitKind; due: string | null; child: string | null };
				return sealed ? [{ type: "wait", at, execution, task, kind, due, child, content: await openWait(this.#key, this.#place, task, sealed) }] : [];
			}
			case "artifact": {
				const { id, kind, size } = data as { id: string; kind: string; size: number };
				return sealed ? [{ type: "artifact", at, execution, id, kind, size, content: await openArtifact(this.#key, this.#place, id, sealed) }] : [];
			}
			case "result":
				return sealed ? [{ type: "result", at, execution, content: await openResult(this.#key, this.#place, of, sealed) }] : [];
			case "error":
				return sealed ? [{ type: "error", at, execution, content: await openError(this.#key, this.#place, of, sealed) }] : [];
			case "finished": {
				const { outcome, code, signal } = data as { outcome: string; code: number | null; signal: string | null };
				const finish = sealed && (await openFinish(this.#key, this.#place, of, sealed));
				if (finish && finish.outcome !== outcome)
					throw new SealError("altered", `the control plane says that the run ${outcome}, its agent sealed that it ${finish.outcome}`);
				this.#proven = finish?.outcome;
				const told: Happening = { type: "finished", at, execution, outcome, code: code ?? null, signal: signal ?? null, note: finish?.note ?? null };
				return [...this.#cutOff(of, at, finish?.streams ?? {}), told];
			}
			case "ended":
				return [{ type: "ended", at, execution, state: this.#believe((data as { state: RunState }).state) }];
			default:
				return [{ type: event.type as "queued", at, execution, data }];
		}
	}
}
