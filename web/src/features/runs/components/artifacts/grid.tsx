"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useLayoutEffect, useMemo, useRef } from "react";
import { reachable } from "../../../../ui/reachable.ts";
import { figures } from "../../../../ui/table.tsx";
import { type Sorting, shown, type Table, typeOf } from "./cells.ts";

const ROW = 28;
const HEAD = 44;
/** Rows looked at to find how wide a column is. */
const LOOKED = 100;
/** Characters of a cell or a name that are there at all: longer ones are in the copy. */
const LONG = 400;

interface Props {
	table: Table;
	name: string;
	/** Which columns, in order. */
	columns: number[];
	/** Which rows, in order. */
	picked: number[];
	sorting: Sorting | undefined;
	sort(sorting: Sorting | undefined): void;
}

const short = (text: string): string => (text.length > LONG ? `${text.slice(0, LONG)}…` : text);

/** Cells, of which only those near what is seen exist. */
export function Grid({ table, name, columns, picked, sorting, sort }: Props) {
	const facts = useMemo(
		() => columns.map((column) => ({ column, type: typeOf(table.rows, column), width: widthOf(table, column) })),
		[table, columns],
	);
	const scroller = useRef<HTMLDivElement>(null);
	const getScrollElement = () => scroller.current;
	const down = useVirtualizer({ count: picked.length, getScrollElement, estimateSize: () => ROW, overscan: 12, scrollMargin: HEAD });
	const across = useVirtualizer({
		horizontal: true,
		count: facts.length,
		getScrollElement,
		estimateSize: (at) => facts[at]?.width ?? 0,
		overscan: 4,
	});
	// biome-ignore lint/correctness/useExhaustiveDependencies: other columns are as wide as they are
	useLayoutEffect(() => {
		across.measure();
	}, [facts, across]);
	const rows = down.getVirtualItems();
	const above = (rows[0]?.start ?? HEAD) - HEAD;
	const below = down.getTotalSize() - ((rows.at(-1)?.end ?? HEAD) - HEAD);
	const cells = across.getVirtualItems();
	const before = cells[0]?.start ?? 0;
	const after = across.getTotalSize() - (cells.at(-1)?.end ?? 0);
	// Up, down, and back to how the flow made it.
	const turn = (column: number) => sort(sorting?.column !== column ? { column, down: false } : sorting.down ? undefined : { column, down: true });
	return (
		<div ref={scroller} {...reachable(name.slice(0, LONG))} className="max-h-[60dvh] max-w-full overflow-auto border-line border-y">
			<table
				aria-rowcount={picked.length + 1}
				aria-colcount={table.columns.length}
				className="table-fixed border-collapse"
				style={{ width: across.getTotalSize() }}
			>
				<colgroup>
					{before > 0 && <col style={{ width: before }} />}
					{cells.map(({ index, size }) => (
						<col key={index} style={{ width: size }} />
					))}
					{after > 0 && <col style={{ width: after }} />}
				</colgroup>
				<thead>
					<tr style={{ height: HEAD }}>
						{before > 0 && <td aria-hidden />}
						{cells.map(({ index }) => {
							const { column, type } = facts[index] ?? { column: 0, type: "empty" };
							const title = short(table.columns[column] ?? "");
							const sorted = sorting?.column === column;
							return (
								<th
									key={index}
									aria-colindex={column + 1}
									aria-sort={sorted ? (sorting.down ? "descending" : "ascending") : "none"}
									className="sticky top-0 z-1 bg-sunken p-0"
								>
									<button
										type="button"
										title={title}
										onClick={() => turn(column)}
										className={`flex h-11 w-full min-w-0 flex-col justify-center px-3 -outline-offset-2 hover:text-accent ${type === "number" ? "items-end" : "items-start"}`}
									>
										<span className="flex max-w-full min-w-0 items-center gap-1 leading-5">
											<bdi className="min-w-0 truncate">{title || "\u00a0"}</bdi>
											{sorted &&
												(sorting.down ? (
													<ArrowDown size={12} aria-hidden className="shrink-0" />
												) : (
													<ArrowUp size={12} aria-hidden className="shrink-0" />
												))}
										</span>
										<span className="font-normal text-quiet text-small">{type}</span>
									</button>
								</th>
							);
						})}
						{after > 0 && <td aria-hidden />}
					</tr>
				</thead>
				<tbody>
					{above > 0 && <tr aria-hidden style={{ height: above }} />}
					{rows.map(({ index }) => {
						const row = table.rows[picked[index] ?? -1];
						return (
							<tr key={index} aria-rowindex={index + 2} className="hover:bg-selected" style={{ height: ROW }}>
								{before > 0 && <td aria-hidden />}
								{cells.map(({ index: at }) => {
									const { column, type } = facts[at] ?? { column: 0, type: "empty" };
									const content = short(shown(row?.[column]));
									return (
										<td key={at} className={`truncate border-line border-t px-3 ${type === "number" ? figures : ""}`} title={content}>
											<bdi>{content}</bdi>
										</td>
									);
								})}
								{after > 0 && <td aria-hidden />}
							</tr>
						);
					})}
					{below > 0 && <tr aria-hidden style={{ height: below }} />}
				</tbody>
			</table>
		</div>
	);
}

/** Pixels for what its first rows hold: rows that come into sight must not move the others. */
function widthOf({ columns, rows }: Table, column: number): number {
	let letters = Math.max(7, (columns[column] ?? "").length + 2);
	for (const row of rows.slice(0, LOOKED)) letters = Math.max(letters, shown(row[column]).length);
	return Math.round(24 + Math.min(letters, 44) * 7.4);
}
