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
					: "Enrol one where your data is:"}
			</p>
			<Snippet code={pool.length > 0 ? "npx tidegate agent start" : `npx tidegate agent enrol --pool ${run.pool}`} label="Bring an agent online" />
		</div>
	);
}
