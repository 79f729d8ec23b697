"use client";
import { useQuery } from "@tanstack/react-query";
import { trpc } from "../../../browser/api.ts";
import { Snippet } from "../../../ui/copy.tsx";
import { plural } from "../../../ui/format.ts";
import type { Run } from "./view.ts";

/** How often to look whether an agent came, in milliseconds. */
const LOOK = 3_000;

/** Why a queued run does not start, and the command that changes it. */
export function QueuedReason({ run }: { run: Run }) {
	const agents = useQuery(trpc.agents.list.queryOptions(undefined, { refetchInterval: LOOK }));
	if (!agents.data) return null;
	const pool = agents.data.agents.filter((agent) => agent.pool === run.pool && agent.state !== "revoked");
	const online = pool.filter((agent) => agent.state === "online");
	if (online.length > 0) {
		const slots = online.reduce((sum, agent) => sum + (agent.slots ?? 0), 0);
		const busy = online.reduce((sum, agent) => sum + agent.running, 0);
		if (slots === 0 || busy < slots) return null;
		return (
			<p>
				All {plural(slots, "slot")} of pool <bdi>{run.pool}</bdi> are busy; it starts when one is free.
			</p>
		);
	}
	return (
		<div className="flex max-w-2xl flex-col gap-2">
			<p>
				No agent of pool <bdi className="font-medium">{run.pool}</bdi> is online.{" "}
				{pool.length > 0
					? `Start ${pool.length === 1 ? `the one that is enrolled, ${pool[0]?.name},` : "one of those enrolled"} where it lives:`
					: "Where you are signed in, make a token for one:"}
			</p>
			{pool.length > 0 ? <Snippet code="tidegate agent start" label="Bring the agent online" /> : <Enrol pool={run.pool} />}
		</div>
	);
}

/** An agent's way into a pool: a token from here, the rest where the data is. */
function Enrol({ pool }: { pool: string }) {
	return (
		<>
			<Snippet code={`npx tidegate agent token --pool ${pool}`} label="Make a token that admits one agent" />
			<p>Then, where your data is, enrol and start it. It asks for the workspace key:</p>
			<Snippet code={`tidegate agent enrol TOKEN --url ${location.origin} --key\ntidegate agent start`} label="Enrol the agent and start it" />
		</>
	);
}
