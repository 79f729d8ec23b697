"use client";
import { useQuery } from "@tanstack/react-query";
import { trpc } from "../../../browser/api.ts";
import { Snippet } from "../../../ui/copy.tsx";
import { Link } from "../../../ui/link.tsx";
import type { Run, RunView } from "./view.ts";
import { reasonOf } from "./waiting.ts";

/** How often to look whether that changed, in milliseconds. */
const LOOK = 3_000;

/** Why a queued run does not start, and the command that changes it. */
export function QueuedReason({ run, store }: { run: Run; store: RunView["kin"]["store"] }) {
	const agents = useQuery(trpc.agents.list.queryOptions(undefined, { refetchInterval: LOOK }));
	const pools = useQuery(trpc.pools.list.queryOptions(undefined, { refetchInterval: LOOK }));
	if (!agents.data || !pools.data) return null;
	const reason = reasonOf(
		pools.data.pools.find(({ name }) => name === run.pool),
		agents.data.agents,
		store,
	);
	if (!reason) return null;
	if (reason.kind === "said") {
		return (
			<p>
				It waits: pool{" "}
				<Link href="/agents" className="rounded-sm underline underline-offset-2 hover:text-accent">
					<bdi>{run.pool}</bdi>
				</Link>{" "}
				{reason.rest}
			</p>
		);
	}
	const [first, ...more] = reason.enrolled;
	return (
		<div className="flex max-w-2xl flex-col gap-2">
			<p>
				No agent of pool <bdi className="font-medium">{run.pool}</bdi> is online.{" "}
				{first
					? `Start ${more.length === 0 ? `the one that is enrolled, ${first},` : "one of those enrolled"} where it lives:`
					: "Where you are signed in, make a token for one:"}
			</p>
			{first ? <Snippet code="tidegate agent start" label="Bring the agent online" /> : <Enrol pool={run.pool} />}
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
