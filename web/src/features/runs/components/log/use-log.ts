"use client";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { api, errorCode } from "../../../../browser/api.ts";
import { openOnce } from "../../../../browser/opened.ts";
import { useSession } from "../../../../browser/session.tsx";
import type { LiveRun } from "../live.ts";
import { usePlace } from "../place.ts";
import type { RunView } from "../view.ts";
import type { Filter } from "./filter.ts";
import { Log } from "./log.ts";
import type { Segment } from "./messages.ts";

/** Segments asked for at a time: some megabytes at most. */
const PAGE = 200;
/** And at first: few are here sooner. */
const FIRST = 4;
/** Segments from the end, shown while those before are read. */
const TAIL = 10;
/** How long to wait before asking again where no answer came, in milliseconds. */
const AGAIN = 2_000;

/** Asks until there is an answer: a control plane that restarts is no end of a log. */
async function insist<T>(ask: () => Promise<T>, wanted: () => boolean): Promise<T | undefined> {
	while (wanted()) {
		try {
			return await ask();
		} catch (cause) {
			if (errorCode(cause) !== undefined) throw cause;
			await new Promise((resolve) => setTimeout(resolve, AGAIN));
		}
	}
	return undefined;
}

/** The log of a run, read by its worker for as long as the page shows it. Renders with each change. Of one that failed, the end is read first. */
export function useLog(live: LiveRun, view: RunView, key: WorkspaceKey): Log | undefined {
	const { workspace, flow, number, run } = usePlace(view.run);
	const [log, setLog] = useState<Log>();
	const { kid } = key;
	const { id: person } = useSession();
	const failed = useRef(false);
	failed.current = view.run.state === "failed";

	useEffect(() => {
		const made = new Log(person, kid, { workspace, flow, number, run });
		setLog(made);
		let closed = false;
		let arrived: Segment[] | undefined = [];
		const deaf = live.onSegment((segment) => (arrived ? arrived.push(segment) : made.add([segment], true)));
		const wanted = () => !closed;
		const load = async () => {
			if (failed.current) made.addTail((await insist(() => api.runs.logs.query({ id: run, last: TAIL }), wanted))?.segments ?? []);
			for (let after: number | undefined; wanted(); ) {
				const page = await insist(() => api.runs.logs.query({ id: run, after, limit: after === undefined ? FIRST : PAGE }), wanted);
				if (!page) return;
				if (page.next === null) {
					// What was reported meanwhile follows; twice told is told once.
					made.add([...page.segments, ...(arrived ?? [])], true);
					arrived = undefined;
					return;
				}
				made.add(page.segments, false);
				after = page.next;
			}
		};
		load().catch((cause: Error) => made.fail(cause.message));
		return () => {
			closed = true;
			deaf();
			made.close();
		};
	}, [live, person, kid, workspace, flow, number, run]);

	useEnd(log, live, view, key);
	useSyncExternalStore(
		log?.subscribe ?? nothing,
		() => log?.changes ?? 0,
		() => 0,
	);
	return log;
}

const nothing = () => () => undefined;

/** Once the run has ended, and its last lines were heard: the ends of its streams as they were sealed, so that lines that were left out are missed. */
function useEnd(log: Log | undefined, live: LiveRun, view: RunView, key: WorkspaceKey): void {
	const place = usePlace(view.run);
	const heard = useSyncExternalStore(live.subscribe, live.isHeard, () => false);
	const ended = view.run.finishedAt !== null && heard;
	// biome-ignore lint/correctness/useExhaustiveDependencies: said once, when it ended; what follows changes nothing of it
	useEffect(() => {
		if (!log || !ended) return;
		const open = view.executions.map(async ({ execution, end, finishedAt }) => {
			if (!end || !finishedAt) return undefined;
			const content = await openOnce(key, `finish ${view.run.id} ${execution}`, (openers) =>
				openers.openFinish(key, place, execution, fromBase64(end)),
			);
			return content.state === "open" ? { execution, streams: content.value.streams, at: finishedAt } : undefined;
		});
		void Promise.all(open).then((finishes) => log.end(finishes.filter((finish) => finish !== undefined)));
	}, [log, ended]);
}

/** Has the worker look for the lines that `filter` wants. */
export function useFilter(log: Log, filter: Filter): void {
	const { level, task, execution, attempt, search } = filter;
	useEffect(() => log.filter({ level, task, execution, attempt, search }), [log, level, task, execution, attempt, search]);
}
