"use client";
import { useEffect, useMemo, useState } from "react";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { api } from "../../../../browser/api.ts";
import type { LiveRun } from "../live.ts";
import { usePlace } from "../place.ts";
import type { RunView } from "../view.ts";
import { type Filter, FilteredLines } from "./filter.ts";
import { LogStore } from "./store.ts";

/** Segments asked for at a time: some megabytes at most. */
const PAGE = 200;
/** Lines are shown at most this often, in milliseconds: faster than that nobody reads. */
const SHOW = 50;

/** The lines of a run, with a number that grows whenever there are more of them. */
export function useLog(live: LiveRun, view: RunView, key: WorkspaceKey): { store: LogStore | undefined; grown: number } {
	const place = usePlace(view.run);
	const [store, setStore] = useState<LogStore>();
	const [grown, setGrown] = useState(0);
	const { workspace, flow, number, run } = place;

	useEffect(() => {
		let due: ReturnType<typeof setTimeout> | undefined;
		const made = new LogStore({
			key,
			place: { workspace, flow, number, run },
			page: (after) => api.runs.logs.query({ id: run, after, limit: PAGE }),
			changed: () => {
				due ??= setTimeout(() => {
					due = undefined;
					setGrown((n) => n + 1);
				}, SHOW);
			},
		});
		setStore(made);
		const deaf = live.onSegment((segment) => made.arrived(segment));
		return () => {
			clearTimeout(due);
			deaf();
			made.close();
		};
	}, [live, key, workspace, flow, number, run]);

	const ended = view.run.finishedAt !== null;
	useEffect(() => {
		if (ended) store?.ended();
	}, [ended, store]);
	return { store, grown };
}

/** Looks at a slice of the lines with each rendering, and asks for the next until all were looked at. */
export function useFiltered(store: LogStore, filter: Filter): FilteredLines {
	const { level, task, execution, search } = filter;
	const { epoch } = store;
	const filtered = useMemo(() => new FilteredLines({ level, task, execution, search }, epoch), [level, task, execution, search, epoch]);
	const done = filtered.extend(store.lines);
	const [, more] = useState(0);
	useEffect(() => {
		if (done) return;
		const timer = setTimeout(() => more((n) => n + 1));
		return () => clearTimeout(timer);
	});
	return filtered;
}
