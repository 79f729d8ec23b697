"use client";
import { ChevronRight } from "lucide-react";
import { memo, type ReactNode, useState } from "react";
import { useNow } from "../../../../browser/clock.ts";
import { clock, count, duration } from "../../../../ui/format.ts";
import { type AnyState, faceOf, StateGlyph, toneFill } from "../../../../ui/state.tsx";
import { useMarkedBy } from "../marks.ts";
import { useGroupName, useTask } from "../place.ts";
import { callOf, type Execution, openName, type Run, type Task, taskName } from "../view.ts";
import { over, type Row, sharesOf, worst } from "./rows.ts";
import { place, type Span } from "./span.ts";

export const columns = "grid grid-cols-[var(--names)_1fr] [--names:136px] sm:[--names:220px]";
/** After the lane: how long it took. */
export const LANE = "mr-[88px]";

interface BarProps {
	state: AnyState;
	span: Span;
	from: string;
	to: string | null;
	/** What came before what counts. */
	faded?: boolean;
	children?: ReactNode;
}

function Bar({ state, span, from, to, faded = false, children }: BarProps) {
	const style = place(span, from, to);
	if (!style) return null;
	return (
		<span
			className={`absolute top-1.5 flex h-[14px] min-w-[2px] overflow-hidden rounded-[3px] ${children ? "" : toneFill[faceOf(state).tone]} ${faded ? "opacity-60" : ""}`}
			style={style}
		>
			{children}
		</span>
	);
}

/** What of the time before it began was waiting. */
function Wait({ span, from, to }: { span: Span; from: string; to: string | null }) {
	const style = place(span, from, to);
	return style && <span className={`absolute top-2 h-[9px] rounded-[2px] opacity-30 ${toneFill.queued}`} style={style} />;
}

/** What goes on is counted in whole seconds, of which the first is not none. */
const counting = (ms: number): string => (ms < 1_000 ? "< 1 s" : duration(ms, true));

interface LaneProps {
	state: AnyState;
	from: string | null;
	to: string | null;
	/** Told in place of how long it took. */
	instead?: string;
	/** Told where the pointer rests on it. */
	why?: string;
	children: ReactNode;
}

function Lane({ state, from, to, instead, why, children }: LaneProps) {
	const now = useNow(from !== null && to === null);
	return (
		<span data-lane className={`relative h-full ${LANE}`}>
			<span className="absolute inset-0 overflow-hidden">{children}</span>
			<span title={why} className="absolute top-0.5 left-full w-[88px] truncate pl-2 text-quiet text-small tabular-nums leading-[22px]">
				{instead ?? (from ? (to ? duration(Date.parse(to) - Date.parse(from)) : counting(now - Date.parse(from))) : faceOf(state).word)}
			</span>
		</span>
	);
}

function Name({ state, inset = false, children }: { state: AnyState; inset?: boolean; children: ReactNode }) {
	return (
		<span className={`flex min-w-0 items-center gap-1.5 pr-2 ${inset ? "pl-6" : "pl-1"}`}>
			<StateGlyph state={state} size={12} />
			<span className="sr-only">{faceOf(state).word}: </span>
			{children}
		</span>
	);
}

export const stateOf = (run: Run, execution: Execution): AnyState =>
	execution.outcome ?? (execution.startedAt ? (run.state === "cancelling" ? "cancelling" : "running") : "starting");

interface Props<K extends Row["kind"]> {
	run: Run;
	row: Extract<Row, { kind: K }>;
	span: Span;
}

/** @param title what it is called beside others; empty where there are none */
export function ExecutionRow({ run, row: { execution }, span, title }: Props<"execution"> & { title: string | undefined }) {
	const state = stateOf(run, execution);
	const { claimedAt, startedAt, finishedAt, agent } = execution;
	return (
		<>
			<Name state={state}>
				<span className="truncate text-quiet">
					{title ? `${title} on ` : "on "}
					<bdi>{agent.name}</bdi>
				</span>
			</Name>
			<Lane state={state} from={startedAt} to={finishedAt}>
				<Wait span={span} from={claimedAt} to={startedAt ?? finishedAt} />
				{startedAt && <Bar state={state} span={span} from={startedAt} to={finishedAt} />}
			</Lane>
		</>
	);
}

