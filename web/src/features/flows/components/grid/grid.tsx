"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FocusEvent, type KeyboardEvent, type MouseEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { hrefWith, useAddress } from "../../../../browser/address.ts";
import { trpc } from "../../../../browser/api.ts";
import { useNow } from "../../../../browser/clock.ts";
import { count, duration, exact, plural } from "../../../../ui/format.ts";
import { HoverCard, useHoverCard } from "../../../../ui/hover-card.tsx";
import { Trouble } from "../../../../ui/trouble.tsx";
import { RunCard } from "../run-card.tsx";
import { CellCard, names, Row, RunHead } from "./cell.tsx";
import { type Grid, layOut, type Spot, stepped } from "./layout.ts";

const SIZES = [30, 100] as const;
/** Pixels of the tallest bar, and of the lowest that can still be seen. */
const TALL = 30;
const LOW = 3;

/** Task functions by the flow's last runs: which failed when, at a glance. */
export function TaskGrid({ flow }: { flow: string }) {
	const [search, change] = useAddress();
	const limit = search.get("runs") === "100" ? 100 : 30;
	const grid = useQuery(trpc.flows.grid.queryOptions({ flow, limit }, { placeholderData: keepPreviousData }));
	if (!grid.data && grid.error) return <Trouble title="The grid can't be shown" detail={grid.error.message} again={() => void grid.refetch()} />;
	if (!grid.data) return <div className="ghost h-40" aria-busy="true" />;
	if (grid.data.runs.length === 0)
		return <p className="py-6 text-quiet">This flow has not run yet: each run becomes a column, each of its tasks a row.</p>;
	return (
		<>
			<div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-1 text-quiet">
				<span>
					{plural(grid.data.runs.length, "run")}, newest at the right
					{grid.data.more > 0 && `; ${count(grid.data.more)} more task functions are not shown`}
				</span>
				<nav aria-label="How many runs" className="ml-auto flex gap-1">
					{SIZES.map((size) => (
						<a
							key={size}
							href={hrefWith(search, { runs: size === 30 ? null : String(size) })}
							aria-current={size === limit}
							onClick={(event) => {
								if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
								event.preventDefault();
								change({ runs: size === 30 ? null : String(size) });
							}}
							className="flex h-7 items-center rounded-md px-2 hover:bg-selected aria-[current=true]:bg-selected aria-[current=true]:text-text"
						>
							{size} runs
						</a>
					))}
				</nav>
			</div>
			<Cells grid={grid.data} flow={flow} />
		</>
	);
}

const spotOf = (target: EventTarget): Spot | undefined => {
	const { rowAt, columnAt } = (target instanceof Element && target.closest<HTMLElement>("[data-row-at]")?.dataset) || {};
	return rowAt === undefined ? undefined : { row: Number(rowAt), column: Number(columnAt) };
};

function Cells({ grid, flow }: { grid: Grid; flow: string }) {
	const router = useRouter();
	const card = useHoverCard();
	const { runs, rows } = useMemo(() => layOut(grid), [grid]);
	const now = useNow(runs.some((run) => run.startedAt && !run.finishedAt));
	const box = useRef<HTMLDivElement>(null);
	const [chosen, setChosen] = useState<Spot>();
	// The grid is one stop of the tab key: the newest run, or where the arrows were last.
	const there = chosen && chosen.column < runs.length && (chosen.row < 0 || rows[chosen.row]?.cells[chosen.column]);
	const stop = there ? chosen : { row: -1, column: runs.length - 1 };
	const newest = runs.at(-1)?.id;
	// biome-ignore lint/correctness/useExhaustiveDependencies: a new run comes at the right
	useLayoutEffect(() => {
		if (box.current) box.current.scrollLeft = box.current.scrollWidth;
	}, [newest, runs.length]);
	const took = runs.map((run) => (run.startedAt ? (run.finishedAt ? Date.parse(run.finishedAt) : now) - Date.parse(run.startedAt) : 0));
	const longest = Math.max(1, ...took);

	const focused = (event: FocusEvent) => {
		const spot = spotOf(event.target);
		if (spot && (spot.row !== stop.row || spot.column !== stop.column)) setChosen(spot);
	};
	const pressed = (event: KeyboardEvent) => {
		const spot = spotOf(event.target);
		const next = spot && !event.altKey && !event.metaKey && stepped(event.key, event.ctrlKey, spot, rows, runs.length);
		if (!next) return;
		event.preventDefault();
		box.current?.querySelector<HTMLElement>(`[data-row-at="${next.row}"][data-column-at="${next.column}"]`)?.focus();
	};
	/** One handler for all cells: thousands of links, each with its own, would be felt. */
	const follow = (event: MouseEvent) => {
		const link = event.target instanceof Element ? event.target.closest("a") : null;
		if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
		event.preventDefault();
		router.push(link.getAttribute("href") ?? "");
	};
	useScrolledClear(box);
	return (
		// biome-ignore lint/a11y/noStaticElementInteractions: the links in it are what is used; it only listens for them
		<div
			ref={box}
			onClick={follow}
			onKeyDown={pressed}
			onPointerOver={card.handlers.onPointerOver}
			onPointerLeave={card.handlers.onPointerLeave}
			onFocus={(event) => {
				focused(event);
				card.handlers.onFocus(event);
			}}
			onBlur={card.handlers.onBlur}
			className="w-fit max-w-full overflow-x-auto pb-2"
		>
			<table aria-label={`Tasks of the last runs of ${flow}`} className="border-collapse">
				<thead>
					<tr>
						<th scope="col" className={`${names} align-bottom text-quiet text-small`}>
							{rows.length > 0 ? plural(rows.length, "task") : "no tasks"}
						</th>
						{runs.map((run, column) => (
							<th key={run.id} scope="col" className="p-0 align-bottom">
								<RunHead
									run={run}
									column={column}
									stop={stop.row === -1 && stop.column === column}
									height={LOW + Math.round((TALL - LOW) * Math.sqrt((took[column] ?? 0) / longest))}
									told={`${run.startedAt ? `${duration(took[column] ?? 0, !run.finishedAt)}, ` : ""}${exact(run.queuedAt)}`}
								/>
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map((row, at) => (
						<Row key={row.fn} row={row} at={at} stop={stop.row === at ? stop.column : undefined} />
					))}
				</tbody>
			</table>
			<HoverCard card={card} above={box}>
				{(at) => {
					const [column, row] = at.split(" ").map(Number);
					const cell = row === undefined ? undefined : rows[row]?.cells[column ?? 0];
					const run = row === undefined ? runs.find(({ id }) => id === at) : runs[column ?? 0];
					return (
						run && (
							<>
								{cell && <CellCard cell={cell} />}
								<RunCard run={run} />
							</>
						)
					);
				}}
			</HoverCard>
		</div>
	);
}

/** What is focused comes out from under the names that stick to the left. */
function useScrolledClear(box: { current: HTMLElement | null }): void {
	useEffect(() => {
		const place = box.current;
		if (!place) return;
		const fix = () => {
			place.style.scrollPaddingInlineStart = `${place.querySelector("th")?.offsetWidth ?? 0}px`;
		};
		fix();
		const sized = new ResizeObserver(fix);
		sized.observe(place);
		return () => sized.disconnect();
	}, [box]);
}
