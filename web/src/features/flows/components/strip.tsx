"use client";
import Link from "next/link";
import { useNow } from "../../../browser/clock.ts";
import { duration } from "../../../ui/format.ts";
import { type AnyState, faceOf, StateGlyph, toneFill } from "../../../ui/state.tsx";

export interface StripRun {
	id: string;
	number: number;
	state: AnyState;
	queuedAt: string;
	startedAt: string | null;
	finishedAt: string | null;
}

const PLACES = 20;
/** Pixels of the tallest bar, and of the smallest that can still be hit and seen. */
const TALL = 22;
const LOW = 6;

/** The last runs, oldest first, each a link: height is duration, colour and shape are state. */
export function Strip({ flow, runs }: { flow: string; runs: StripRun[] }) {
	const now = useNow(runs.some((run) => run.startedAt && !run.finishedAt));
	const took = (run: StripRun) => (run.startedAt ? (run.finishedAt ? Date.parse(run.finishedAt) : now) - Date.parse(run.startedAt) : 0);
	const longest = Math.max(1, ...runs.map(took));
	const shown = runs.slice(0, PLACES).toReversed();
	return (
		<ol aria-label={`Last runs of ${flow}`} className="relative z-10 flex h-6 w-[200px] items-end sm:justify-end">
			{shown.map((run) => (
				<li key={run.id} className="flex h-6 w-[10px] items-end">
					<Bar run={run} height={LOW + Math.round((TALL - LOW) * Math.sqrt(took(run) / longest))} took={took(run)} />
				</li>
			))}
		</ol>
	);
}

function Bar({ run, height, took }: { run: StripRun; height: number; took: number }) {
	const { word, tone } = faceOf(run.state);
	const label = `${word}, v${run.number}${run.startedAt ? `, ${duration(took, !run.finishedAt)}` : ""}`;
	return (
		<Link
			prefetch={false}
			href={`/runs/${run.id}`}
			aria-label={`Run ${label}`}
			title={label}
			className="group flex h-6 w-[10px] flex-col items-center justify-end"
		>
			{run.state !== "succeeded" && run.state !== "running" && <StateGlyph state={run.state} size={8} />}
			<span
				className={`w-[7px] rounded-[2px] group-hover:brightness-125 ${toneFill[tone]} ${run.state === "running" ? "pulse" : ""}`}
				style={{ height: run.state === "succeeded" || run.state === "running" ? height : Math.min(height, TALL - 8) }}
			/>
		</Link>
	);
}
