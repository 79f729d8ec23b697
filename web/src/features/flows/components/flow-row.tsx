"use client";
import { useEffect, useRef, useState } from "react";
import { duration } from "../../../ui/format.ts";
import { Link } from "../../../ui/link.tsx";
import { StateWord } from "../../../ui/state.tsx";
import { rowLink } from "../../../ui/table.tsx";
import { Ago } from "../../../ui/time.tsx";
import { type FlowSummary, successOf } from "./flow-order.ts";
import { RunButton } from "./run-button.tsx";
import { Strip } from "./strip.tsx";
import { TagLink } from "./tags.tsx";

/** The columns on wide screens: name, version, strip, success, median, last run, run. The strip is as long as leaves the name its room. */
export const columns =
	"lg:grid lg:grid-cols-[minmax(0,1fr)_48px_288px_56px_72px_176px_64px] xl:grid-cols-[minmax(0,1fr)_48px_288px_64px_72px_184px_64px] min-[1600px]:grid-cols-[minmax(0,1fr)_48px_480px_64px_72px_184px_64px] lg:gap-x-4";

/** Rows whose strips are drawn at once; those further down follow when they are scrolled near. */
const AT_ONCE = 25;

/** One flow: a line on wide screens, three short ones on narrow ones: its name, how it went, its last runs. */
export function FlowRow({ flow, at, measure }: { flow: FlowSummary; at: number; measure(id: string): void }) {
	const last = flow.recent[0];
	const row = useRef<HTMLLIElement>(null);
	const near = useNear(row, at < AT_ONCE);
	useEffect(() => {
		if (near && !flow.measured) measure(flow.id);
	}, [near, flow.measured, flow.id, measure]);
	return (
		<li ref={row} className={`relative flex flex-wrap items-center gap-x-3 gap-y-1 border-line border-b px-2 py-2 hover:bg-selected ${columns}`}>
			<div className="flex w-full min-w-0 flex-wrap items-center gap-x-2 gap-y-1 max-lg:-order-2 max-lg:w-[calc(100%-76px)]">
				<Link data-row href={`/flows/${encodeURIComponent(flow.name)}`} title={flow.name} className={`max-w-full truncate font-medium ${rowLink}`}>
					<bdi>{flow.name}</bdi>
				</Link>
				{flow.live && <span className="text-quiet sm:hidden">v{flow.live.number}</span>}
				{flow.tags.map((tag) => (
					<TagLink key={tag} tag={tag} className="relative z-10 max-w-32!" />
				))}
			</div>
			<span aria-hidden className="-mt-1 hidden w-full max-lg:block" />
			<span className="text-quiet max-sm:hidden">{flow.live ? `v${flow.live.number}` : "—"}</span>
			<div className="h-6 max-lg:order-last max-lg:w-full max-lg:empty:hidden">
				{near && flow.measured && <Strip flow={flow.name} runs={flow.recent} />}
			</div>
			<Success flow={flow} />
			<span className="text-end tabular-nums max-lg:order-3 max-lg:text-quiet">
				{flow.median === null ? <span className="text-quiet max-lg:hidden">{flow.measured && "—"}</span> : <Median ms={flow.median} />}
			</span>
			<span className="flex items-center gap-1.5 text-quiet max-lg:order-0 lg:justify-end">
				{last ? (
					<>
						<StateWord state={last.state} />
						<Ago at={last.finishedAt ?? last.startedAt ?? last.queuedAt} />
					</>
				) : (
					"never run"
				)}
			</span>
			<span className="relative z-10 flex justify-end max-lg:-order-1 max-lg:ml-auto max-lg:self-start">
				{flow.live && <RunButton flow={flow.name} />}
			</span>
		</li>
	);
}

function Success({ flow }: { flow: FlowSummary }) {
	const share = successOf(flow);
	const ended = flow.succeeded + flow.failed;
	// On its way: its place is kept.
	if (!flow.measured) return <span className="max-lg:order-2 max-sm:ml-auto">{"\u00a0"}</span>;
	if (share === null) return <span className="text-end text-quiet max-lg:hidden">—</span>;
	return (
		<span
			title={`${flow.succeeded} succeeded of ${ended} that ended by themselves among the last 100 runs`}
			className={`text-end tabular-nums max-lg:order-2 max-sm:ml-auto ${share < 1 ? "" : "text-quiet"}`}
		>
			{/* Only all is 100 %, and only none is 0 %. */}
			{share === 1 ? 100 : share === 0 ? 0 : Math.min(99, Math.max(1, Math.round(share * 100)))}
			{"\u202f"}%<span className="max-sm:sr-only lg:sr-only"> succeeded</span>
		</span>
	);
}

function Median({ ms }: { ms: number }) {
	return (
		<span title="Median of the successful ones among the last 100 runs">
			<span className="max-sm:sr-only lg:sr-only">median </span>
			{duration(ms)}
		</span>
	);
}

/** Whether the element is or was within a screen's reach. */
function useNear(place: { current: Element | null }, already: boolean): boolean {
	const [near, setNear] = useState(already);
	useEffect(() => {
		if (near || !place.current) return;
		const seen = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && setNear(true), {
			rootMargin: "600px",
		});
		seen.observe(place.current);
		return () => seen.disconnect();
	}, [near, place]);
	return near;
}
