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

/** Shown on wide screens, and on others: each is a target of 24 pixels. */
const PLACES = 20;
const PLACES_NARROW = 12;
/** Pixels of the tallest bar, and of the smallest that can still be hit and seen. */
const TALL = 22;
const LOW = 6;

/** The last runs, oldest first, each a link: height is duration, colour and shape are state. */
export function Strip({ flow, runs }: { flow: string; runs: StripRun[] }) {
	const now = useNow(runs.some((run) => run.startedAt && !run.finishedAt));
	const took = (run: StripRun) => (run.startedAt ? (run.finishedAt ? Date.parse(run.finishedAt) : now) - Date.parse(run.startedAt) : 0);
	const longest = Math.max(1, ...runs.map(took));
	const shown = runs.slice(0, PLACES).toReversed();
	if (shown.length === 0) return null;
	return (
		<ol aria-label={`Last runs of ${flow}`} className="relative z-10 flex h-6 items-end lg:justify-end">
			{shown.map((run, at) => (
				<li key={run.id} className={shown.length - at > PLACES_NARROW ? "max-lg:hidden" : ""}>
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
			className="group flex h-6 w-6 flex-col items-center justify-end"
		>
			{run.state !== "succeeded" && run.state !== "running" && <StateGlyph state={run.state} size={9} />}
			<span
				className={`w-[14px] rounded-[2px] group-hover:brightness-125 ${toneFill[tone]} ${run.state === "running" ? "pulse" : ""}`}
				style={{ height: run.state === "succeeded" || run.state === "running" ? height : Math.min(height, TALL - 9) }}
			/>
		</Link>
	);
}
