"use client";
import { hrefWith, useAddress } from "../../../browser/address.ts";
import { errorCode } from "../../../browser/api.ts";
import { useTabIcon } from "../../../browser/tab.ts";
import { count, shortId } from "../../../ui/format.ts";
import { later } from "../../../ui/later.tsx";
import { Page } from "../../../ui/page.tsx";
import { faceOf } from "../../../ui/state.tsx";
import { Tabs } from "../../../ui/tabs.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { RunHead } from "./head.tsx";
import { type LiveRun, useLiveRun } from "./live.ts";
import type { RunView } from "./view.ts";

// What happened is told first, by what comes with the page; the rest is fetched while the run is asked for.
const UnknownRun = later(() => import("./unknown-run.tsx").then((module) => module.default));
const Timeline = later(() => import("./timeline/timeline.tsx").then((module) => module.Timeline));
const TaskDetail = later(() => import("./timeline/detail.tsx").then((module) => module.TaskDetail));
const ErrorBox = later(() => import("./error-box.tsx").then((module) => module.ErrorBox));
const LogPanel = later(() => import("./log/panel.tsx").then((module) => module.LogPanel));
const Artifacts = later(() => import("./artifacts/artifacts.tsx").then((module) => module.Artifacts));
const Parameters = later(() => import("./parameters.tsx").then((module) => module.Parameters));
const Executions = later(() => import("./executions.tsx").then((module) => module.Executions));

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
	const artifacts = view.artifacts.size;
	const tabs = [
		{ value: "logs", name: "Logs", content: <LogPanel live={live} view={view} /> },
		{ value: "artifacts", name: "Artifacts", count: artifacts ? count(artifacts) : undefined, content: <Artifacts view={view} /> },
		{ value: "parameters", name: "Parameters", more: "& result", content: <Parameters view={view} /> },
		{
			value: "executions",
			name: "Executions",
			count: view.executions.length > 1 ? count(view.executions.length) : undefined,
			content: <Executions view={view} />,
		},
	];
	const tab = tabs.find(({ value }) => value === search.get("tab"))?.value ?? "logs";
	return (
		<>
			<RunHead view={view} />
			{view.run.state === "failed" && <ErrorBox view={view} />}
			<Timeline view={view} />
			{search.has("task") && <TaskDetail view={view} />}
			<Tabs
				label="Parts of this run"
				tabs={tabs}
				value={tab}
				href={(next) => hrefWith(search, { tab: next === "logs" ? null : next })}
				onChange={(next) => change({ tab: next === "logs" ? null : next })}
			/>
		</>
	);
}
