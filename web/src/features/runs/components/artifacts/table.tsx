"use client";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import type { Bytes } from "tidegate/protocol/bytes.ts";
import { IconButton } from "../../../../ui/button.tsx";
import { count } from "../../../../ui/format.ts";
import { AsText } from "./as-text.tsx";
import { parse, pick, type Sorting, type Table, type Wanted } from "./cells.ts";
import { Field, Filter } from "./filter.tsx";
import { Grid } from "./grid.tsx";

/** Columns that are shown at a time, and rows: browsers place no more, people read no more. */
const COLUMNS = 200;
const ROWS = 200_000;

export function ArtifactTable({ bytes, name }: { bytes: Bytes; name: string }) {
	const table = useMemo(() => parse(bytes), [bytes]);
	return table ? <Known table={table} name={name} /> : <AsText bytes={bytes} why="This is no table: no JSON with columns and rows." />;
}

const ALL: Wanted = { text: "", column: undefined, from: undefined, to: undefined };

function Known({ table, name }: { table: Table; name: string }) {
	const [sorting, setSorting] = useState<Sorting>();
	const [wanted, want] = useState(ALL);
	const settled = useDeferredValue(wanted);
	const picked = useMemo(() => pick(table, settled, sorting), [table, settled, sorting]);
	const [named, setNamed] = useState("");
	const [first, setFirst] = useState(0);
	const columns = useMemo(() => {
		const words = named.trim().toLowerCase();
		return table.columns.flatMap((column, at) => (words && !column.toLowerCase().includes(words) ? [] : [at]));
	}, [table, named]);
	const here = useMemo(() => columns.slice(first, first + COLUMNS), [columns, first]);
	return (
		<div className="flex min-w-0 flex-col gap-2">
			<Filter table={table} name={name} columns={here} picked={picked} wanted={wanted} want={want} />
			{table.columns.length > COLUMNS && (
				<div className="flex flex-wrap items-center gap-2">
					<Field
						label="Find a column"
						value={named}
						onChange={(words) => {
							setNamed(words);
							setFirst(0);
						}}
					/>
					<span className="text-quiet tabular-nums">
						{here.length > 0 ? `columns ${count(first + 1)} to ${count(first + here.length)} of ` : ""}
						{count(columns.length)}
					</span>
					<span className="flex">
						<IconButton label="Columns before" disabled={first === 0} onClick={() => setFirst(Math.max(0, first - COLUMNS))}>
							<ChevronLeft size={14} aria-hidden />
						</IconButton>
						<IconButton label="Columns after" disabled={first + COLUMNS >= columns.length} onClick={() => setFirst(first + COLUMNS)}>
							<ChevronRight size={14} aria-hidden />
						</IconButton>
					</span>
				</div>
			)}
			<Grid
				table={table}
				name={name}
				columns={here}
				picked={picked.length > ROWS ? picked.slice(0, ROWS) : picked}
				sorting={sorting}
				sort={setSorting}
			/>
			{picked.length > ROWS && <p className="text-quiet">The first {count(ROWS)} rows are shown: filter them, or download all.</p>}
		</div>
	);
}
