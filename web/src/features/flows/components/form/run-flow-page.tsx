"use client";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { useAddress } from "../../../../browser/address.ts";
import { errorCode, trpc } from "../../../../browser/api.ts";
import { useKey } from "../../../../browser/key.tsx";
import { useSession } from "../../../../browser/session.tsx";
import { Button } from "../../../../ui/button.tsx";
import { shortId } from "../../../../ui/format.ts";
import { later } from "../../../../ui/later.tsx";
import { Link } from "../../../../ui/link.tsx";
import { Refused } from "../../../../ui/lock.tsx";
import { Page } from "../../../../ui/page.tsx";
import { Trouble } from "../../../../ui/trouble.tsx";
import { usePrepared } from "./prepare.ts";

const RunForm = later(() => import("./form.tsx").then((module) => module.RunForm));
const BareForm = later(() => import("./bare.tsx").then((module) => module.BareForm));

const field = "h-7 rounded-md border border-line-strong bg-ground px-2";

export function RunFlowPage({ name }: { name: string }) {
	const crumbs = [{ name: "Flows", href: "/flows" }, { name, href: `/flows/${encodeURIComponent(name)}` }, { name: "Run" }];
	const { may, role } = useSession();
	const flow = useQuery(trpc.flows.get.queryOptions({ flow: name }));
	const live = flow.data?.live?.number;
	return (
		<Page crumbs={crumbs} title={`Run ${name}`}>
			{!may.includes("run") ? (
				<Trouble title="You may not run flows here" detail={`Your role is ${role}. An owner or admin of the organization can give you another.`} />
			) : live !== undefined ? (
				<Ready name={name} live={live} again={() => void flow.refetch()} />
			) : flow.data ? (
				<Trouble title="Nothing of this flow is live" detail="Deploy it, or make one of its versions live." />
			) : flow.error ? (
				<Trouble
					title={errorCode(flow.error) === undefined ? "This flow can't be shown" : `There is no flow ${name} here`}
					detail={flow.error.message}
					again={() => void flow.refetch()}
				/>
			) : (
				<div className="ghost h-7 w-64" aria-busy="true" />
			)}
		</Page>
	);
}

function Ready({ name, live, again }: { name: string; live: number; again(): void }) {
	const [search, change] = useAddress();
	const { current } = useKey();
	const pinned = Number(search.get("version")) || undefined;
	const relaunch = search.has("relaunch");
	const from = search.get("relaunch") ?? search.get("from");
	const prepared = usePrepared(name, pinned ?? live, from);
	return (
		<>
			<div className="mb-5 flex max-w-2xl flex-col gap-3">
				<h1 className="line-clamp-4 font-semibold text-title [overflow-wrap:anywhere]">
					Run <bdi title={name}>{name}</bdi>
				</h1>
				<div className="flex flex-wrap items-center gap-3">
					<VersionChoice flow={name} live={live} pinned={pinned} choose={(number) => change({ version: number }, "replace")} />
					{current.state === "open" && <AsLastTime flow={name} from={from} choose={(run) => change({ from: run, relaunch: null }, "replace")} />}
				</div>
				{from && prepared.data?.begun?.run === from && (
					<p className="text-quiet">
						Filled in as{" "}
						<Link href={`/runs/${from}`} className="rounded-sm font-mono text-accent text-small underline underline-offset-2">
							{shortId(from)}
						</Link>{" "}
						was, of v{prepared.data.begun.number}.
					</p>
				)}
				{prepared.data?.trouble && <p className="text-failed">It can't be filled in as that run was: {prepared.data.trouble}</p>}
			</div>
			{current.state === "open" && prepared.data && (
				<RunForm
					flow={name}
					workspaceKey={current.key}
					prepared={prepared.data}
					live={pinned === undefined}
					from={from}
					relaunch={relaunch}
					overtaken={again}
				/>
			)}
			{current.state === "open" && !prepared.data && prepared.error && <NotOpen error={prepared.error} again={() => void prepared.refetch()} />}
			{current.state === "open" && prepared.isPending && <div className="ghost h-40 max-w-2xl" aria-busy="true" />}
			{(current.state === "sealed" || current.state === "unavailable") && <BareForm flow={name} number={pinned} />}
		</>
	);
}

function NotOpen({ error, again }: { error: Error; again(): void }) {
	return (
		<div className="flex max-w-2xl flex-col items-start gap-3">
			{errorCode(error) === undefined && error.name === "SealError" ? (
				<Refused why={error.message} />
			) : (
				<p className="text-failed">{error.message}</p>
			)}
			<Button onClick={again}>Try again</Button>
		</div>
	);
}

function VersionChoice(props: { flow: string; live: number; pinned: number | undefined; choose(number: string | null): void }) {
	const { flow, live, pinned, choose } = props;
	const versions = useQuery(trpc.versions.list.queryOptions({ flow }));
	const id = useId();
	const others = versions.data?.versions ?? [];
	return (
		<span className="flex items-center gap-2">
			<label htmlFor={id} className="text-quiet">
				Version
			</label>
			<select id={id} value={pinned ?? ""} onChange={(event) => choose(event.target.value || null)} className={field}>
				<option value="">live, now v{live}</option>
				{others.map(({ number }) => (
					<option key={number} value={number}>
						v{number}
					</option>
				))}
				{pinned !== undefined && others.every(({ number }) => number !== pinned) && <option value={pinned}>v{pinned}</option>}
			</select>
		</span>
	);
}

function AsLastTime({ flow, from, choose }: { flow: string; from: string | null; choose(run: string): void }) {
	const last = useQuery(trpc.runs.list.queryOptions({ flow, own: true, limit: 1 }));
	const run = last.data?.runs[0];
	if (!run || run.id === from) return null;
	return <Button onClick={() => choose(run.id)}>As last time</Button>;
}
