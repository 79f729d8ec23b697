"use client";
import { Plus } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useSession } from "../../../browser/session.tsx";
import { useTyped } from "../../../browser/typed.ts";
import { Button } from "../../../ui/button.tsx";
import { count, plural } from "../../../ui/format.ts";
import { later } from "../../../ui/later.tsx";
import { Page } from "../../../ui/page.tsx";
import { Search } from "../../../ui/search.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { type Agent, capacity, type Fleet, type Pool, useFleet } from "./fleet.ts";
import { PoolSection } from "./pool-section.tsx";

const AddAgent = later(() => import("./add-agent.tsx").then((module) => module.AddAgent));
const PoolDialog = later(() => import("./pool-dialog.tsx").then((module) => module.PoolDialog));

const crumbs = [{ name: "Agents" }];

export function AgentsPage() {
	const { fleet, error } = useFleet();
	return (
		<Page crumbs={crumbs} title="Agents">
			<h1 className="sr-only">Agents</h1>
			{!fleet && error && <Trouble title="The agents can't be shown yet" detail={`${error.message} This page asks again by itself.`} />}
			{!fleet && !error && <div className="ghost h-9" aria-busy="true" />}
			{fleet && <Known fleet={fleet} />}
		</Page>
	);
}

type Asked = { add: string | null } | { set: Pool | null } | null;

function Known({ fleet }: { fleet: Fleet }) {
	const { may } = useSession();
	const manages = may.includes("manage");
	const [asked, setAsked] = useState<Asked>(null);
	const close = () => setAsked(null);
	return (
		<>
			{fleet.pools.length === 0 ? (
				<NoPool manages={manages} create={() => setAsked({ set: null })} />
			) : (
				<Pools fleet={fleet} manages={manages} ask={setAsked} />
			)}
			{asked && "add" in asked && <AddAgent pools={fleet.pools} pool={asked.add} agents={fleet.agents} close={close} />}
			{asked && "set" in asked && <PoolDialog pool={asked.set} close={close} />}
		</>
	);
}

function NoPool({ manages, create }: { manages: boolean; create(): void }) {
	return (
		<section className="mx-auto flex w-full max-w-xl flex-col items-start gap-4 py-8">
			<h2 className="font-semibold text-title">There is no pool yet</h2>
			<p className="text-quiet">
				Agents run flows where your data is. They serve a pool: a queue of runs. Make a pool first, one for each kind of machine.
			</p>
			{manages ? (
				<Button look="strong" onClick={create}>
					Make a pool
				</Button>
			) : (
				<p>An owner or admin of the organization can make one.</p>
			)}
		</section>
	);
}

/** By what a person would look for: the agent, its host, its pool, what runs there. */
const fits = (agent: Agent, wanted: string): boolean =>
	[agent.name, agent.host, agent.pool, ...agent.runs.map(({ flow }) => flow)].some((text) => text.toLowerCase().includes(wanted));

function Pools({ fleet, manages, ask }: { fleet: Fleet; manages: boolean; ask(asked: Asked): void }) {
	const [text, setText] = useTyped("q");
	const wanted = useDeferredValue(text).trim().toLowerCase();
	const { online, there, slots, busy } = capacity(fleet.agents);
	const shown = fleet.pools
		.map((pool) => {
			const all = fleet.agents.filter((agent) => agent.pool === pool.name);
			return { pool, all, agents: wanted ? all.filter((agent) => fits(agent, wanted)) : all };
		})
		.filter(({ pool, agents }) => !wanted || agents.length > 0 || pool.name.toLowerCase().includes(wanted));
	return (
		<>
			<div className="mb-6 flex flex-wrap items-center gap-x-4 gap-y-2">
				<Search label="Find an agent" value={text} onChange={setText} />
				{/* With one pool its own heading says the same. */}
				<span className={`text-quiet tabular-nums ${fleet.pools.length === 1 ? "sr-only" : ""}`}>
					{count(online)} of {plural(there, "agent")} online
					{slots > 0 && `, ${count(busy)} of ${plural(slots, "slot")} in use`}
				</span>
				{manages && (
					<span className="ml-auto flex gap-2">
						<Button onClick={() => ask({ set: null })}>
							<Plus size={14} aria-hidden />
							New pool
						</Button>
						{there === 0 && (
							<Button look="strong" onClick={() => ask({ add: fleet.pools[0]?.name ?? null })}>
								Add the first agent
							</Button>
						)}
					</span>
				)}
			</div>
			{shown.map(({ pool, agents, all }) => (
				<PoolSection
					key={pool.id}
					pool={pool}
					agents={agents}
					all={all}
					release={fleet.release}
					manages={manages}
					add={() => ask({ add: pool.name })}
					set={() => ask({ set: pool })}
				/>
			))}
			{shown.length === 0 && <p className="py-6 text-quiet">No agent, host, pool or running flow has “{wanted}” in its name.</p>}
		</>
	);
}
