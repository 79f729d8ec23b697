"use client";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import type { Manifest } from "tidegate/protocol/manifest.ts";
import { hrefWith, useAddress } from "../../../browser/address.ts";
import { errorCode, type Outputs, trpc } from "../../../browser/api.ts";
import { useSession } from "../../../browser/session.tsx";
import { Button } from "../../../ui/button.tsx";
import { count, plural, size } from "../../../ui/format.ts";
import { later } from "../../../ui/later.tsx";
import { Link } from "../../../ui/link.tsx";
import { notOpen, SealedPanel } from "../../../ui/lock.tsx";
import { Page } from "../../../ui/page.tsx";
import { Ago } from "../../../ui/time.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { changesOf, useManifest, useVersion, type Version } from "./version.ts";

const Files = later(() => import("./files.tsx").then((module) => module.Files));
const Source = later(() => import("./source.tsx").then((module) => module.Source));
const DiffView = later(() => import("./diff-view.tsx").then((module) => module.DiffView));
const MakeLive = later(() => import("./make-live.tsx").then((module) => module.default));

type Flow = Outputs["flows"]["get"];

export function VersionPage({ flow: name, number }: { flow: string; number: number }) {
	const path = `/flows/${encodeURIComponent(name)}`;
	const crumbs = [{ name: "Flows", href: "/flows" }, { name, href: path }, { name: `v${number}` }];
	const known = Number.isSafeInteger(number) && number > 0 && number < 2 ** 31;
	const version = useVersion(name, known ? number : undefined);
	const flow = useQuery(trpc.flows.get.queryOptions({ flow: name }));
	return (
		<Page crumbs={crumbs} title={`${name} v${number}`}>
			{version.data && flow.data ? (
				<Known flow={flow.data} version={version.data} />
			) : !known || (version.error && errorCode(version.error) !== undefined) ? (
				<Trouble title={`There is no such version of ${name}`} detail={version.error?.message ?? "Versions are numbered 1, 2, 3 …"} />
			) : version.error || flow.error ? (
				<Trouble title="This version can't be shown" detail={(version.error ?? flow.error)?.message} again={() => void version.refetch()} />
			) : (
				<div className="ghost h-7 w-64" aria-busy="true" />
			)}
		</Page>
	);
}

function Known({ flow, version }: { flow: Flow; version: Version }) {
	const manifest = useManifest(flow.name, version);
	return (
		<>
			<Head flow={flow} version={version} manifest={manifest.state === "open" ? manifest.value : undefined} />
			{manifest.state === "open" ? (
				<Content flow={flow.name} version={version} manifest={manifest.value} />
			) : manifest.state === "sealed" ? (
				<SealedPanel what="Files and their content" />
			) : (
				notOpen(manifest)
			)}
		</>
	);
}

