"use client";
import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { hasEnded } from "tidegate/protocol/states.ts";
import { useAddress } from "../../../../browser/address.ts";
import { useNow } from "../../../../browser/clock.ts";
import { count, duration } from "../../../../ui/format.ts";
import { reachable } from "../../../../ui/reachable.ts";
import type { RunView } from "../view.ts";
import { ExecutionRow, MapRow, TaskRow } from "./row.tsx";
import { rowsOf, type Span, spanOf, ticks } from "./rows.ts";

/** Pixels of one line. */
const LINE = 26;

/** Bars for each execution and task, as they follow each other. A click on a bar shows that task's lines in the log. */
export function Timeline({ view }: { view: RunView }) {
	const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
	const now = useNow(!hasEnded(view.run.state));
	const rows = useMemo(() => rowsOf(view, turned), [view, turned]);
	const span = spanOf(view, now);
	const scroller = useRef<HTMLDivElement>(null);
	const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => LINE, overscan: 8 });
	const [search, change] = useAddress();
	const chosen = search.get("task");
	if (rows.length === 0) return null;
	const choose = (task: string | null) => change({ task, tab: null, line: null });
	const turn = (map: string) =>
		setTurned((before) => {
			const after = new Set(before);
			if (!after.delete(map)) after.add(map);
			return after;
		});
	return (
		<section aria-label="Timeline" className="mb-4 min-w-0">
			<Axis span={span} />
			<div
				ref={scroller}
				{...reachable("Executions and tasks")}
				className="min-h-0 overflow-y-auto border-line border-y"
				// All of them where they fit into half of the window, else as many whole lines as do; two pixels are the borders.
				style={{ maxHeight: `calc(round(down, 50dvh, ${LINE}px) + 2px)` }}
			>
				<ul className="relative" style={{ height: virtual.getTotalSize() }}>
					{virtual.getVirtualItems().map(({ index, start }) => {
						const row = rows[index];
						if (!row) return null;
						return (
							<li key={row.id} className="absolute inset-x-0 top-0" style={{ height: LINE, transform: `translateY(${start}px)` }}>
								{row.kind === "execution" && (
									<ExecutionRow run={view.run} execution={row.execution} several={view.executions.length > 1} span={span} />
								)}
								{row.kind === "map" && <MapRow fn={row.fn} tasks={row.tasks} open={row.open} span={span} turn={() => turn(row.id)} />}
								{row.kind === "task" && (
									<TaskRow
										run={view.run}
										task={row.task}
										inMap={row.inMap}
										span={span}
										chosen={chosen === row.task.task}
										choose={() => choose(chosen === row.task.task ? null : row.task.task)}
									/>
								)}
							</li>
						);
					})}
				</ul>
			</div>
			<Below virtual={virtual} rows={rows.length} />
		</section>
	);
}

/** That there is more, since not every browser shows a scroll bar. */
function Below({ virtual, rows }: { virtual: Virtualizer<HTMLDivElement, Element>; rows: number }) {
	const { scrollRect, scrollOffset } = virtual;
	const room = Math.round((scrollRect?.height ?? 0) / LINE);
	if (!scrollRect || rows <= room) return null;
	const first = Math.round((scrollOffset ?? 0) / LINE);
	return (
		<p className="pt-1 text-end text-quiet text-small tabular-nums">
			{count(first + 1)}–{count(Math.min(rows, first + room))} of {count(rows)}, scroll for more
		</p>
	);
}

function Axis({ span }: { span: Span }) {
	const whole = span.to - span.from;
	return (
		<div aria-hidden className="grid h-5 grid-cols-[var(--names)_1fr] text-quiet text-small [--names:112px] sm:[--names:220px]">
			<span />
			<span className="relative mr-20">
				{ticks(span, 5).map((at, i) => (
					<span key={at} className={`absolute whitespace-nowrap ${i > 0 && i % 2 ? "max-sm:hidden" : ""}`} style={{ left: `${(at / whole) * 100}%` }}>
						{at === 0 ? "0" : duration(at)}
					</span>
				))}
			</span>
		</div>
	);
}
