"use client";
import { type KeyboardEvent, useState } from "react";
import { useNow } from "../../../browser/clock.ts";
import { duration, exact } from "../../../ui/format.ts";
import { HoverCard, useHoverCard } from "../../../ui/hover-card.tsx";
import { Link } from "../../../ui/link.tsx";
import { type AnyState, faceOf, StateGlyph, toneFill } from "../../../ui/state.tsx";
import { RunCard } from "./run-card.tsx";

export interface StripRun {
	id: string;
	number: number;
	state: AnyState;
	queuedAt: string;
	startedAt: string | null;
	finishedAt: string | null;
}

/** Shown on the widest screens, and on others: each is a target of 24 pixels. */
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
	const [stop, setStop] = useState<string>();
	// The whole strip is one stop of the tab key, at its newest run or where the arrows were last.
	const reached = shown.some((run) => run.id === stop) ? stop : shown.at(-1)?.id;
	const card = useHoverCard();
	if (shown.length === 0) return null;
	return (
		<ol aria-label={`Last runs of ${flow}`} onKeyDown={step} {...card.handlers} className="relative z-10 flex h-6 items-end lg:justify-end">
			{shown.map((run, at) => (
				<li key={run.id} className={shown.length - at > PLACES_NARROW ? "max-[1599px]:hidden" : ""}>
					<Bar
						run={run}
						stop={run.id === reached}
						focused={() => setStop(run.id)}
						height={LOW + Math.round((TALL - LOW) * Math.sqrt(took(run) / longest))}
						took={took(run)}
					/>
				</li>
			))}
			<HoverCard card={card}>
				{(at) => {
					const run = shown.find(({ id }) => id === at);
					return run && <RunCard run={run} />;
				}}
			</HoverCard>
		</ol>
	);
}

/** Arrows go from run to run. */
function step(event: KeyboardEvent<HTMLOListElement>) {
	const links = [...event.currentTarget.querySelectorAll("a")].filter((link) => link.offsetParent !== null);
	const at = links.indexOf(event.target as HTMLAnchorElement);
	const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: links.length - 1 }[event.key];
	if (to === undefined || !links[to]) return;
	event.preventDefault();
	links[to].focus();
}

interface BarProps {
	run: StripRun;
	height: number;
	took: number;
	stop: boolean;
	focused(): void;
}

function Bar({ run, height, took, stop, focused }: BarProps) {
	const { word, tone } = faceOf(run.state);
	const label = `${word}, v${run.number}${run.startedAt ? `, ${duration(took, !run.finishedAt)}` : ""}, ${exact(run.queuedAt)}`;
	return (
		<Link
			tabIndex={stop ? 0 : -1}
			onFocus={focused}
			href={`/runs/${run.id}`}
			aria-label={`Run ${label}`}
			data-card={run.id}
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
