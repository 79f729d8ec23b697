"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { RUN_STATES, type RunState } from "tidegate/protocol/states.ts";
import { useAddress } from "../../../../browser/address.ts";
import { trpc } from "../../../../browser/api.ts";
import { count, shortId } from "../../../../ui/format.ts";
import { Link } from "../../../../ui/link.tsx";
import { faceOf, StateGlyph, StateWord } from "../../../../ui/state.tsx";
import { rowLink } from "../../../../ui/table.tsx";
import { Took } from "../../../../ui/time.tsx";
import { Trouble } from "../../../../ui/trouble.tsx";
import type { Run } from "../../../flows/components/runs-columns.tsx";
import type { RunView } from "../view.ts";

const PAGE = 200;
/** Pixels. */
const ROW = 36;
/** Rows kept ready beyond what is seen. */
const BEYOND = 10;
/** Rows that are seen at once. */
const SEEN = 14;

/** Runs that this one started, however many: by state, and only those near what is seen are there. */
export function Children({ view: { run, kin } }: { view: RunView }) {
	const [search, change] = useAddress();
	const state = RUN_STATES.find((one) => one === search.get("state"));
	const children = useInfiniteQuery(
		trpc.runs.list.infiniteQueryOptions(
			{ parent: run.id, states: state ? [state] : undefined, limit: PAGE },
			{ getNextPageParam: (page) => page.next ?? undefined, placeholderData: (before) => before },
		),
	);
	const rows = children.data?.pages.flatMap((page) => page.runs) ?? [];
	const known = RUN_STATES.filter((one) => kin.childStates[one]);
	return (
		<div className="flex min-w-0 flex-col gap-3">
			<fieldset className="flex flex-wrap gap-1">
				<legend className="sr-only">States of its child runs</legend>
				{known.map((one) => (
					<Choice
						key={one}
						state={one}
						n={kin.childStates[one] ?? 0}
						chosen={one === state}
						choose={() => change({ state: one === state ? null : one })}
					/>
				))}
			</fieldset>
			{children.error && <Trouble title="The child runs can't be shown" detail={children.error.message} again={() => void children.refetch()} />}
			{!children.data && !children.error && <div className="ghost h-9" aria-busy="true" />}
			{children.data && rows.length === 0 && <p className="py-4 text-quiet">None of its child runs is {state ? faceOf(state).word : "here"}.</p>}
			{rows.length > 0 && <Rows rows={rows} more={children.hasNextPage && !children.isFetchingNextPage} load={() => void children.fetchNextPage()} />}
		</div>
	);
}

function Choice({ state, n, chosen, choose }: { state: RunState; n: number; chosen: boolean; choose(): void }) {
	return (
		<button
			type="button"
			aria-pressed={chosen}
			onClick={choose}
			className="inline-flex h-7 items-center gap-1.5 rounded-md border border-line px-2 text-quiet tabular-nums hover:border-line-strong aria-pressed:border-accent aria-pressed:bg-selected aria-pressed:text-text"
		>
			<StateGlyph state={state} size={12} />
			{count(n)} {faceOf(state).word}
		</button>
	);
}

function Rows({ rows, more, load }: { rows: Run[]; more: boolean; load(): void }) {
	const scroller = useRef<HTMLDivElement>(null);
	const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: BEYOND });
	const items = virtual.getVirtualItems();
	const last = items.at(-1)?.index ?? 0;
	useEffect(() => {
		if (more && last >= rows.length - BEYOND) load();
	}, [more, last, rows.length, load]);
	return (
		<div ref={scroller} className="overflow-y-auto border-line border-t" style={{ maxHeight: SEEN * ROW }}>
			<ul aria-label="Child runs" className="relative" style={{ height: virtual.getTotalSize() }}>
				{items.map(({ index, start }) => {
					const one = rows[index];
					return one && <Row key={one.id} run={one} top={start} />;
				})}
			</ul>
		</div>
	);
}

function Row({ run, top }: { run: Run; top: number }) {
	return (
		<li className="absolute inset-x-0 flex items-center gap-3 border-line border-b px-2 hover:bg-selected" style={{ top, height: ROW }}>
			<span className="w-28 shrink-0">
				<StateWord state={run.state} />
			</span>
			<bdi className="min-w-0 max-w-64 truncate font-medium" title={run.flow}>
				{run.flow}
			</bdi>
			{run.hook && <span className="rounded-sm bg-selected px-1.5 text-quiet text-small">{run.hook} hook</span>}
			<Link data-row href={`/runs/${run.id}`} title={run.id} className={`font-mono text-small ${rowLink}`}>
				{shortId(run.id)}
			</Link>
			<span className="text-quiet max-sm:hidden">v{run.number}</span>
			<span className="ml-auto text-quiet tabular-nums">
				<Took from={run.startedAt} to={run.finishedAt} />
			</span>
		</li>
	);
}
