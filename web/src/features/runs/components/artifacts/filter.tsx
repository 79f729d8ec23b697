"use client";
import { Download } from "lucide-react";
import { IconButton } from "../../../../ui/button.tsx";
import { CopyText } from "../../../../ui/copy.tsx";
import { count, plural } from "../../../../ui/format.ts";
import { fileName, save } from "../../../../ui/save.ts";
import { type Table, typeOf, type Wanted, written } from "./cells.ts";

/** Characters of a column's name in a list of them. */
const NAME = 60;

export const control = "h-7 min-w-0 rounded-md border border-line bg-raised px-2 placeholder:text-quiet hover:border-line-strong";

export function Field({ label, value, onChange }: { label: string; value: string; onChange(value: string): void }) {
	return (
		<input
			type="search"
			aria-label={label}
			placeholder={label}
			value={value}
			onChange={(event) => onChange(event.target.value)}
			className={`${control} w-44 [&::-webkit-search-cancel-button]:hidden`}
		/>
	);
}

interface Props {
	table: Table;
	name: string;
	/** Those that can be chosen. */
	columns: number[];
	/** Rows that are wanted, in order: what is copied. */
	picked: number[];
	wanted: Wanted;
	want(wanted: Wanted): void;
}

/** Which rows are shown, and taking them along. */
export function Filter({ table, name, columns, picked, wanted, want }: Props) {
	const numeric = wanted.column !== undefined && typeOf(table.rows, wanted.column) === "number";
	return (
		<div className="flex flex-wrap items-center gap-2">
			<Field label="Filter rows" value={wanted.text} onChange={(text) => want({ ...wanted, text })} />
			<select
				aria-label="Column to filter by"
				value={wanted.column ?? ""}
				onChange={({ target: { value } }) => want({ ...wanted, column: value === "" ? undefined : Number(value), from: undefined, to: undefined })}
				className={`${control} max-w-44`}
			>
				<option value="">Any column</option>
				{columns.map((at) => (
					<option key={at} value={at}>
						{(table.columns[at] ?? "").slice(0, NAME)}
					</option>
				))}
			</select>
			{numeric && (
				<>
					<Bound label="from" value={wanted.from} set={(from) => want({ ...wanted, from })} />
					<Bound label="to" value={wanted.to} set={(to) => want({ ...wanted, to })} />
				</>
			)}
			<span className="ml-auto px-1 text-quiet tabular-nums" aria-live="polite">
				{picked.length < table.rows.length ? `${count(picked.length)} of ${plural(table.rows.length, "row")}` : plural(table.rows.length, "row")}
			</span>
			<span className="flex gap-1">
				<CopyText text={() => written(table, picked, ",")}>CSV</CopyText>
				<CopyText text={() => written(table, picked, "\t")}>TSV</CopyText>
				<IconButton
					label="Download these rows as CSV"
					onClick={() => save(new Blob([written(table, picked, ",")], { type: "text/csv" }), fileName(name, "csv"))}
				>
					<Download size={14} aria-hidden />
				</IconButton>
			</span>
		</div>
	);
}

function Bound({ label, value, set }: { label: string; value: number | undefined; set(value: number | undefined): void }) {
	return (
		<input
			type="number"
			step="any"
			aria-label={label === "from" ? "Smallest value" : "Largest value"}
			placeholder={label}
			defaultValue={value}
			onChange={({ target }) => set(Number.isNaN(target.valueAsNumber) ? undefined : target.valueAsNumber)}
			className={`${control} w-24 tabular-nums`}
		/>
	);
}
