"use client";
import type { Outputs } from "../../../browser/api.ts";
import { Link } from "../../../ui/link.tsx";
import { StateWord } from "../../../ui/state.tsx";
import { rowLink } from "../../../ui/table.ts";
import { Ago } from "../../../ui/time.tsx";
import { RunButton } from "./run-button.tsx";
import { Strip } from "./strip.tsx";

export type FlowSummary = Outputs["flows"]["list"]["flows"][number];

/** One flow: a line on wide screens, two on narrow ones. */
export function FlowRow({ flow }: { flow: FlowSummary }) {
	const last = flow.recent[0];
	return (
		<li className="relative grid grid-cols-[minmax(0,1fr)_auto_auto_auto] items-center gap-x-4 gap-y-1 border-line border-b px-2 py-2 hover:bg-selected lg:grid-cols-[minmax(0,1fr)_48px_480px_210px_64px]">
			<Link data-row href={`/flows/${encodeURIComponent(flow.name)}`} title={flow.name} className={`truncate font-medium ${rowLink}`}>
				<bdi>{flow.name}</bdi>
			</Link>
			<span className="text-quiet">{flow.live ? `v${flow.live.number}` : "—"}</span>
			<span className="flex items-center justify-end gap-1.5 text-quiet lg:order-2">
				{last ? (
					<>
						<StateWord state={last.state} />
						<Ago at={last.finishedAt ?? last.startedAt ?? last.queuedAt} />
					</>
				) : (
					"never run"
				)}
			</span>
			<div className="max-lg:order-last max-lg:col-span-4 lg:order-1 max-lg:empty:hidden">
				<Strip flow={flow.name} runs={flow.recent} />
			</div>
			<span className="flex justify-end lg:order-3">{flow.live && <RunButton flow={flow.name} />}</span>
		</li>
	);
}