function Head({ flow, version, manifest }: { flow: Flow; version: Version; manifest: Manifest | undefined }) {
	const { may } = useSession();
	const [asked, setAsked] = useState(false);
	const { number } = version;
	const live = flow.live?.number;
	const path = `/flows/${encodeURIComponent(flow.name)}`;
	const facts: [string, ReactNode][] = [
		["deployed", <Ago key="d" at={version.createdAt} />],
		["by", <bdi key="b">{version.createdBy}</bdi>],
		...(version.commit
			? [
					[
						"commit",
						<span key="c" className="font-mono text-small" title={version.commit}>
							{version.commit.slice(0, 10)}
						</span>,
					] as [string, ReactNode],
				]
			: []),
		...(manifest?.branch ? [["branch", <bdi key="r">{manifest.branch}</bdi>] as [string, ReactNode]] : []),
		["files", `${count(version.files)}, ${size(version.size)}`],
		...(manifest ? [(manifest.node ? ["node", manifest.node] : ["python", manifest.requiresPython ?? manifest.python]) as [string, ReactNode]] : []),
	];
	return (
		<section className="mb-5 flex flex-col gap-1.5">
			<div className="flex flex-wrap items-start gap-2">
				<h1 className="line-clamp-4 min-w-0 flex-1 font-semibold text-title [overflow-wrap:anywhere]">
					<bdi title={flow.name}>{flow.name}</bdi> v{number}
					{live === number && <span className="ml-2 rounded-sm bg-selected px-1.5 align-middle font-normal text-accent text-base">live</span>}
				</h1>
				{live !== undefined && live !== number && may.includes("deploy") && <Button onClick={() => setAsked(true)}>Make live</Button>}
				{may.includes("run") && (
					<Link
						href={`${path}/run${live === number ? "" : `?version=${number}`}`}
						className="inline-flex h-7 items-center rounded-md border border-line bg-raised px-2.5 hover:border-line-strong"
					>
						Run v{number}
					</Link>
				)}
			</div>
			{manifest?.message && (
				<p className="max-w-3xl whitespace-pre-line break-words">
					<bdi>{manifest.message.trim()}</bdi>
				</p>
			)}
			<dl className="flex flex-wrap gap-x-4 gap-y-0.5">
				{facts.map(([name, value]) => (
					<div key={name} className="flex min-w-0 gap-1.5">
						<dt className="text-quiet">{name}</dt>
						<dd className="min-w-0 truncate">{value}</dd>
					</div>
				))}
			</dl>
			<p className="flex gap-4">
				<Link href={`${path}?tab=versions`} className="rounded-sm text-accent underline underline-offset-2">
					All versions
				</Link>
				<Link href={`${path}?version=${number}`} className="rounded-sm text-accent underline underline-offset-2">
					Runs of this version
				</Link>
			</p>
			{asked && live !== undefined && <MakeLive flow={flow.name} number={number} live={live} close={() => setAsked(false)} />}
		</section>
	);
}

const NOTHING: Manifest["files"] = [];

function Content({ flow, version, manifest }: { flow: string; version: Version; manifest: Manifest }) {
	const [search, change] = useAddress();
	const { number } = version;
	const against = Number(search.get("against")) || number - 1;
	const old = useVersion(flow, against > 0 && against !== number ? against : undefined);
	const before = useManifest(flow, old.data);
	const earlier = before.state === "open" ? before.value.files : undefined;
	const changes = useMemo(() => (earlier ? changesOf(earlier, manifest.files) : new Map()), [earlier, manifest]);
	const onlyChanged = search.get("show") === "changes" && earlier !== undefined;
	const all = useMemo(() => manifest.files.map(({ path }) => path), [manifest]);
	const paths = onlyChanged ? [...changes.keys()] : all;
	const wanted = search.get("file") ?? (onlyChanged ? paths[0] : manifest.entry.split(":")[0]);
	const file = manifest.files.find(({ path }) => path === wanted);
	const was = (earlier ?? NOTHING).find(({ path }) => path === wanted);
	const diffed = onlyChanged && wanted !== undefined && changes.has(wanted);
	return (
		<div className="grid min-w-0 gap-x-6 gap-y-4 lg:grid-cols-[240px_minmax(0,1fr)]">
			<div className="flex min-w-0 flex-col gap-2">
				{earlier && (
					<div className="flex flex-wrap gap-1">
						<Button look={onlyChanged ? "bare" : "plain"} aria-pressed={!onlyChanged} onClick={() => change({ show: null, file: null, lines: null })}>
							All files
						</Button>
						<Button
							look={onlyChanged ? "plain" : "bare"}
							aria-pressed={onlyChanged}
							onClick={() => change({ show: "changes", file: null, lines: null })}
						>
							{plural(changes.size, "change")} since v{against}
						</Button>
					</div>
				)}
				<div className="max-lg:max-h-60 max-lg:overflow-y-auto">
					<Files paths={paths} chosen={wanted} changes={changes} href={(path) => hrefWith(search, { file: path, lines: null })} />
				</div>
			</div>
			<div className="min-w-0">
				{diffed ? (
					<DiffView key={wanted} flow={flow} path={wanted} before={{ number: against, file: was }} after={{ number, file }} />
				) : file ? (
					<Source key={file.path} flow={flow} number={number} file={file} />
				) : onlyChanged && paths.length === 0 ? (
					<p className="py-6 text-quiet">No file changed since v{against}.</p>
				) : (
					<p className="break-words py-6 text-quiet">
						There is no file <bdi>{wanted}</bdi> in this version.
					</p>
				)}
			</div>
		</div>
	);
}
