"use client";
import { exact } from "../../../ui/format.ts";
import { type AnyState, StateWord } from "../../../ui/state.tsx";
import { Ago, Took } from "../../../ui/time.tsx";

export interface CardRun {
	number: number;
	state: AnyState;
	queuedAt: string;
	startedAt: string | null;
	finishedAt: string | null;
}

/** A run as its card tells it: state, how long, which version, when. */
export function RunCard({ run }: { run: CardRun }) {
	return (
		<>
			<p className="flex items-center gap-3">
				<StateWord state={run.state} />
				<Took from={run.startedAt} to={run.finishedAt} />
				<span className="ml-auto text-quiet">v{run.number}</span>
			</p>
			<p className="flex gap-3 text-quiet text-small">
				<Ago at={run.queuedAt} /> <span className="whitespace-nowrap">{exact(run.queuedAt)}</span>
			</p>
		</>
	);
}
