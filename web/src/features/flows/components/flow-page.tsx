"use client";
import { useQuery } from "@tanstack/react-query";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import { hrefWith, useAddress } from "../../../browser/address.ts";
import { errorCode, type Outputs, trpc } from "../../../browser/api.ts";
import { useOpened } from "../../../browser/opened.ts";
import { useSession } from "../../../browser/session.tsx";
import { count, plural } from "../../../ui/format.ts";
import { later } from "../../../ui/later.tsx";
import { Link } from "../../../ui/link.tsx";
import { notOpen } from "../../../ui/lock.tsx";
import { Page } from "../../../ui/page.tsx";
import { Tabs } from "../../../ui/tabs.tsx";
import { Ago } from "../../../ui/time.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { summaryOf } from "./docstring.ts";
import { RunButton } from "./run-button.tsx";
import { RunsTable } from "./runs-table.tsx";
import { Tags } from "./tags.tsx";

const TaskGrid = later(() => import("./grid/grid.tsx").then((module) => module.TaskGrid));
const Trends = later(() => import("./trends/trends.tsx").then((module) => module.Trends));
const UnknownFlow = later(() => import("./unknown-flow.tsx").then((module) => module.default));
const VersionsTable = later(() => import("./versions-table.tsx").then((module) => module.VersionsTable));
const Pinned = later(() => import("./pins/pinned.tsx").then((module) => module.Pinned));
const Docs = later(() => import("./docs.tsx").then((module) => module.Docs));

type Flow = Outputs["flows"]["get"];

export function FlowPage({ name }: { name: string }) {
	const flow = useQuery(trpc.flows.get.queryOptions({ flow: name }));
	return (
		<Page crumbs={[{ name: "Flows", href: "/flows" }, { name }]} title={name}>
			{flow.data && <Known flow={flow.data} />}
			{!flow.data && flow.error && <Unknown name={name} error={flow.error} again={() => void flow.refetch()} />}
			{!flow.data && !flow.error && <div className="ghost h-7 w-64" aria-busy="true" />}
		</Page>
	);
}

function Unknown({ name, error, again }: { name: string; error: { message: string }; again(): void }) {
	if (errorCode(error) === undefined) return <Trouble title="This flow can't be shown" detail={error.message} again={again} />;
	return <UnknownFlow name={name} />;
}

function Known({ flow }: { flow: Flow }) {
	const [search, change] = useAddress();
	const tabs = [
		{ value: "runs", name: "Runs", count: count(flow.runs), content: <RunsTable flow={flow.name} /> },
		{ value: "grid", name: "Grid", content: <TaskGrid flow={flow.name} /> },
		{ value: "trends", name: "Trends", content: <Trends flow={flow.name} /> },
		{ value: "versions", name: "Versions", count: count(flow.versions), content: <VersionsTable flow={flow.name} /> },
		{ value: "docs", name: "Docs", content: <Docs flow={flow.name} number={flow.live?.number} /> },
	];
	const tab = tabs.find(({ value }) => value === search.get("tab"))?.value ?? "runs";
	return (
		<>
			<div className="mb-5 flex flex-col gap-1">
				<div className="flex items-start gap-3">
					<h1 className="line-clamp-4 min-w-0 flex-1 font-semibold text-title [overflow-wrap:anywhere]" title={flow.name}>
						<bdi>{flow.name}</bdi>
					</h1>
					{flow.live && <RunButton flow={flow.name} strong />}
				</div>
				<p className="flex flex-wrap gap-x-3 text-quiet">
					{flow.live && <span className="text-text">v{flow.live.number} is live</span>}
					<span>{plural(flow.runs, "run")}</span>
					<span>{plural(flow.versions, "version")}</span>
					<span>
						first deployed <Ago at={flow.createdAt} />
					</span>
				</p>
				<Tags flow={flow.name} tags={flow.tags} />
				<Doc flow={flow} />
			</div>
			{/* Its head's height is kept, so that nothing moves when it comes. */}
			{flow.pins > 0 && (
				<div className="mb-5 min-h-9.5">
					<Pinned flow={flow.name} expected={flow.pins} />
				</div>
			)}
			<Tabs
				label="Parts of this flow"
				value={tab}
				href={(next) => hrefWith(search, { tab: next === "runs" ? null : next })}
				onChange={(next) => change({ tab: next === "runs" ? null : next })}
				tabs={tabs}
			/>
		</>
	);
}

/** The first sentence of what the flow's author wrote about it, the rest stands in the docs: sealed in the manifest of the live version. */
function Doc({ flow }: { flow: Flow }) {
	const [search] = useAddress();
	const { workspace } = useSession();
	const number = flow.live?.number;
	const version = useQuery(
		trpc.versions.get.queryOptions({ flow: flow.name, number }, { enabled: number !== undefined, staleTime: Number.POSITIVE_INFINITY }),
	);
	const manifest = useOpened(`manifest ${version.data?.id}`, version.data?.manifest, (openers, key, sealed) =>
		openers.openManifest(
			key,
			{ workspace: workspace.id, flow: flow.name, number: version.data?.number ?? 0 },
			fromBase64(sealed),
			version.data?.address,
		),
	);
	if (manifest.state !== "open") return <p className="min-h-5">{notOpen(manifest)}</p>;
	const { first, more } = summaryOf(manifest.value.doc);
	return (
		<p className="line-clamp-3 min-h-5 max-w-3xl break-words">
			<bdi>{first}</bdi>
			{more && (
				<>
					{" "}
					<Link href={hrefWith(search, { tab: "docs" })} className="rounded-sm text-accent underline underline-offset-2">
						More
					</Link>
				</>
			)}
		</p>
	);
}
