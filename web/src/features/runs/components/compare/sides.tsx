"use client";
import { createContext, type ReactNode, useContext } from "react";
import { reachable } from "../../../../ui/reachable.ts";
import { cell, head } from "../../../../ui/table.tsx";

/** What each side is called. */
export const Names = createContext({ before: "", after: "" });

/** Rows of two values beside each other. @param more heads a column of differences */
export function Sides({ children, more }: { children: ReactNode; more?: string }) {
	const { before, after } = useContext(Names);
	return (
		<div {...reachable("Both runs side by side")} className="max-w-5xl overflow-x-auto">
			<table className="w-full table-fixed border-collapse">
				<thead>
					<tr>
						<th className={`${head} w-40 max-sm:w-20 max-sm:px-1`}>
							<span className="sr-only">What</span>
						</th>
						<th className={`${head} max-sm:px-1`}>{before}</th>
						<th className={`${head} max-sm:px-1`}>{after}</th>
						{more && <th className={`${head} w-40 max-sm:w-20 max-sm:px-1`}>{more}</th>}
					</tr>
				</thead>
				<tbody>{children}</tbody>
			</table>
		</div>
	);
}

interface Row {
	name: string;
	before: ReactNode;
	after: ReactNode;
	more?: ReactNode;
	mono?: boolean;
}

export function Two({ name, before, after, more, mono }: Row) {
	// Nothing is nothing in every row: in letters of one width its dash would be another.
	const look = (side: ReactNode) =>
		`${cell} whitespace-pre-wrap! break-words py-1.5 align-top max-sm:px-1 ${side === "—" ? "text-quiet" : mono ? "font-mono text-small/5" : ""}`;
	return (
		<tr>
			<th scope="row" className={`${cell} whitespace-normal! break-words py-1.5 align-top font-normal! max-sm:px-1 text-quiet`} title={name}>
				<bdi className="line-clamp-5">{name}</bdi>
			</th>
			<td className={look(before)}>
				<bdi className="line-clamp-[12]">{before}</bdi>
			</td>
			<td className={look(after)}>
				<bdi className="line-clamp-[12]">{after}</bdi>
			</td>
			{more !== undefined && (
				<td className={`${cell} whitespace-normal! py-1.5 align-top tabular-nums max-sm:px-1 ${more === "—" ? "text-quiet" : ""}`}>{more}</td>
			)}
		</tr>
	);
}
