"use client";
import { useMutation } from "@tanstack/react-query";
import { Ellipsis } from "lucide-react";
import { memo, useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { Button, IconButton } from "../../../ui/button.tsx";
import { count } from "../../../ui/format.ts";
import { later } from "../../../ui/later.tsx";
import { Link } from "../../../ui/link.tsx";
import { Ago, Took } from "../../../ui/time.tsx";
import { AgentState } from "./agent-state.tsx";
import { type Agent, isOlder } from "./fleet.ts";
import { Slots } from "./slots.tsx";

const AgentDialog = later(() => import("./agent-dialog.tsx").then((module) => module.AgentDialog));

/** Runs that a row names at first. */
const NAMED = 2;

interface Props {
	agent: Agent;
	release: string;
	lease: number;
	/** Other agents of the pool that could take over. */
	others: number;
	manages: boolean;
}

/** One agent: a line on wide screens, a few on narrow ones. Drawn again only when it changed. */
export const AgentRow = memo(function AgentRow({ agent, release, lease, others, manages }: Props) {
	const [open, setOpen] = useState(false);
	return (
		<li
			aria-label={agent.name}
			className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 border-line border-b px-2 py-1.5 hover:bg-selected lg:grid-cols-[112px_minmax(0,1.5fr)_minmax(0,150px)_minmax(0,1.1fr)_112px_minmax(0,72px)_116px]"
		>
			<span className="max-lg:order-2 max-lg:text-end">
				<AgentState agent={agent} />
			</span>
			<span className="flex min-w-0 items-baseline gap-2 max-lg:order-1">
				<bdi className="truncate font-medium" title={agent.name}>
					{agent.name}
				</bdi>
				{agent.host !== agent.name && (
					<bdi className="min-w-0 flex-1 truncate text-quiet text-small" title={`Host ${agent.host}`}>
						{agent.host}
					</bdi>
				)}
			</span>
			<span className="max-lg:order-3">{agent.state !== "revoked" && <Slots slots={agent.slots} running={agent.running} />}</span>
			<span className="min-w-0 max-lg:order-5 max-lg:col-span-2 max-lg:empty:hidden">{agent.runs.length > 0 && <Runs agent={agent} />}</span>
			<span className="text-quiet max-lg:order-6" title="When it was last heard. While nothing runs there it speaks every 25 s, else every 5 s">
				{agent.lastSeenAt ? (
					<>
						heard <Ago at={agent.lastSeenAt} />
					</>
				) : (
					"never heard"
				)}
			</span>
			<Version version={agent.version} release={release} />
			<span className="flex justify-end gap-1 max-lg:order-7">
				{manages && agent.state !== "revoked" && (
					<>
						<Drain agent={agent} />
						<IconButton label={`Rename or revoke ${agent.name}`} onClick={() => setOpen(true)}>
							<Ellipsis size={15} aria-hidden />
						</IconButton>
					</>
				)}
			</span>
			{open && <AgentDialog agent={agent} lease={lease} others={others} close={() => setOpen(false)} />}
		</li>
	);
});

function Version({ version, release }: { version: string; release: string }) {
	const older = isOlder(version, release);
	return (
		<span
			title={older ? `Release ${version}: the control plane is ${release}. Drain it, then update it` : `Release ${version}`}
			className={`truncate max-lg:order-4 max-lg:text-end max-lg:text-small ${older ? "text-waiting" : "text-quiet"}`}
		>
			<bdi>{version}</bdi>
			{older && <span className="text-small"> older</span>}
		</span>
	);
}

function Runs({ agent }: { agent: Agent }) {
	const [all, setAll] = useState(false);
	const shown = all ? agent.runs : agent.runs.slice(0, NAMED);
	const more = agent.running - shown.length;
	return (
		<ul aria-label={`Runs of ${agent.name}`} className="flex min-w-0 flex-wrap items-center gap-x-3">
			{shown.map(({ run, flow, since }) => (
				<li key={run} className="flex min-w-0 max-w-full items-baseline gap-1.5">
					<Link href={`/runs/${run}`} title={flow} className="truncate rounded-sm hover:text-accent">
						<bdi>{flow}</bdi>
					</Link>
					<span className="shrink-0 text-quiet text-small">
						<Took from={since} to={null} />
					</span>
				</li>
			))}
			{more > 0 && !all && (
				<li>
					<button type="button" onClick={() => setAll(true)} className="rounded-sm py-0.5 text-quiet underline underline-offset-2 hover:text-text">
						{count(more)} more
					</button>
				</li>
			)}
			{more > 0 && all && <li className="text-quiet">and {count(more)} more</li>}
		</ul>
	);
}

/** At once and without a question, since it can be taken back. */
function Drain({ agent }: { agent: Agent }) {
	const drain = useMutation(trpc.agents.drain.mutationOptions());
	const resume = useMutation(trpc.agents.resume.mutationOptions());
	const failed = drain.error ?? resume.error;
	const [doing, label, title] = agent.draining
		? ([resume, "Undo drain", "It takes work again"] as const)
		: ([drain, "Drain", "It finishes what it has and gets nothing new: before an update, or to take its machine away"] as const);
	return (
		<Button
			look="bare"
			aria-label={`${label}: ${agent.name}`}
			title={failed ? failed.message : title}
			disabled={drain.isPending || resume.isPending}
			onClick={() => doing.mutate({ id: agent.id })}
			className={failed ? "text-failed" : ""}
		>
			{label}
		</Button>
	);
}
