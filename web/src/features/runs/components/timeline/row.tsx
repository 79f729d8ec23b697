"use client";
import { ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useNow } from "../../../../browser/clock.ts";
import { count, duration } from "../../../../ui/format.ts";
import { type AnyState, faceOf, StateGlyph, toneFill } from "../../../../ui/state.tsx";
import { useTask } from "../place.ts";
import { type Execution, type Run, type Task, taskName } from "../view.ts";
import { place, reach, type Span, worst } from "./rows.ts";

const line =
	"grid h-full w-full grid-cols-[var(--names)_1fr] items-center rounded-none text-start [--names:112px] sm:[--names:220px] focus-visible:outline-offset-[-2px]";

/** The bar and, after the lane, how long it took. */
function Lane({ state, span, from, to, wait }: { state: AnyState; span: Span; from: string | null; to: string | null; wait?: string }) {
	const now = useNow(from !== null && to === null);
	const { tone, word } = faceOf(state);
	return (
		<span className="relative mr-20 h-full" title={word}>
			{wait && <span className={`absolute top-2 h-[9px] rounded-[2px] opacity-30 ${toneFill.queued}`} style={place(span, wait, from ?? to)} />}
			{from && (
				<span
					className={`absolute top-1.5 h-[14px] min-w-[2px] rounded-[3px] ${toneFill[tone]} ${to ? "" : "opacity-80"}`}
					style={place(span, from, to)}
				/>
			)}
			<span className="absolute top-0.5 left-full w-20 pl-2 text-quiet text-small tabular-nums leading-[22px]">
				{from && (to ? duration(Date.parse(to) - Date.parse(from)) : duration(now - Date.parse(from), true))}
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

export function ExecutionRow({ run, execution, several, span }: { run: Run; execution: Execution; several: boolean; span: Span }) {
	const state: AnyState = execution.outcome ?? (execution.startedAt ? (run.state === "cancelling" ? "cancelling" : "running") : "starting");
	return (
		<div className={`${line} bg-sunken`}>
			<Name state={state}>
				<span
					className="truncate text-quiet"
					title={`Execution ${execution.execution}, attempt ${execution.attempt}, on ${execution.agent.name}${execution.reason ? `: ${execution.reason}` : ""}`}
				>
					{several ? `attempt ${execution.attempt} on ` : "on "}
					<bdi>{execution.agent.name}</bdi>
				</span>
			</Name>
			<Lane state={state} span={span} wait={execution.claimedAt} from={execution.startedAt} to={execution.finishedAt} />
		</div>
	);
}

export function MapRow({ fn, tasks, open, span, turn }: { fn: string; tasks: Task[]; open: boolean; span: Span; turn(): void }) {
	const state = worst(tasks);
	const { from, to } = reach(tasks);
	const done = tasks.filter((task) => task.finishedAt).length;
	return (
		<button type="button" data-row aria-expanded={open} onClick={turn} className={`${line} hover:bg-selected`}>
			<Name state={state}>
				<ChevronRight size={12} aria-hidden className={`-ml-0.5 shrink-0 text-quiet transition-transform duration-100 ${open ? "rotate-90" : ""}`} />
				<bdi className="truncate" title={fn}>
					{fn}
				</bdi>
				<span className="shrink-0 text-quiet">
					{done < tasks.length ? `${count(done)}/` : "× "}
					{count(tasks.length)}
				</span>
			</Name>
			<Lane state={state} span={span} from={from} to={to} />
		</button>
	);
}

interface TaskProps {
	run: Run;
	task: Task;
	inMap: boolean;
	span: Span;
	chosen: boolean;
	choose(): void;
}

export function TaskRow({ run, task, inMap, span, chosen, choose }: TaskProps) {
	const content = useTask(run, task);
	const name = (content.state === "open" && content.value.name) || taskName(task);
	// The name is opened after the row is there: kept from the last time so that it does not flicker as the task moves on.
	const [known, setKnown] = useState(name);
	if (content.state === "open" && known !== name) setKnown(name);
	const shown = content.state === "opening" ? known : name;
	return (
		<button
			type="button"
			data-row
			aria-pressed={chosen}
			onClick={choose}
			title={`${shown}: show its lines`}
			className={`${line} hover:bg-selected aria-pressed:bg-selected`}
		>
			<Name state={task.state} inset={inMap}>
				<bdi className="truncate">{shown}</bdi>
				{task.attempt > 1 && <span className="shrink-0 text-quiet text-small">attempt {task.attempt}</span>}
			</Name>
			<Lane state={task.state} span={span} from={task.startedAt} to={task.finishedAt} />
		</button>
	);
}
