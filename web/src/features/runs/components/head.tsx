"use client";
import { Ban, Copy } from "lucide-react";
import { type ReactNode, type Ref, useState } from "react";
import { hasEnded } from "tidegate/protocol/states.ts";
import { copyText } from "../../../browser/clipboard.ts";
import { useNow } from "../../../browser/clock.ts";
import { useMay } from "../../../browser/may.ts";
import { Button } from "../../../ui/button.tsx";
import { duration, size } from "../../../ui/format.ts";
import { later } from "../../../ui/later.tsx";
import { Link } from "../../../ui/link.tsx";
import { faceOf, StateGlyph, toneText } from "../../../ui/state.tsx";
import { Ago } from "../../../ui/time.tsx";
import { toast } from "../../../ui/toast.ts";
import { Labels } from "../../flows/components/labels.tsx";
import { Bell } from "./bell.tsx";
import { useError, useErrors, useWaitTold } from "./place.ts";
import { RunActions } from "./run-actions.tsx";
import { lastExecution, lostOnes, sentence, spoken } from "./sentence.ts";
import type { Execution, RunView } from "./view.ts";

const Pause = later(() => import("./pause.tsx").then((module) => module.Pause));
const Relations = later(() => import("./kin/relations.tsx").then((module) => module.Relations));
const CancelDialog = later(() => import("./cancel-dialog.tsx").then((module) => module.default));

/** Not at all, under the head, or over the parts of the run, of which then none moves. */
export type ErrorPlace = "hidden" | "above" | "over";

interface Props {
	view: RunView;
	/** Keeps its height, for somebody who watches. */
	steady: boolean;
	/** What was raised is not opened yet: what its words push down does not show before. */
	coming: boolean;
	/** Where what was raised is shown. */
	error: ErrorPlace;
	show(error: ErrorPlace): void;
	/** The button that shows and hides it. */
	shows: Ref<HTMLButtonElement>;
}

/** The answer first: what happened, then who, what version, when, where. */
export function RunHead({ view, steady, coming, error, show, shows }: Props) {
	const { run } = view;
	return (
		<section className="mb-4 flex flex-col gap-2">
			<div className={`flex items-start gap-x-3 gap-y-2 max-sm:flex-wrap ${coming ? "max-sm:[&>:not(h1)]:invisible" : ""}`}>
				<Told view={view} steady={steady && error !== "above"} />
				{!hasEnded(run.state) && <Bell run={run} />}
				<RunActions view={view} />
				{/* As wide as it will be, so that nothing moves when it comes. */}
				{!hasEnded(run.state) && run.state !== "cancelling" && (
					<span className="inline-flex min-w-7.5 shrink-0 justify-end gap-3 sm:min-w-21">
						<Pause view={view} />
					</span>
				)}
				{!hasEnded(run.state) && run.state !== "cancelling" && <Cancel view={view} />}
			</div>
			{!steady && lostOnes(view).map((one) => <Lost key={one.execution} one={one} />)}
			<div className={`flex flex-col gap-x-6 sm:flex-row sm:items-start sm:justify-between ${coming ? "invisible" : ""}`}>
				<Facts view={view} steady={steady} />
				{steady && <ErrorSwitch view={view} error={error} show={show} shows={shows} />}
			</div>
		</section>
	);
}

function Lost({ one: { attempt, agent, reason } }: { one: Execution }) {
	const text = `Attempt ${attempt} on ${agent.name} was lost${reason ? `: ${reason}` : ""}.`;
	return (
		<p className="truncate text-quiet" title={text}>
			Attempt {attempt} on <bdi className="text-text">{agent.name}</bdi> was lost{reason && `: ${reason}`}.
		</p>
	);
}

/** Has its room from the beginning, so that nothing moves when there is something to show. */
function ErrorSwitch({ view, error, show, shows }: Omit<Props, "steady" | "coming">) {
	const open = error !== "hidden";
	return (
		<div className="flex h-7 shrink-0 sm:w-44 sm:justify-end">
			{view.run.state === "failed" && lastExecution(view) && (
				<Button ref={shows} look="danger" aria-expanded={open} onClick={() => show(open ? "hidden" : "above")}>
					{open ? "Hide what was raised" : "Show what was raised"}
				</Button>
			)}
		</div>
	);
}

