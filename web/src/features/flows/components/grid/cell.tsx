import { X } from "lucide-react";
import { memo } from "react";
import { count, duration } from "../../../../ui/format.ts";
import { type AnyState, faceOf, StateGlyph, StateWord, toneFill } from "../../../../ui/state.tsx";
import { Took } from "../../../../ui/time.tsx";
import { callsOf, type GridCell, type GridRow, type GridRun, sharesOf, worstOf } from "./layout.ts";

/** Sticks to the left while the runs scroll under it. */
export const names = "sticky left-0 z-10 w-24 min-w-24 max-w-24 bg-ground pr-2 text-start font-normal sm:w-56 sm:min-w-56 sm:max-w-56";

const place = "relative flex w-6 items-center justify-center rounded-sm -outline-offset-2 hover:bg-selected";

interface RunProps {
	run: GridRun;
	column: number;
	stop: boolean;
	/** Pixels. */
	height: number;
	told: string;
}

/** A run on top of its column: height is duration, colour and shape are state. */
export const RunHead = memo(function RunHead({ run, column, stop, height, told }: RunProps) {
	const { tone, word } = faceOf(run.state);
	const plain = run.state === "succeeded" || run.state === "running";
	return (
		<a
			href={`/runs/${run.id}`}
			tabIndex={stop ? 0 : -1}
			data-row-at={-1}
			data-column-at={column}
			data-card={run.id}
			aria-label={`Run ${word}, v${run.number}, ${told}`}
			className={`${place} h-10 flex-col justify-end`}
		>
			{!plain && <StateGlyph state={run.state} size={9} />}
			<span className={`w-3.5 rounded-[2px] ${toneFill[tone]} ${run.state === "running" ? "pulse" : ""}`} style={{ height }} />
		</a>
	);
});

/** As much as fits below a square. */
const short = (calls: number): string => (calls < 1_000 ? String(calls) : `${Math.floor(calls / 1_000)}k`);

/** One call as a square with the sign of its state; many as their shares, with how many they are. */
function Mark({ cell }: { cell: GridCell }) {
	const calls = callsOf(cell);
	const worst = worstOf(cell);
	if (calls === 1) return <Square state={worst} />;
	return (
		<span className="flex flex-col items-center gap-px">
			<span className="relative flex h-3 w-5 overflow-hidden rounded-[2px]">
				{sharesOf(cell).map(([state, n]) => (
					// So that one of a thousand is still seen.
					<span key={state} className={`h-full min-w-[3px] ${toneFill[faceOf(state).tone]}`} style={{ flexGrow: n }} />
				))}
				{worst === "failed" && <X size={10} strokeWidth={3.5} aria-hidden className="absolute top-px left-[5px] text-ground" />}
			</span>
			<span className="text-[10px] text-quiet leading-[10px] tabular-nums">{short(calls)}</span>
		</span>
	);
}

function Square({ state }: { state: AnyState }) {
	const { icon: Icon, tone } = faceOf(state);
	return (
		<span className={`flex size-4 items-center justify-center rounded-[3px] ${toneFill[tone]} ${state === "running" ? "pulse" : ""}`}>
			{Icon && state !== "succeeded" && <Icon size={12} strokeWidth={3} aria-hidden className="text-ground" />}
		</span>
	);
}

interface RowProps {
	row: GridRow;
	at: number;
	/** The column that the tab key reaches, where it is in this row. */
	stop: number | undefined;
}

export const Row = memo(function Row({ row, at, stop }: RowProps) {
	return (
		<tr>
			<th scope="row" className={names}>
				<bdi className="block truncate" title={row.fn}>
					{row.fn}
				</bdi>
			</th>
			{row.cells.map((cell, column) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: columns are their places
				<td key={column} className="p-0">
					{cell && (
						<a
							href={`/runs/${cell.run}?task=${cell.task}`}
							tabIndex={stop === column ? 0 : -1}
							data-row-at={at}
							data-column-at={column}
							data-card={`${column} ${at}`}
							aria-label={wordsOf(cell)}
							className={`${place} h-7`}
						>
							<Mark cell={cell} />
						</a>
					)}
				</td>
			))}
		</tr>
	);
});

/** "train × 100: 3 failed, 97 succeeded, took 4 s, attempt 2". What is seen in the cell is part of it. */
function wordsOf(cell: GridCell): string {
	const calls = callsOf(cell);
	const states = sharesOf(cell).map(([state, n]) => (calls > 1 ? `${count(n)} ${faceOf(state).word}` : faceOf(state).word));
	const took = cell.startedAt && cell.finishedAt ? [`took ${duration(Date.parse(cell.finishedAt) - Date.parse(cell.startedAt))}`] : [];
	const words = [...states, ...took, ...(cell.attempt > 1 ? [`attempt ${cell.attempt}`] : [])].join(", ");
	return `${cell.fn}${calls > 1 ? ` × ${short(calls)}` : ""}: ${words}`;
}

/** What the card says of a cell, above what it says of the run. */
export function CellCard({ cell }: { cell: GridCell }) {
	const calls = callsOf(cell);
	return (
		<div className="mb-1.5 border-line border-b pb-1.5">
			<p className="flex items-center gap-3">
				<bdi className="truncate font-medium">{cell.fn}</bdi>
				{calls > 1 && <span className="text-quiet">× {count(calls)}</span>}
				{cell.attempt > 1 && <span className="ml-auto whitespace-nowrap text-quiet">attempt {cell.attempt}</span>}
			</p>
			{sharesOf(cell).map(([state, n], i) => (
				<p key={state} className="flex items-center gap-2">
					{calls > 1 && <span className="tabular-nums">{count(n)}</span>}
					<StateWord state={state} />
					{i === 0 && (
						<span className="ml-auto">
							<Took from={cell.startedAt} to={cell.finishedAt} />
						</span>
					)}
				</p>
			))}
		</div>
	);
}
