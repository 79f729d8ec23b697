"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { RUN_STATES, type RunState } from "tidegate/protocol/states.ts";
import { useAddress } from "../../../browser/address.ts";
import { type Outputs, trpc } from "../../../browser/api.ts";
import { Button } from "../../../ui/button.tsx";
import { Snippet } from "../../../ui/copy.tsx";
import { shortId } from "../../../ui/format.ts";
import { Link } from "../../../ui/link.tsx";
import { StateWord } from "../../../ui/state.tsx";
import { cell, figures, head, rowLink } from "../../../ui/table.ts";
import { Ago, Took } from "../../../ui/time.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { Labels } from "./labels.tsx";
import { RunsFilter } from "./runs-filter.tsx";

type Run = Outputs["runs"]["list"]["runs"][number];

const PAGE = 50;

export function RunsTable({ flow }: { flow: string }) {
	const [search] = useAddress();
	const state = RUN_STATES.find((known) => known === search.get("state"));
	const number = Number(search.get("version")) || undefined;
	const label = search.get("label") ?? undefined;
	const filtered = state !== undefined || number !== undefined || label !== undefined;
	const runs = useInfiniteQuery(
		trpc.runs.list.infiniteQueryOptions(
			{ flow, states: state && ([state] satisfies RunState[]), number, label, limit: PAGE },
			{ getNextPageParam: (page) => page.next ?? undefined, placeholderData: (before) => before },
		),
	);
	const rows = runs.data?.pages.flatMap((page) => page.runs);
	return (
		<>
			<RunsFilter />
			{!rows && runs.error && <Trouble title="The runs can't be shown" detail={runs.error.message} again={() => void runs.refetch()} />}
			{!rows && !runs.error && <div className="ghost h-9" aria-busy="true" />}
			{rows?.length === 0 && (filtered ? <p className="py-6 text-quiet">No run matches this filter.</p> : <NoRuns flow={flow} />)}
			{rows && rows.length > 0 && <Table rows={rows} />}
			{runs.hasNextPage && (
				<div className="py-3">
					<Button disabled={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
						Load {PAGE} more
					</Button>
				</div>
			)}
		</>
	);
}

function NoRuns({ flow }: { flow: string }) {
	return (
		<div className="flex max-w-xl flex-col gap-3 py-4">
			<p className="text-quiet">This flow has not run yet. Run it:</p>
			<Snippet code={`npx tidegate run ${flow} --watch`} label="Run this flow and follow it" />
		</div>
	);
}

/** @param flows names each run's flow, where they may be of several. */
export function Table({ rows, flows = false }: { rows: Run[]; flows?: boolean }) {
	return (
		<table className="w-full border-collapse max-sm:block">
			<thead className="max-sm:sr-only">
				<tr>
					<th className={head}>State</th>
					{flows && <th className={head}>Flow</th>}
					<th className={head}>Run</th>
					<th className={head}>Version</th>
					<th className={`${head} max-lg:w-full`}>Labels</th>
					<th className={head}>Agent</th>
					<th className={`${head} ${figures}`}>Took</th>
					<th className={`${head} ${figures}`}>Queued</th>
				</tr>
			</thead>
			<tbody className="max-sm:block">
				{rows.map((run) => (
					<Row key={run.id} run={run} flows={flows} />
				))}
			</tbody>
		</table>
	);
}

const narrow = "max-sm:h-auto max-sm:border-0 max-sm:p-0";

function Row({ run, flows }: { run: Run; flows: boolean }) {
	return (
		<tr className="relative hover:bg-selected max-sm:flex max-sm:flex-wrap max-sm:items-center max-sm:gap-x-3 max-sm:border-line max-sm:border-b max-sm:px-2 max-sm:py-2">
			<td className={`${cell} ${narrow}`}>
				<StateWord state={run.state} />
			</td>
			{flows && (
				<td className={`${cell} ${narrow} max-w-48 max-sm:min-w-0 max-sm:flex-1`}>
					<bdi className="block truncate font-medium" title={run.flow}>
						{run.flow}
					</bdi>
				</td>
			)}
			<td className={`${cell} ${narrow} ${flows ? "" : "max-sm:flex-1"}`}>
				<Link data-row href={`/runs/${run.id}`} title={run.id} className={`font-mono text-small ${rowLink}`}>
					{shortId(run.id)}
				</Link>
			</td>
			<td className={`${cell} ${narrow} text-quiet`}>v{run.number}</td>
			<td className={`${cell} ${narrow} max-w-0 max-sm:hidden lg:max-w-72`}>
				<Labels labels={run.labels} />
			</td>
			<td className={`${cell} ${narrow} max-w-40 truncate text-quiet max-sm:hidden`}>
				{run.agent ? <bdi title={run.agent.name}>{run.agent.name}</bdi> : "—"}
			</td>
			<td className={`${cell} ${narrow} ${figures} max-sm:order-last max-sm:ml-auto`}>
				<Took from={run.startedAt} to={run.finishedAt} />
			</td>
			<td className={`${cell} ${narrow} ${figures} text-quiet max-sm:order-last max-sm:w-full max-sm:text-start`}>
				<Ago at={run.queuedAt} />
			</td>
		</tr>
	);
}
