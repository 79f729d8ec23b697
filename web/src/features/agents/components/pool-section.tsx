"use client";
import { useMutation } from "@tanstack/react-query";
import { CirclePause, Gauge, Plus } from "lucide-react";
import { trpc } from "../../../browser/api.ts";
import { Button } from "../../../ui/button.tsx";
import { count, plural } from "../../../ui/format.ts";
import { AgentRow } from "./agent-row.tsx";
import { type Agent, capacity, type Pool } from "./fleet.ts";

interface Props {
	pool: Pool;
	/** Its own, as far as the search lets them through. */
	agents: Agent[];
	/** All of its own. */
	all: Agent[];
	release: string;
	manages: boolean;
	add(): void;
	set(): void;
}

export function PoolSection({ pool, agents, all, release, manages, add, set }: Props) {
	const { online } = capacity(all);
	const there = agents.filter((agent) => agent.state !== "revoked");
	const revoked = agents.filter((agent) => agent.state === "revoked");
	const row = (agent: Agent) => (
		<AgentRow
			key={agent.id}
			agent={agent}
			release={release}
			lease={pool.leaseSeconds}
			others={online - (agent.state === "online" ? 1 : 0)}
			manages={manages}
		/>
	);
	return (
		<section aria-label={`Pool ${pool.name}`} className="mb-8">
			<header className="mb-2 flex flex-wrap items-center gap-x-4 gap-y-2 px-2">
				<h2 className="min-w-0 max-w-full truncate font-semibold text-large" title={pool.name}>
					<bdi>{pool.name}</bdi>
				</h2>
				<PoolFacts pool={pool} agents={all} />
				{manages && (
					<span className="ml-auto flex flex-wrap gap-1">
						<Pause pool={pool} />
						<Button look="bare" onClick={set} aria-label={`Limit and lease of ${pool.name}`}>
							Limit
						</Button>
						<Button onClick={add} aria-label={`Add an agent to ${pool.name}`}>
							<Plus size={14} aria-hidden />
							Add an agent
						</Button>
					</span>
				)}
			</header>
			{there.length > 0 ? (
				<ul aria-label={`Agents of ${pool.name}`} className="border-line border-t">
					{there.map(row)}
				</ul>
			) : (
				all.every((agent) => agent.state === "revoked") && (
					<p className="border-line border-t px-2 py-3 text-quiet">
						No agent serves this pool{pool.queued > 0 ? `: ${plural(pool.queued, "run")} will wait until one does` : " yet"}.
					</p>
				)
			)}
			{revoked.length > 0 && (
				<details className="px-2 pt-2">
					<summary className="w-fit rounded-sm text-quiet hover:text-text">{count(revoked.length)} revoked</summary>
					<ul aria-label={`Revoked agents of ${pool.name}`} className="mt-1 border-line border-t">
						{revoked.map(row)}
					</ul>
				</details>
			)}
		</section>
	);
}

function PoolFacts({ pool, agents }: { pool: Pool; agents: Agent[] }) {
	const { online, there, slots, busy, draining } = capacity(agents);
	const full = pool.limit !== null && pool.running >= pool.limit;
	return (
		<p className="flex flex-wrap items-center gap-x-3 text-quiet tabular-nums">
			{pool.paused && (
				<span className="inline-flex items-center gap-1.5 font-medium text-waiting" title="Nothing is taken from its queue. What runs goes on">
					<CirclePause size={14} strokeWidth={2.5} aria-hidden />
					paused
				</span>
			)}
			<span>
				{there === 0 ? "no agents" : `${count(online)} of ${plural(there, "agent")} online`}
				{draining > 0 && `, ${count(draining)} draining`}
			</span>
			{slots > 0 && (
				<span>
					{count(busy)} of {plural(slots, "slot")} in use
				</span>
			)}
			{pool.limit !== null && (
				<span className={`inline-flex items-center gap-1.5 ${full ? "text-waiting" : ""}`} title="So many runs at once, over all its agents">
					<Gauge size={14} aria-hidden />
					{count(pool.running)} of at most {plural(pool.limit, "run")}
				</span>
			)}
			<span className={pool.queued > 0 ? "text-text" : ""}>{pool.queued === 0 ? "queue empty" : `${count(pool.queued)} queued`}</span>
		</p>
	);
}

/** At once and without a question, since it can be taken back. */
function Pause({ pool }: { pool: Pool }) {
	const pause = useMutation(trpc.pools.pause.mutationOptions());
	const resume = useMutation(trpc.pools.resume.mutationOptions());
	const [doing, word] = pool.paused ? ([resume, "Resume"] as const) : ([pause, "Pause"] as const);
	const failed = pause.error ?? resume.error;
	return (
		<Button
			look="bare"
			aria-label={`${word} pool ${pool.name}`}
			title={failed?.message ?? (pool.paused ? "Runs are taken from its queue again" : "Nothing more is taken from its queue; what runs goes on")}
			disabled={pause.isPending || resume.isPending}
			onClick={() => doing.mutate({ pool: pool.name })}
			className={failed ? "text-failed" : ""}
		>
			{word}
		</Button>
	);
}
