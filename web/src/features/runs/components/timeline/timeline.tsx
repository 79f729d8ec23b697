"use client";
import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, type UIEvent, useLayoutEffect, useMemo, useRef, useState } from "react";
import { hasEnded } from "tidegate/protocol/states.ts";
import { useAddress } from "../../../../browser/address.ts";
import { useNow } from "../../../../browser/clock.ts";
import type { RunView } from "../view.ts";
import { Readout } from "./readout.tsx";
import { columns, ExecutionRow, LANE, MapRow, TaskRow } from "./row.tsx";
import { type Row, rowsOf, titlesOf } from "./rows.ts";
import { type Span, spanOf, tickName, ticks, zoomed } from "./span.ts";
import { useTree } from "./use-tree.ts";
import { useWheel, useZoom } from "./use-zoom.ts";

/** Pixels of one line. */
const LINE = 26;
/** Lines that a run which still goes on is given from the beginning, so that nothing below moves while it grows. */
const STEADY = 10;

interface Props {
	view: RunView;
	/** Keeps its height, whatever comes. */
	steady: boolean;
}

/** Bars for each execution and task, as they follow each other. A click on a bar shows that task, and its lines in the log. */
export function Timeline({ view, steady }: Props) {
	const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
	const [tall, setTall] = useState(false);
	const [hovered, setHovered] = useState<string>();
	const [search, change] = useAddress();
	const now = useNow(!hasEnded(view.run.state));
	const { executions, tasks, earlier, run, kin } = view;
	const rows = useMemo(
		() => rowsOf({ executions, tasks, earlier, kin, run: { id: run.id } }, turned),
		[executions, tasks, earlier, kin, run.id, turned],
	);
	const titles = useMemo(() => titlesOf(executions), [executions]);
	const whole = spanOf(view, now);
	const zooming = useZoom(whole);
	const { from, to } = zoomed(whole, zooming.zoom);
	const span = useMemo(() => ({ from, to }), [from, to]);
	const scroller = useRef<HTMLDivElement>(null);
	useWheel(scroller, zooming, rows.length > 0);
	const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => LINE, overscan: 8 });
	const follow = useFollow(virtual, rows.length, steady && !hasEnded(run.state));
	const chosen = search.get("task");

	const turn = (row: Row, open: boolean) => {
		if (row.kind !== "map" || row.open === open) return;
		setTurned((before) => {
			const after = new Set(before);
			if (!after.delete(row.id)) after.add(row.id);
			return after;
		});
	};
	const open = (row: Row) => {
		if (row.kind === "map") turn(row, !row.open);
		else if (row.kind === "task") change({ task: chosen === row.id ? null : row.id, line: null, at: null });
		else change({ execution: search.get("execution") === String(row.execution.execution) ? null : String(row.execution.execution), line: null });
	};
	const page = Math.max(1, Math.floor((virtual.scrollRect?.height ?? 0) / LINE) - 1);
	const tree = useTree({ rows, zooming, page, scrollTo: (index) => virtual.scrollToIndex(index), open, turn });
	const rowAt = (event: MouseEvent): Row | undefined => {
		const index = (event.target as Element).closest<HTMLElement>("[data-index]")?.dataset.index;
		return index === undefined ? undefined : rows[Number(index)];
	};
	const told = rows.find((row) => row.id === (hovered ?? tree.active));
	const height = tall ? "70dvh" : steady ? `${STEADY * LINE + 2}px` : undefined;

	if (rows.length === 0) return null;
	return (
		<section aria-label="Timeline" className="mb-4 min-w-0">
			<Readout run={run} row={told} rows={rows.length} zooming={zooming} tall={tall} setTall={setTall} />
			<Axis whole={whole} span={span} />
			<div
				ref={scroller}
				role="tree"
				tabIndex={0}
				data-row
				aria-label="Executions and tasks"
				aria-activedescendant={tree.active && `row ${tree.active}`}
				onKeyDown={tree.onKeyDown}
				onScroll={follow}
				onClick={(event) => {
					const row = rowAt(event);
					if (!row) return;
					tree.setActive(row.id);
					open(row);
				}}
				onPointerOver={(event) => setHovered(rowAt(event)?.id)}
				onPointerLeave={() => setHovered(undefined)}
				className="group/tree min-h-0 overflow-y-auto border-line border-y focus-visible:-outline-offset-2"
				// All of them where they fit into half of the window, else as many whole lines as do; two pixels are the borders.
				style={height ? { height } : { maxHeight: `calc(round(down, 50dvh, ${LINE}px) + 2px)` }}
			>
				<div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
					{virtual.getVirtualItems().map(({ index, start }) => {
						const row = rows[index];
						if (!row) return null;
						return (
							<div
								key={row.id}
								id={`row ${row.id}`}
								role="treeitem"
								tabIndex={-1}
								data-index={index}
								data-active={row.id === tree.active || undefined}
								aria-level={row.level}
								aria-posinset={index + 1}
								aria-setsize={rows.length}
								aria-expanded={row.kind === "map" ? row.open : undefined}
								aria-selected={row.kind === "execution" ? search.get("execution") === String(row.execution.execution) : chosen === row.id}
								// The list keeps the focus: this line may scroll out of what exists.
								onFocus={() => scroller.current?.focus({ preventScroll: true })}
								className={`absolute inset-x-0 top-0 cursor-pointer items-center hover:bg-selected aria-selected:bg-selected group-focus-visible/tree:data-active:outline-2 group-focus-visible/tree:data-active:-outline-offset-2 group-focus-visible/tree:data-active:outline-accent ${columns} ${row.kind === "execution" ? "bg-sunken" : ""}`}
								style={{ height: LINE, transform: `translateY(${start}px)` }}
							>
								{row.kind === "execution" && <ExecutionRow run={run} row={row} title={titles.get(row.execution.execution)} span={span} />}
								{row.kind === "map" && <MapRow run={run} row={row} span={span} />}
								{row.kind === "task" && <TaskRow run={run} row={row} span={span} />}
							</div>
						);
					})}
				</div>
			</div>
		</section>
	);
}

/** Keeps the newest line in view while somebody watches, until they scroll away from it. */
function useFollow(virtual: Virtualizer<HTMLDivElement, Element>, count: number, on: boolean): (event: UIEvent<HTMLElement>) => void {
	const atEnd = useRef(true);
	useLayoutEffect(() => {
		if (on && atEnd.current && count > 0) virtual.scrollToIndex(count - 1, { align: "end" });
	}, [on, count, virtual]);
	return ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
		atEnd.current = scrollHeight - scrollTop - clientHeight < 2 * LINE;
	};
}

function Axis({ whole, span }: { whole: Span; span: Span }) {
	const shown = span.to - span.from;
	return (
		<div aria-hidden className={`h-5 overflow-hidden text-quiet text-small ${columns}`}>
			<span />
			<span className={`relative ${LANE}`}>
				{ticks(whole, span, 5).map((at, i, { length }) => (
					<span
						key={at}
						className={`absolute whitespace-nowrap ${i > 0 && i !== Math.ceil(length / 2) ? "max-sm:hidden" : ""}`}
						style={{ left: `${((at + whole.from - span.from) / shown) * 100}%` }}
					>
						{tickName(at)}
					</span>
				))}
			</span>
		</div>
	);
}
