"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { hrefWith, useAddress } from "../../../../browser/address.ts";
import { trpc } from "../../../../browser/api.ts";
import { Trouble } from "../../../../ui/trouble.tsx";
import { DurationTrend } from "./duration.tsx";
import { MetricsTrend } from "./metrics.tsx";
import { buries, spentOf } from "./spent.ts";

const RUNS = 100;

/** How the last runs went, one beside the other: how long they took, and what they measured. */
export function Trends({ flow }: { flow: string }) {
	const [search, change] = useAddress();
	const list = useQuery(trpc.runs.list.queryOptions({ flow, own: true, limit: RUNS }, { placeholderData: keepPreviousData }));
	const told = list.data?.runs;
	const runs = useMemo(() => told?.toReversed(), [told]);
	const buried = useMemo(() => buries((runs ?? []).map((run) => spentOf(run, Date.now()))), [runs]);
	const asked = search.get("queue");
	const queue = asked ? asked === "shown" : !buried;
	if (!runs && list.error) return <Trouble title="The trends can't be shown" detail={list.error.message} again={() => void list.refetch()} />;
	if (!runs) return <div className="ghost h-52" aria-busy="true" />;
	if (runs.length === 0)
		return <p className="py-6 text-quiet">This flow has not run yet: how long each run takes, and what it measures, is drawn here.</p>;
	return (
		<div className="flex flex-col gap-8">
			<section aria-label="Duration">
				<DurationTrend runs={runs} queue={queue} />
				<p className="pt-1 text-quiet text-small">
					Each bar is a run: {queue ? "the pale foot is its time in the queue, the grey above it the time" : "the grey foot is the time"} in which an
					agent prepared it, as by building its environment, ✕ is a failure, ○ another end or none yet. A click opens the run; the same as figures:{" "}
					<a href={hrefWith(search, { tab: null })} className="text-accent underline underline-offset-2">
						the table of runs
					</a>
					.{" "}
					<button
						type="button"
						onClick={() => change({ queue: queue ? "hidden" : "shown" }, "replace")}
						className="rounded-sm text-accent underline underline-offset-2"
					>
						{queue ? "Leave out the time in the queue" : "Draw the time in the queue too"}
					</button>
				</p>
			</section>
			<section aria-label="Metrics">
				<h2 className="pb-1 font-semibold text-large">Metrics</h2>
				<MetricsTrend flow={flow} runs={runs} />
			</section>
		</div>
	);
}
