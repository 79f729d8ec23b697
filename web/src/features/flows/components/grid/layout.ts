/** Where each run and function stands in the grid, and where the arrows lead. Pure. */
import type { TaskState } from "tidegate/protocol/states.ts";
import type { Outputs } from "../../../../browser/api.ts";

export type Grid = Outputs["flows"]["grid"];
export type GridRun = Grid["runs"][number];
export type GridCell = Grid["cells"][number];

export interface GridRow {
	fn: string;
	/** One a run, oldest first; undefined where the run did not call it. */
	cells: (GridCell | undefined)[];
}

/**
 * Names in the order in which the runs met them. The newest run's order stands; what only older runs have goes behind what came before it there.
 * @param orders of each run, newest first
 */
export function merged(orders: readonly (readonly string[])[]): string[] {
	const all: string[] = [];
	const known = new Set<string>();
	for (const order of orders) {
		let before: string | undefined;
		for (const name of order) {
			if (!known.has(name)) {
				known.add(name);
				all.splice(before === undefined ? 0 : all.indexOf(before) + 1, 0, name);
			}
			before = name;
		}
	}
	return all;
}

/** Runs oldest first, newest at the right. */
export function layOut({ runs, cells }: Pick<Grid, "runs" | "cells">): { runs: GridRun[]; rows: GridRow[] } {
	const by = new Map<string, Map<string, GridCell>>(runs.map((run) => [run.id, new Map()]));
	for (const cell of cells) by.get(cell.run)?.set(cell.fn, cell);
	const orders = runs.map((run) => [...(by.get(run.id)?.values() ?? [])].sort((a, b) => a.first - b.first).map(({ fn }) => fn));
	const columns = runs.toReversed();
	return { runs: columns, rows: merged(orders).map((fn) => ({ fn, cells: columns.map((run) => by.get(run.id)?.get(fn)) })) };
}

/** What wants attention first; the order in which shares are stacked is the other way round. */
const URGENCY: TaskState[] = ["failed", "running", "waiting", "pending", "cancelled", "succeeded", "skipped"];

export const callsOf = ({ states }: Pick<GridCell, "states">): number => Object.values(states).reduce((sum, n) => sum + n, 0);

/** Each state with how many calls are in it, what wants attention first. */
export const sharesOf = ({ states }: Pick<GridCell, "states">): [TaskState, number][] =>
	URGENCY.flatMap((state): [TaskState, number][] => (states[state] ? [[state, states[state]]] : []));

export const worstOf = (cell: Pick<GridCell, "states">): TaskState => sharesOf(cell)[0]?.[0] ?? "pending";

/** Row −1 is that of the runs. */
export interface Spot {
	row: number;
	column: number;
}

/** Where a key leads from a spot: to the next that is filled. The same spot where there is none; undefined for other keys. */
export function stepped(key: string, whole: boolean, { row, column }: Spot, rows: readonly GridRow[], columns: number): Spot | undefined {
	const filled = (spot: Spot): boolean =>
		spot.column >= 0 && spot.column < columns && (spot.row === -1 || rows[spot.row]?.cells[spot.column] !== undefined);
	const seek = (spot: Spot, down: number, right: number): Spot => {
		for (
			let at = spot;
			at.row >= -1 && at.row < rows.length && at.column >= 0 && at.column < columns;
			at = { row: at.row + down, column: at.column + right }
		)
			if (filled(at)) return at;
		return { row, column };
	};
	switch (key) {
		case "ArrowLeft":
			return seek({ row, column: column - 1 }, 0, -1);
		case "ArrowRight":
			return seek({ row, column: column + 1 }, 0, 1);
		case "ArrowUp":
			return seek({ row: row - 1, column }, -1, 0);
		case "ArrowDown":
			return seek({ row: row + 1, column }, 1, 0);
		case "Home":
			return seek({ row: whole ? -1 : row, column: 0 }, 0, 1);
		case "End":
			return seek({ row: whole ? rows.length - 1 : row, column: columns - 1 }, 0, -1);
		default:
			return undefined;
	}
}
