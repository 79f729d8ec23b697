"use client";
import { useRouter } from "next/navigation";
import { useTheme } from "next-themes";
import { type ReactNode, useEffect, useRef, useState } from "react";
import "../../../../browser/language.ts";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";

const HEIGHT = 180;
/** Runs are whole: no line of the grid between them. */
const STEPS = [1, 2, 5, 10, 20, 50, 100];

/** Runs of less than this are told apart by the time of day. Milliseconds. */
const TWO_DAYS = 48 * 3_600_000;

export type Values = (number | null)[];

export interface PlotRun {
	id: string;
	queuedAt: string;
}

/** What one chart shows over runs, oldest first: `series[0]` is a line, unless `paint` draws by itself. */
export interface Drawing {
	series: Values[];
	figure(value: number): string;
	/** Draws over the axes what no line can. @param colour of a token */
	paint?(plot: UPlot, colour: (token: string) => string): void;
}

interface Props {
	name: ReactNode;
	/** In words, for those who do not see it and while nothing is pointed at. */
	told: string;
	label: string;
	runs: PlotRun[];
	drawing: Drawing;
	/** What is told of the run under the pointer. */
	readout(at: number): ReactNode;
}

/** Values of runs side by side, as wide as its place. What stands under the pointer is told above it; a click opens that run. */
export function RunsPlot({ name, told, label, runs, drawing, readout }: Props) {
	const holder = useRef<HTMLDivElement>(null);
	const [at, setAt] = useState<number | null>();
	const { resolvedTheme } = useTheme();
	const router = useRouter();
	// biome-ignore lint/correctness/useExhaustiveDependencies: a canvas does not follow the theme by itself
	useEffect(() => {
		const place = holder.current;
		if (!place) return;
		const plot = draw(place, runs, drawing, setAt);
		const sized = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT }));
		sized.observe(place);
		const open = () => {
			const run = typeof plot.cursor.idx === "number" ? runs[plot.cursor.idx] : undefined;
			if (run) router.push(`/runs/${run.id}`);
		};
		plot.over.addEventListener("click", open);
		return () => {
			sized.disconnect();
			plot.destroy();
		};
	}, [runs, drawing, resolvedTheme, router]);
	const under = typeof at === "number" && at < runs.length ? at : undefined;
	return (
		<figure className="min-w-0">
			<figcaption className="flex h-6 min-w-0 items-center gap-3 overflow-hidden whitespace-nowrap max-sm:h-11 max-sm:flex-col max-sm:items-start max-sm:gap-0">
				<span className="max-w-1/2 shrink-0 truncate font-medium max-sm:max-w-full">{name}</span>
				<span className="flex min-w-0 items-center gap-3 text-quiet tabular-nums max-sm:max-w-full max-sm:gap-2">
					{under === undefined ? <span className="truncate">{told}</span> : readout(under)}
				</span>
			</figcaption>
			<div ref={holder} role="img" aria-label={`${label}: ${told}`} className="chart cursor-pointer" style={{ height: HEIGHT }} />
		</figure>
	);
}

/** One that says the same as the one before it says nothing. */
const once = (labels: string[]): string[] => labels.map((label, at) => (label === labels[at - 1] ? "" : label));

function draw(place: HTMLElement, runs: PlotRun[], { series, figure, paint }: Drawing, pointed: (at: number | null | undefined) => void): UPlot {
	const style = getComputedStyle(document.documentElement);
	const colour = (token: string) => style.getPropertyValue(token);
	const axis: UPlot.Axis = {
		stroke: colour("--quiet"),
		grid: { stroke: colour("--line"), width: 1 },
		ticks: { show: false },
		font: `12px ${style.getPropertyValue("--font-sans")}`,
	};
	const widest = (figures: string[] | null) => 16 + 7 * Math.max(2, ...(figures ?? []).map(({ length }) => length));
	const [oldest, newest] = [runs[0]?.queuedAt ?? 0, runs.at(-1)?.queuedAt ?? 0].map((at) => new Date(at).getTime());
	const short = (newest ?? 0) - (oldest ?? 0) < TWO_DAYS;
	const when = new Intl.DateTimeFormat("en-GB", short ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" });
	const first = {
		stroke: paint ? "transparent" : colour("--accent"),
		width: 2,
		spanGaps: true,
		points: { show: !paint, fill: colour("--ground"), size: 6 },
	};
	const others = series.slice(1).map(() => ({ stroke: "transparent", points: { show: false } }));
	return new UPlot(
		{
			width: place.clientWidth,
			height: HEIGHT,
			padding: [8, 12, 0, 0],
			cursor: { y: false, drag: { x: false, y: false }, points: { show: !paint, size: 7 } },
			legend: { show: false },
			scales: {
				x: { time: false, range: [-0.6, Math.max(runs.length, 1) - 0.4] },
				...(paint && { y: { range: (_, _least, most) => [0, most * 1.12 || 1] } }),
			},
			axes: [
				{
					...axis,
					grid: { show: false },
					size: 28,
					incrs: STEPS,
					space: 80,
					values: (_, splits) => once(splits.map((at) => (runs[at] ? when.format(new Date(runs[at].queuedAt)) : ""))),
				},
				{ ...axis, space: 36, values: (_, splits) => splits.map(figure), size: (_, figures) => widest(figures) },
			],
			series: [{}, first, ...others],
			hooks: { setCursor: [({ cursor }) => pointed(cursor.idx)], ...(paint && { draw: [(plot) => paint(plot, colour)] }) },
		},
		[runs.map((_, at) => at), ...series] as UPlot.AlignedData,
		place,
	);
}