/** The bar of a map is cut into the shares of its states. */
export function MapRow({ run, row: { group, open }, span }: Props<"map">) {
	const name = useGroupName(run, group);
	const { tasks, shares, from, to } = group;
	const state = worst(shares);
	const done = over(shares);
	const parts = sharesOf(shares);
	return (
		<>
			<Name state={state}>
				<ChevronRight size={12} aria-hidden className={`-ml-0.5 shrink-0 text-quiet transition-transform duration-100 ${open ? "rotate-90" : ""}`} />
				<bdi className="truncate">{name}</bdi>
				<span className="shrink-0 text-quiet max-sm:text-small tabular-nums">
					{done < tasks.length ? `${count(done)}/` : "× "}
					{count(tasks.length)}
				</span>
				<span className="sr-only">{parts.map(([one, n]) => `, ${count(n)} ${faceOf(one).word}`).join("")}</span>
			</Name>
			<Lane state={state} from={from} to={to}>
				{from && (
					<Bar state={state} span={span} from={from} to={to}>
						{parts.map(([one, n]) => (
							<span key={one} className={`min-w-[3px] ${toneFill[faceOf(one).tone]}`} style={{ flexGrow: n }} />
						))}
					</Bar>
				)}
			</Lane>
		</>
	);
}

const isToday = (iso: string): boolean => new Date(iso).toDateString() === new Date().toDateString();

/** A task that did nothing says why; one that waits for a time, until when. */
function insteadOf(run: Run, { from, cached, state, until }: Task): string | undefined {
	// What this run did itself before it waited is no other's.
	if (from && from !== run.id) return cached ? "cached" : "remembered";
	return state === "waiting" && until
		? `to ${isToday(until) ? clock(until).slice(0, 5) : new Date(until).toLocaleDateString("en-GB", { day: "numeric", month: "short" })}`
		: undefined;
}

/** That a time or an answer was waited for stays to be seen; a child run did something. */
const waited = ({ state, till, child }: Extract<Row, { kind: "task" }>): AnyState => (state === "failed" || (child && till) ? state : "waiting");

// Rows are made anew with every event; most of them for tasks that did not change.
const same = (a: Props<"task">, b: Props<"task">) =>
	a.row.task === b.row.task &&
	a.row.earlier === b.row.earlier &&
	a.row.asked === b.row.asked &&
	a.row.since === b.row.since &&
	a.row.till === b.row.till &&
	a.row.state === b.row.state &&
	a.row.child === b.row.child &&
	a.row.mark === b.row.mark &&
	a.row.level === b.row.level &&
	a.span === b.span &&
	a.run.id === b.run.id;

export const TaskRow = memo(function TaskRow({ run, row, span }: Props<"task">) {
	const { task, earlier, level, asked, since, till, state, mark } = row;
	const content = useTask(run, task);
	const markedBy = useMarkedBy(task, content);
	const name = content.state === "open" ? openName(task, content.value) : taskName(task);
	const call = content.state === "open" && callOf(task, content.value.key);
	// The name is opened after the row is there: kept from the last time so that it does not flicker as the task moves on.
	const [known, setKnown] = useState(name);
	if (content.state === "open" && known !== name) setKnown(name);
	return (
		<>
			<Name state={state} inset={level === 2}>
				<bdi className="truncate">{content.state === "opening" ? known : name}</bdi>
				{call && <span className="shrink-0 text-quiet text-small tabular-nums">{call}</span>}
				{(task.attempt > 1 || earlier.length > 0) && (
					<span className="shrink-0 text-quiet text-small">
						{count(earlier.length + 1)}
						<span className="max-sm:sr-only"> times</span>
						<span className="sm:hidden" aria-hidden>
							×
						</span>
					</span>
				)}
				{mark && (
					<span
						className="shrink-0 text-small text-waiting"
						title={`Marked ${faceOf(mark.state).word} by ${mark.by}, for the run that goes on from this one`}
					>
						marked
					</span>
				)}
			</Name>
			<Lane
				state={state}
				from={since}
				to={till}
				instead={markedBy ? "marked" : insteadOf(run, task)}
				why={markedBy && `Marked by hand, by ${markedBy}`}
			>
				{earlier.map((one) => (
					<Bar key={`${one.execution}.${one.attempt}`} state={one.state} span={span} from={one.startedAt} to={one.finishedAt} faded />
				))}
				{asked && since && asked < since && <Wait span={span} from={asked} to={since} />}
				{since && <Bar state={task.startedAt ? state : waited(row)} span={span} from={since} to={till} />}
			</Lane>
		</>
	);
}, same);
