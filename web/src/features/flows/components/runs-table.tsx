"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useAddress } from "../../../browser/address.ts";
import { trpc } from "../../../browser/api.ts";
import { Button } from "../../../ui/button.tsx";
import { shortId } from "../../../ui/format.ts";
import { later } from "../../../ui/later.tsx";
import { Link } from "../../../ui/link.tsx";
import { reachable } from "../../../ui/reachable.ts";
import { StateWord } from "../../../ui/state.tsx";
import { head, row, rowCell, rowLink, Table } from "../../../ui/table.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { type Run, USUAL, useColumns } from "./runs-columns.tsx";
import { isFiltered, RunsFilter, statesOf } from "./runs-filter.tsx";
import { rangeOf } from "./runs-range.ts";

const CancelMany = later(() => import("../../runs/components/cancel-many.tsx").then((module) => module.CancelMany));

const NoRuns = later(() => import("./no-runs.tsx").then((module) => module.default));

const PAGE = 50;

export function RunsTable({ flow }: { flow: string }) {
	const [search] = useAddress();
	const states = statesOf(search);
	const version = search.get("version") ?? "";
	const number = /^[1-9]\d{0,8}$/.test(version) ? Number(version) : undefined;
	const label = search.get("label")?.slice(0, 500) ?? undefined;
	const { columns, chooser } = useColumns();
	const runs = useInfiniteQuery(
		trpc.runs.list.infiniteQueryOptions(
			{ flow, states, number, label, ...rangeOf(search), own: true, limit: PAGE },
			{ getNextPageParam: (page) => page.next ?? undefined, placeholderData: (before) => before },
		),
	);
	const rows = runs.data?.pages.flatMap((page) => page.runs);
	return (
		<>
			<div className="mb-3 flex flex-wrap items-center gap-2">
				<RunsFilter />
				{rows && rows.length > 0 && <CancelMany shown={{ flow, states, number, label, ...rangeOf(search) }} />}
				{chooser}
			</div>
			{!rows && runs.error && <Trouble title="The runs can't be shown" detail={runs.error.message} again={() => void runs.refetch()} />}
			{!rows && !runs.error && <div className="ghost h-9" aria-busy="true" />}
			{rows?.length === 0 && (isFiltered(search) ? <p className="py-6 text-quiet">No run matches this filter.</p> : <NoRuns flow={flow} />)}
			{rows && rows.length > 0 && <RunRows rows={rows} columns={columns} />}
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

type Columns = ReturnType<typeof useColumns>["columns"];

/** @param flows names each run's flow, where they may be of several. */
export function RunRows({ rows, columns = USUAL, flows = false }: { rows: Run[]; columns?: Columns; flows?: boolean }) {
	return (
		<div {...reachable("Runs")} className="overflow-x-auto">
			<Table
				heads={
					<>
						<th className={head}>State</th>
						{flows && <th className={head}>Flow</th>}
						<th className={head}>Run</th>
						<th className={head}>Version</th>
						{columns.map(({ value, name, look }) => (
							<th key={value} className={`${head} ${look.includes("text-end") ? "text-end" : ""}`}>
								{name}
							</th>
						))}
					</>
				}
			>
				{rows.map((run) => (
					<Row key={run.id} run={run} columns={columns} flows={flows} />
				))}
			</Table>
		</div>
	);
}

function Row({ run, columns, flows }: { run: Run; columns: Columns; flows: boolean }) {
	return (
		<tr className={`${row} relative max-sm:px-2 ${flows ? "max-sm:grid! max-sm:grid-cols-[auto_minmax(0,1fr)_auto]" : ""}`}>
			<td className={rowCell}>
				<StateWord state={run.state} />
			</td>
			{flows && (
				<td className={`${rowCell} max-w-72 max-sm:min-w-0`}>
					<span className="flex min-w-0 items-baseline gap-1.5">
						<bdi className="truncate font-medium" title={run.flow}>
							{run.flow}
						</bdi>
						{run.hook && <span className="shrink-0 text-quiet text-small">on {run.hook}</span>}
					</span>
				</td>
			)}
			<td className={`${rowCell} ${flows ? "max-sm:order-3" : "max-sm:flex-1"}`}>
				<Link data-row href={`/runs/${run.id}`} title={run.id} className={`font-mono text-small ${rowLink}`}>
					{shortId(run.id)}
				</Link>
			</td>
			<td className={`${rowCell} text-quiet ${flows ? "max-sm:order-4 max-sm:text-end" : ""}`}>v{run.number}</td>
			{columns.map(({ value, look, cell: show }) => (
				<td key={value} className={`${rowCell} ${look}`}>
					{show(run)}
				</td>
			))}
		</tr>
	);
}
