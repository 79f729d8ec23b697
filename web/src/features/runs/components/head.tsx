"use client";
import { Copy, Square } from "lucide-react";
import { type ReactNode, useState } from "react";
import { hasEnded } from "tidegate/protocol/states.ts";
import { copyText } from "../../../browser/clipboard.ts";
import { useNow } from "../../../browser/clock.ts";
import { Button } from "../../../ui/button.tsx";
import { later } from "../../../ui/later.tsx";
import { Link } from "../../../ui/link.tsx";
import { faceOf, StateGlyph, toneText } from "../../../ui/state.tsx";
import { Ago } from "../../../ui/time.tsx";
import { toast } from "../../../ui/toast.ts";
import { Labels } from "../../flows/components/labels.tsx";
import { Bell } from "./bell.tsx";
import { useErrors } from "./place.ts";
import { lostOnes, sentence, spoken } from "./sentence.ts";
import type { Run, RunView } from "./view.ts";

const QueuedReason = later(() => import("./queued.tsx").then((module) => module.QueuedReason));
const CancelDialog = later(() => import("./cancel-dialog.tsx").then((module) => module.default));

/** The answer first: what happened, then who, what version, when, where. */
export function RunHead({ view }: { view: RunView }) {
	const { run } = view;
	return (
		<section className="mb-4 flex flex-col gap-2">
			<div className="flex items-start gap-3">
				<Told view={view} />
				{!hasEnded(run.state) && <Bell run={run} />}
				{!hasEnded(run.state) && run.state !== "cancelling" && <Cancel view={view} />}
			</div>
			{run.state === "queued" && <QueuedReason run={run} />}
			{lostOnes(view).map(({ execution, attempt, agent, reason }) => (
				<p key={execution} className="text-quiet">
					Attempt {attempt} on <bdi className="text-text">{agent.name}</bdi> was lost{reason && `: ${reason}`}.
				</p>
			))}
			<Facts run={run} />
		</section>
	);
}

function Told({ view }: { view: RunView }) {
	const { state } = view.run;
	const now = useNow(!hasEnded(state));
	const { error, opened } = useErrors(view);
	const { lead, where, rest } = sentence(view, now, opened);
	const cause = error.state === "open" ? `${error.value.type}: ${error.value.message.split("\n")[0]}` : rest;
	return (
		<>
			<h1 className="flex min-w-0 flex-1 items-start gap-2.5 font-semibold text-title">
				<span className="flex h-7 items-center">
					<StateGlyph state={state} size={18} />
				</span>
				<span className="min-w-0 break-words">
					<span className={`tabular-nums ${toneText[faceOf(state).tone]}`}>{lead}</span>
					{where && (error.state !== "open" || opened) && (
						<>
							{" in "}
							<bdi className="italic">{where}</bdi>
						</>
					)}
					{cause && (
						<span className="font-normal">
							{hasEnded(state) && state === "failed" ? ": " : " — "}
							<bdi className="line-clamp-3 inline" title={cause}>
								{cut(cause)}
							</bdi>
						</span>
					)}
				</span>
			</h1>
			{/* Read out when the state changes, not with each second. */}
			<p aria-live="polite" className="sr-only">
				{spoken(state)}
			</p>
		</>
	);
}

const cut = (text: string): string => (text.length > 240 ? `${text.slice(0, 240)}…` : text);

function Facts({ run }: { run: Run }) {
	const facts: [string, ReactNode][] = [
		[
			"version",
			<Link key="v" href={`/flows/${encodeURIComponent(run.flow)}?tab=versions`} className="rounded-sm hover:text-accent">
				v{run.number}
			</Link>,
		],
		["by", <bdi key="b">{run.createdBy}</bdi>],
		["attempt", run.attempt],
		["pool", <bdi key="p">{run.pool}</bdi>],
		["agent", run.agent ? <bdi key="a">{run.agent.name}</bdi> : "—"],
		["queued", <Ago key="q" at={run.queuedAt} />],
		["run", <RunId key="r" id={run.id} />],
	];
	return (
		<div className="flex flex-col gap-1.5">
			<dl className="flex flex-wrap gap-x-4 gap-y-0.5">
				{facts.map(([name, value]) => (
					<div key={name} className="flex min-w-0 gap-1.5">
						<dt className="text-quiet">{name}</dt>
						<dd className="min-w-0 truncate">{value}</dd>
					</div>
				))}
			</dl>
			{Object.keys(run.labels).length > 0 && <Labels labels={run.labels} />}
		</div>
	);
}

function RunId({ id }: { id: string }) {
	return (
		<button
			type="button"
			onClick={() => void copyText(id).then((done) => toast(done ? "Copied the run's id" : "Not copied: this browser does not let pages copy"))}
			title={`Copy ${id}`}
			className="inline-flex items-center gap-1 rounded-sm font-mono text-small/5 hover:text-accent"
		>
			{id.slice(-8)}
			<Copy size={11} aria-hidden />
		</button>
	);
}

function Cancel({ view }: { view: RunView }) {
	const [asked, setAsked] = useState(false);
	return (
		<>
			<Button look="danger" onClick={() => setAsked(true)}>
				<Square size={12} aria-hidden />
				Cancel
			</Button>
			{asked && <CancelDialog view={view} close={() => setAsked(false)} />}
		</>
	);
}
