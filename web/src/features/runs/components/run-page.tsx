"use client";
import { X } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { hasEnded } from "tidegate/protocol/states.ts";
import { hrefWith, useAddress } from "../../../browser/address.ts";
import { errorCode } from "../../../browser/api.ts";
import { useTabIcon } from "../../../browser/tab.ts";
import { IconButton } from "../../../ui/button.tsx";
import { count, shortId } from "../../../ui/format.ts";
import { later } from "../../../ui/later.tsx";
import { Page } from "../../../ui/page.tsx";
import { faceOf } from "../../../ui/state.tsx";
import { Tabs } from "../../../ui/tabs.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { GraphComing } from "./graph/coming.tsx";
import { type ErrorPlace, RunHead } from "./head.tsx";
import { type LiveRun, useLiveRun } from "./live.ts";
import { MarksBefore, useMarksBefore } from "./marks.ts";
import type { RunView } from "./view.ts";
import { childrenOver } from "./waiting-for.ts";

// What happened is told first, by what comes with the page; the rest is fetched while the run is asked for.
const UnknownRun = later(() => import("./unknown-run.tsx").then((module) => module.default));
const Timeline = later(() => import("./timeline/timeline.tsx").then((module) => module.Timeline));
const TaskGraph = later(() => import("./graph/graph.tsx").then((module) => module.TaskGraph), <GraphComing />);
const TaskPanel = later(() => import("./task/panel.tsx").then((module) => module.TaskPanel));
const ErrorBox = later(() => import("./error/error-box.tsx").then((module) => module.ErrorBox));
const LogPanel = later(() => import("./log/panel.tsx").then((module) => module.LogPanel));
const Artifacts = later(() => import("./artifacts/artifacts.tsx").then((module) => module.Artifacts));
const Parameters = later(() => import("./parameters.tsx").then((module) => module.Parameters));
const Events = later(() => import("./events/events.tsx").then((module) => module.Events));
const RunAsks = later(() => import("./asks/run-asks.tsx").then((module) => module.default));
const Children = later(() => import("./kin/children.tsx").then((module) => module.Children));
const QueuedReason = later(() => import("./queued.tsx").then((module) => module.QueuedReason));

export function RunPage({ id }: { id: string }) {
	const { live, view, error } = useLiveRun(id);
	const flow = view?.run.flow;
	const crumbs = [
		{ name: "Flows", href: "/flows" },
		...(flow ? [{ name: flow, href: `/flows/${encodeURIComponent(flow)}` }] : []),
		{ name: shortId(id) },
	];
	return (
		<Page crumbs={crumbs} title={view ? `${faceOf(view.run.state).word}: ${view.run.flow}` : "Run"}>
			{view && <Known live={live} view={view} />}
			{!view && error && <Unknown id={id} error={error} />}
			{!view && !error && <div className="ghost h-7 w-96 max-w-full" aria-busy="true" />}
		</Page>
	);
}

function Unknown({ id, error }: { id: string; error: Error }) {
	if (errorCode(error) === undefined)
		return <Trouble title="The control plane does not answer" detail="This page asks again by itself until it does." />;
	return <UnknownRun id={id} />;
}

function Known({ live, view }: { live: LiveRun; view: RunView }) {
	const [search, change] = useAddress();
	useTabIcon(faceOf(view.run.state).tone);
	// Somebody who watches a run keeps every part where it is, whatever comes; who opens one that has ended finds it as large as it is.
	const [steady] = useState(() => !hasEnded(view.run.state));
	// Why it failed: above all else, or over the parts below, which stay where they are while somebody looks at them.
	const [error, setError] = useState<ErrorPlace>(steady ? "hidden" : "above");
	const failed = view.run.state === "failed";
	useEffect(() => {
		// Nobody sees anything move in a tab that is not looked at: they find it as if they had just opened it.
		if (failed && steady) setError(document.hidden ? "above" : "over");
	}, [failed, steady]);
	// Nothing is seen to move when that is opened: what it pushes down shows with it.
	const [there, setThere] = useState(false);
	const coming = failed && !steady && !there;
	// Nor when what it asks is, of whoever comes to answer.
	const asks = view.kin.waits.some(({ kind }) => kind === "approval");
	const [asking, setAsking] = useState(asks);
	const shownAsks = useCallback(() => setAsking(false), []);
	const box = <ErrorBox view={view} silent={!steady && view.run.logBytes === 0} there={useCallback(() => setThere(true), [])} />;
	const tabs = tabsOf(live, view, steady);
	const asked = search.get("tab") === "executions" ? "events" : search.get("tab");
	const tab = tabs.find(({ value }) => value === asked)?.value ?? "timeline";
	const own = (next: string) => ({ tab: next === "timeline" ? null : next, q: null, show: null, at: null, state: null });
	const task = search.get("task");
	const shows = useRef<HTMLButtonElement>(null);
	const close = () => {
		setError("hidden");
		// The button that was pressed is gone; this one brings it back.
		shows.current?.focus({ preventScroll: true });
	};
	return (
		<MarksBefore value={useMarksBefore(view)}>
			<RunHead view={view} steady={steady} coming={coming} error={error} show={setError} shows={shows} />
			{asks && <RunAsks view={view} there={shownAsks} />}
			{failed && error === "above" && box}
			<div className={`relative flex min-w-0 flex-1 gap-6 ${coming || (asks && asking) ? "invisible" : ""}`}>
				{failed && error === "over" && (
					<div className="absolute inset-x-0 top-11 z-10 flex max-h-[331px] items-start overflow-y-auto rounded-md bg-ground shadow-(--shadow-float) has-[>div:empty]:hidden">
						<div className="min-w-0 flex-1 *:mb-0!">{box}</div>
						<IconButton label="Close, to reach what is under it" className="sticky top-0.5 m-0.5" onClick={close}>
							<X size={14} aria-hidden />
						</IconButton>
					</div>
				)}
				<Tabs
					label="Parts of this run"
					tabs={tabs}
					value={tab}
					href={(next) => hrefWith(search, own(next))}
					onChange={(next) => next !== tab && change(own(next))}
				/>
				{task && <TaskPanel view={view} id={task} />}
			</div>
		</MarksBefore>
	);
}

const shown = (n: number, from = 1): string | undefined => (n >= from ? count(n) : undefined);

function tabsOf(live: LiveRun, view: RunView, steady: boolean) {
	return [
		{
			value: "timeline",
			name: "Timeline",
			count: shown(view.tasks.size),
			content: (
				<>
					{view.executions.length === 0 && steady ? (
						<div className="h-[331px] overflow-y-auto">{view.run.state === "queued" && <QueuedReason run={view.run} store={view.kin.store} />}</div>
					) : (
						<div className={steady ? "min-h-[331px]" : undefined}>
							<Timeline view={view} steady={steady} />
						</div>
					)}
					<LogPanel live={live} view={view} />
				</>
			),
		},
		{ value: "graph", name: "Graph", content: <TaskGraph view={view} /> },
		{ value: "logs", name: "Logs", content: <LogPanel live={live} view={view} /> },
		...(view.kin.childCount > 0 || Object.keys(view.kin.childStates).length > 0
			? [{ value: "children", name: "Children", count: shown(childrenOver(view.kin).all), content: <Children view={view} /> }]
			: []),
		{ value: "artifacts", name: "Artifacts", count: shown(view.artifacts.size), content: <Artifacts view={view} /> },
		{ value: "parameters", name: "Parameters", more: "& result", content: <Parameters view={view} /> },
		{ value: "events", name: "Events", count: shown(view.executions.length, 2), content: <Events view={view} steady={steady} /> },
	];
}
