"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { type Bytes, text } from "tidegate/protocol/bytes.ts";
import { plural } from "../../../../ui/format.ts";
import { Refused } from "../../../../ui/lock.tsx";
import { reachable } from "../../../../ui/reachable.ts";
import { figures } from "../../../../ui/table.ts";

type Cell = string | number | boolean | null;
interface Table {
	columns: string[];
	rows: Cell[][];
}

const ROW = 28;

function parse(bytes: Bytes): Table | undefined {
	try {
		const value = JSON.parse(text(bytes)) as Table;
		return Array.isArray(value.columns) && Array.isArray(value.rows) && value.rows.every(Array.isArray) ? value : undefined;
	} catch {
		return undefined;
	}
}

function compare(a: Cell | undefined, b: Cell | undefined): number {
	if (typeof a === "number" && typeof b === "number") return a - b;
	if (a === null || a === undefined || b === null || b === undefined)
		return Number(a === null || a === undefined) - Number(b === null || b === undefined);
	return String(a).localeCompare(String(b), undefined, { numeric: true });
}

export function ArtifactTable({ bytes, name }: { bytes: Bytes; name: string }) {
	const table = useMemo(() => parse(bytes), [bytes]);
	return table ? <Sorted table={table} name={name} /> : <Refused why="it is no table" />;
}

function Sorted({ table, name }: { table: Table; name: string }) {
	const [order, setOrder] = useState<{ column: number; down: boolean }>();
	const rows = useMemo(() => {
		if (!order) return table.rows;
		const sorted = table.rows.toSorted((a, b) => compare(a[order.column], b[order.column]));
		return order.down ? sorted.reverse() : sorted;
	}, [table, order]);
	const numeric = useMemo(() => table.columns.map((_, at) => table.rows.some((row) => typeof row[at] === "number")), [table]);
	const scroller = useRef<HTMLDivElement>(null);
	const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 12 });
	const items = virtual.getVirtualItems();
	const before = items[0]?.start ?? 0;
	const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
	// Up, down, and back to how the flow made it.
	const turn = (column: number) =>
		setOrder((now) => (now?.column !== column ? { column, down: false } : now.down ? undefined : { column, down: true }));
	return (
		<>
			<div ref={scroller} {...reachable(name)} className="max-h-[60dvh] w-fit max-w-full overflow-auto border-line border-y">
				<table className="border-collapse">
					<thead>
						<tr>
							{table.columns.map((column, at) => (
								<th
									// biome-ignore lint/suspicious/noArrayIndexKey: columns may share a name and never move
									key={at}
									aria-sort={order?.column === at ? (order.down ? "descending" : "ascending") : "none"}
									className="sticky top-0 h-7 bg-sunken p-0"
								>
									<button
										type="button"
										onClick={() => turn(at)}
										className={`flex h-7 w-full items-center gap-1 px-3 whitespace-nowrap hover:text-accent ${numeric[at] ? "flex-row-reverse" : ""}`}
									>
										<bdi>{column}</bdi>
										{order?.column === at && (order.down ? <ArrowDown size={12} aria-hidden /> : <ArrowUp size={12} aria-hidden />)}
									</button>
								</th>
							))}
						</tr>
					</thead>
					<tbody>
						{before > 0 && <tr aria-hidden style={{ height: before }} />}
						{items.map(({ index }) => (
							<tr key={index} className="hover:bg-selected" style={{ height: ROW }}>
								{table.columns.map((_, at) => (
									<td
										// biome-ignore lint/suspicious/noArrayIndexKey: columns never move
										key={at}
										className={`max-w-96 truncate border-line border-t px-3 ${numeric[at] ? figures : ""}`}
										title={String(rows[index]?.[at] ?? "")}
									>
										<bdi>{shown(rows[index]?.[at])}</bdi>
									</td>
								))}
							</tr>
						))}
						{after > 0 && <tr aria-hidden style={{ height: after }} />}
					</tbody>
				</table>
			</div>
			<p className="pt-1.5 text-quiet">{plural(rows.length, "row")}</p>
		</>
	);
}

function shown(cell: Cell | undefined): string {
	if (cell === null || cell === undefined) return "—";
	// Twelve digits: past that a float shows how it is stored, not what was measured.
	return typeof cell === "number" && !Number.isInteger(cell) ? String(Number(cell.toPrecision(12))) : String(cell);
}