function Told({ view, steady }: { view: RunView; steady: boolean }) {
	const { state } = view.run;
	const now = useNow(!hasEnded(state));
	const { error, opened } = useErrors(view);
	const told = useWaitTold(view);
	// Of the attempt after which it is tried again.
	const before = useError(view.run, state === "waiting" && view.run.waitingFor === "retry" ? lastExecution(view) : undefined);
	const { lead, where, rest } = sentence(view, now, opened, told);
	const raised = error.state === "open" ? error : before;
	// Its words come with where it was raised, not before: they would move when that is known.
	const placed = error.state !== "open" || opened !== undefined;
	const cause = raised.state === "open" ? placed && `${raised.value.type}: ${raised.value.message.split("\n")[0]}` : rest;
	return (
		<>
			<h1 className="flex min-w-0 flex-1 items-start gap-2.5 max-sm:basis-full font-semibold text-title">
				<span className="flex h-7 items-center">
					<StateGlyph state={state} size={18} />
				</span>
				<span className={`min-w-0 break-words ${steady ? "sm:truncate max-sm:line-clamp-2 max-sm:min-h-14" : "line-clamp-4"}`}>
					<span className={`tabular-nums ${toneText[faceOf(state).tone]}`}>{lead}</span>
					{where && placed && (
						<>
							{" in "}
							<bdi className="italic">{where}</bdi>
						</>
					)}
					{cause && (
						<span className="font-normal">
							{hasEnded(state) && state === "failed" ? ": " : " — "}
							<bdi className="inline" title={cause}>
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

function Facts({ view, steady }: Pick<Props, "view" | "steady">) {
	const { run, live } = view;
	const facts: [string, ReactNode][] = [
		[
			"version",
			<span key="v">
				<Link href={`/flows/${encodeURIComponent(run.flow)}?tab=versions`} className="rounded-sm hover:text-accent">
					v{run.number}
				</Link>
				{live && <span className="text-quiet"> (live)</span>}
			</span>,
		],
		["by", <bdi key="b">{run.createdBy}</bdi>],
		["attempt", run.attempt],
		["pool", <bdi key="p">{run.pool}</bdi>],
		["run", <RunId key="r" id={run.id} />],
		["queued", <Ago key="q" at={run.queuedAt} />],
		...used(view, steady),
		// Last, and on a line of its own where somebody watches and it is narrow: it comes and changes.
		["agent", run.agent ? <bdi key="a">{run.agent.name}</bdi> : "—"],
	];
	return (
		<div className="flex min-w-0 flex-col gap-1.5">
			<dl className="flex flex-wrap gap-x-4 gap-y-0.5">
				{facts.map(([name, value]) => (
					<div key={name} className={`flex min-w-0 gap-1.5 ${steady ? "max-sm:last:w-full" : ""}`}>
						<dt className="text-quiet">{name}</dt>
						<dd className="min-w-0 truncate">{value}</dd>
					</div>
				))}
			</dl>
			<Relations view={view} />
			{Object.keys(run.labels).length > 0 && <Labels labels={run.labels} />}
		</div>
	);
}

/** What its executions took together: the most memory of any, and all CPU time. */
function used({ executions }: RunView, steady: boolean): [string, ReactNode][] {
	const peak = Math.max(0, ...executions.map(({ peakMemory }) => peakMemory ?? 0));
	const cpu = executions.reduce((sum, { cpuSeconds }) => sum + (cpuSeconds ?? 0), 0);
	// As wide before they are known, so that nothing moves for somebody who watches when they are.
	const figure = (text: string | false) => <span className={`inline-block tabular-nums ${steady ? "min-w-14" : ""}`}>{text || "—"}</span>;
	const facts: [string, ReactNode, boolean][] = [
		["peak memory", figure(peak > 0 && size(peak)), peak > 0],
		["CPU", figure(cpu > 0 && duration(cpu * 1_000)), cpu > 0],
	];
	// Too short a run is not sampled: nothing is left to wait for then.
	return facts.flatMap(([name, shown, known]): [string, ReactNode][] => (known || steady ? [[name, shown]] : []));
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
	const { why } = useMay("run");
	return (
		<>
			<Button look="danger" disabled={why !== undefined} title={why} onClick={() => setAsked(true)}>
				<Ban size={12} aria-hidden />
				Cancel
			</Button>
			{asked && <CancelDialog view={view} close={() => setAsked(false)} />}
		</>
	);
}
