"use client";
import { ChevronLeft, ChevronRight, ChevronsDownUp, ChevronsUpDown, Maximize2, Minus, Plus } from "lucide-react";
import { IconButton } from "../../../../ui/button.tsx";
import { clock, count, duration, exact, plural } from "../../../../ui/format.ts";
import { faceOf } from "../../../../ui/state.tsx";
import { useGroupName, useTask } from "../place.ts";
import { openName, type Run, type Task, taskName } from "../view.ts";
import { stateOf } from "./row.tsx";
import { type Row, sharesOf, type TaskGroup } from "./rows.ts";
import { STEP, type Zooming } from "./use-zoom.ts";

interface Props {
	run: Run;
	/** That the pointer or the keyboard is on. */
	row: Row | undefined;
	rows: number;
	zooming: Zooming;
	tall: boolean;
	setTall(tall: boolean): void;
}

/** The exact times of one line, and the buttons for what the wheel and the keys do as well. Always of one height. */
export function Readout({ run, row, rows, zooming, tall, setTall }: Props) {
	return (
		<div className="flex h-8 items-center gap-0.5">
			<p className="min-w-0 flex-1 truncate text-quiet text-small tabular-nums">
				{row ? (
					<Times run={run} row={row} />
				) : (
					<span className="max-sm:hidden">{plural(rows, "row")}: ↑ ↓ to go, Enter for details, + − to zoom</span>
				)}
			</p>
			{zooming.zoom && (
				<>
					<IconButton label="Earlier (Shift ←)" onClick={() => zooming.pan(-STEP.pan)}>
						<ChevronLeft size={14} aria-hidden />
					</IconButton>
					<IconButton label="Later (Shift →)" onClick={() => zooming.pan(STEP.pan)}>
						<ChevronRight size={14} aria-hidden />
					</IconButton>
					<IconButton label="The whole run (0)" onClick={zooming.all}>
						<Maximize2 size={13} aria-hidden />
					</IconButton>
				</>
			)}
			<IconButton label="Zoom out (−)" disabled={!zooming.zoom} onClick={() => zooming.by(1 / STEP.zoom)}>
				<Minus size={14} aria-hidden />
			</IconButton>
			<IconButton label="Zoom in (+)" onClick={() => zooming.by(STEP.zoom)}>
				<Plus size={14} aria-hidden />
			</IconButton>
			<IconButton label={tall ? "Fewer lines" : "More lines"} pressed={tall} onClick={() => setTall(!tall)}>
				{tall ? <ChevronsDownUp size={14} aria-hidden /> : <ChevronsUpDown size={14} aria-hidden />}
			</IconButton>
		</div>
	);
}

function Times({ run, row }: { run: Run; row: Row }) {
	const { word, from, to, more } = told(run, row);
	return (
		<span title={from ? `${exact(from)}${to ? ` to ${exact(to)}` : ""}` : undefined}>
			<bdi className="text-text">
				<Name run={run} row={row} />
			</bdi>{" "}
			{word}
			{from && ` · ${clock(from)}${to ? ` to ${clock(to)} · ${duration(Date.parse(to) - Date.parse(from))}` : ""}`}
			{more}
		</span>
	);
}

function Name({ run, row }: { run: Run; row: Row }) {
	if (row.kind === "execution") return `execution ${row.execution.execution} on ${row.execution.agent.name}`;
	return row.kind === "map" ? <MapName run={run} group={row.group} /> : <TaskName run={run} task={row.task} />;
}

function MapName({ run, group }: { run: Run; group: TaskGroup }) {
	return `${useGroupName(run, group)} × ${count(group.tasks.length)}`;
}

function TaskName({ run, task }: { run: Run; task: Task }) {
	const content = useTask(run, task);
	return content.state === "open" ? openName(task, content.value) : taskName(task);
}

function told(run: Run, row: Row): { word: string; from: string | null; to: string | null; more?: string } {
	if (row.kind === "execution") {
		const { startedAt, claimedAt, finishedAt, reason } = row.execution;
		const word = faceOf(stateOf(run, row.execution)).word;
		return {
			word,
			from: startedAt ?? claimedAt,
			to: finishedAt,
			more: reason ? ` · ${reason}` : "",
		};
	}
	if (row.kind === "map") {
		const { from, to, shares } = row.group;
		const word = sharesOf(shares).map(([state, n]) => `${count(n)} ${faceOf(state).word}`);
		return { word: word.join(", "), from, to };
	}
	const { earlier, since, till, state, mark } = row;
	const before = earlier.map((one) => `${faceOf(one.state).word} ${clock(one.startedAt)}`).join(", ");
	return {
		word: faceOf(state).word,
		from: since,
		to: till,
		more: `${before ? ` · before: ${before}` : ""}${mark ? ` · marked ${faceOf(mark.state).word}` : ""}`,
	};
}
