/** What all tables share: rows of one height on wide screens, two lines on narrow ones. */
import type { ReactNode } from "react";

export const head = "h-8 border-line border-b px-3 text-quiet text-small whitespace-nowrap";
export const cell = "h-9 border-line border-b px-3 whitespace-nowrap";
/** Of a row and a cell in a `Table`. */
export const row =
	"hover:bg-selected max-sm:flex max-sm:flex-wrap max-sm:items-center max-sm:gap-x-3 max-sm:gap-y-1 max-sm:border-line max-sm:border-b max-sm:py-2";
export const rowCell = `${cell} max-sm:h-auto max-sm:border-0 max-sm:p-0`;
/** Right-aligned figures. */
export const figures = "text-end tabular-nums";
/** Stretches a row's link over its row, so that the whole row can be clicked and one link is focused. */
export const rowLink =
	"after:absolute after:inset-0 after:content-[''] focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent";

/** @param heads what stands above the columns; narrow screens have no room for it, so that cells say by themselves what they are. */
export function Table({ heads, children }: { heads: ReactNode; children: ReactNode }) {
	return (
		<table className="w-full border-collapse max-sm:block">
			<thead className="max-sm:sr-only">
				<tr>{heads}</tr>
			</thead>
			<tbody className="max-sm:block">{children}</tbody>
		</table>
	);
}

/** Above the buttons of a row. */
export const ActionsHead = () => (
	<th className={head}>
		<span className="sr-only">Actions</span>
	</th>
);
