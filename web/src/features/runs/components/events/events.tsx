"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { useAddress } from "../../../../browser/address.ts";
import { useTyped } from "../../../../browser/typed.ts";
import { Button } from "../../../../ui/button.tsx";
import { clock, count, exact, plural } from "../../../../ui/format.ts";
import { reachable } from "../../../../ui/reachable.ts";
import { Search } from "../../../../ui/search.tsx";
import { StateGlyph } from "../../../../ui/state.tsx";
import { Executions } from "../executions.tsx";
import { HereLink } from "../here-link.tsx";
import { type RunView, taskName } from "../view.ts";
import { useEvents } from "./use-events.ts";
import { KINDS, type Kind, kindOf, type RunEvent, type Words, wordsOf } from "./words.ts";

/** Pixels of one event; two lines where it is narrow would be no easier to read than one that is cut. */
const LINE = 28;

interface Told extends Words {
	/** Its number in the run, from 1. */
	n: number;
	event: RunEvent;
	agent: string | undefined;
}

/** Everything that happened to the run, numbered; every other view of it is made from this. */
export function Events({ view, steady }: { view: RunView; steady: boolean }) {
	const { events, complete, trouble, again } = useEvents(view.run.id, view.seq);
	const [search, change] = useAddress();
	const [typed, type] = useTyped("q");
	const show = KINDS.find((kind) => kind === search.get("show"));
	const all = useTold(view, events);
	const words = typed.trim().toLowerCase();
	const shown = useMemo(
		() =>
			all.filter(
				({ event, text, agent }) =>
					(!show || kindOf(event) === show) && (!words || text.toLowerCase().includes(words) || agent?.toLowerCase().includes(words)),
			),
		[all, show, words],
	);
	return (
		<div className="flex min-w-0 flex-col gap-6">
			<section aria-label="Events" className="min-w-0">
				<div className="mb-2 flex flex-wrap items-center gap-2">
					<Search label="Find an event" value={typed} onChange={type} />
					<Kinds show={show} choose={(kind) => change({ show: kind ?? null }, "replace")} />
					<span className="text-quiet text-small tabular-nums max-sm:basis-full">
						{shown.length === all.length ? plural(all.length, "event") : `${count(shown.length)} of ${plural(all.length, "event")}`}
						{!complete && !trouble && ", reading…"}
					</span>
				</div>
				{trouble && (
					<p role="alert" className="mb-2 flex items-center gap-3 text-failed">
						The events could not be read to their end: {trouble}
						<Button onClick={again}>Try again</Button>
					</p>
				)}
				<List shown={shown} search={search} steady={steady} />
			</section>
			{/* Below a list that is as long as what it holds: it does not show where it would not stay. */}
			<section aria-label="Executions" className={`min-w-0 ${events.length > 0 || complete || trouble || steady ? "" : "invisible"}`}>
				<h2 className="mb-1 font-medium">Executions</h2>
				<Executions view={view} />
			</section>
		</div>
	);
}

function useTold(view: RunView, events: RunEvent[]): Told[] {
	const { executions } = view;
	return useMemo(() => {
		const agents = new Map(executions.map(({ execution, agent }) => [execution, agent.name]));
		const names = new Map<string, string>();
		return events.map((event, i) => {
			const told = wordsOf(event, (task) => names.get(task));
			if (event.type === "task" && told.task) names.set(told.task, taskName(event.data as unknown as Parameters<typeof taskName>[0]));
			return { ...told, n: i + 1, event, agent: event.execution === null ? undefined : agents.get(event.execution) };
		});
	}, [events, executions]);
}

const NAMES: Record<Kind, string> = { run: "Run", tasks: "Tasks", artifacts: "Artifacts" };

function Kinds({ show, choose }: { show: Kind | undefined; choose(kind: Kind | undefined): void }) {
	return (
		<fieldset className="flex min-w-0">
			<legend className="sr-only">Events to show</legend>
			{[undefined, ...KINDS].map((kind) => (
				<Button
					key={kind ?? "all"}
					aria-pressed={kind === show}
					onClick={() => choose(kind)}
					className="rounded-none border-l-0 first-of-type:rounded-l-md first-of-type:border-l last-of-type:rounded-r-md aria-pressed:bg-selected aria-pressed:text-accent"
				>
					{kind ? NAMES[kind] : "All"}
				</Button>
			))}
		</fieldset>
	);
}

function List({ shown, search, steady }: { shown: Told[]; search: URLSearchParams; steady: boolean }) {
	const scroller = useRef<HTMLDivElement>(null);
	const virtual = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => LINE, overscan: 10 });
	return (
		<div
			ref={scroller}
			{...reachable("Events of this run")}
			className="overflow-y-auto border-line border-y"
			style={steady ? { height: "50dvh" } : { maxHeight: "50dvh" }}
		>
			{shown.length === 0 && <p className="py-6 text-center text-quiet">No event matches.</p>}
			<ol className="relative" style={{ height: virtual.getTotalSize() }}>
				{virtual.getVirtualItems().map(({ index, start }) => {
					const told = shown[index];
					if (!told) return null;
					return (
						<li
							key={told.n}
							value={told.n}
							className="absolute inset-x-0 top-0 grid grid-cols-[84px_minmax(0,1fr)] items-center gap-x-2 px-1 hover:bg-selected sm:grid-cols-[52px_84px_minmax(0,1fr)_auto] sm:gap-x-3"
							style={{ height: LINE, transform: `translateY(${start}px)` }}
						>
							<Line told={told} search={search} />
						</li>
					);
				})}
			</ol>
		</div>
	);
}

function Line({ told: { n, event, state, text, task, agent }, search }: { told: Told; search: URLSearchParams }) {
	return (
		<>
			<span className="text-end text-quiet text-small tabular-nums max-sm:hidden" title={`Position ${event.seq} of what was appended to this run`}>
				{count(n)}
			</span>
			<time dateTime={event.at} title={exact(event.at)} className="text-quiet text-small tabular-nums">
				{clock(event.at)}
			</time>
			<span className="flex min-w-0 items-center gap-1.5" title={text}>
				<span className="flex w-3.5 shrink-0">{state && <StateGlyph state={state} size={12} />}</span>
				{task ? (
					<HereLink search={search} changes={{ task }} className="min-w-0 truncate hover:text-accent">
						<bdi>{text}</bdi>
					</HereLink>
				) : (
					<bdi className="min-w-0 truncate">{text}</bdi>
				)}
			</span>
			<span className="max-w-48 truncate text-quiet text-small max-sm:hidden" title={agent}>
				<bdi>{agent}</bdi>
			</span>
		</>
	);
}
