"use client";
import { useTheme } from "next-themes";
import { useEffect, useRef, useState } from "react";
import "../../../../browser/language.ts";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { count } from "../../../../ui/format.ts";
import { figure, type Points, summary } from "./series.ts";

const HEIGHT = 200;
/** Steps are whole: no line of the grid between them. */
const STEPS = [1, 2, 5].flatMap((n) => Array.from({ length: 12 }, (_, power) => n * 10 ** power)).sort((a, b) => a - b);

/** One series as a line, as wide as its place. What stands under the pointer is told above it. */
export function Chart({ name, points }: { name: string; points: Points }) {
	const holder = useRef<HTMLDivElement>(null);
	const [at, setAt] = useState<number | null>();
	const { resolvedTheme } = useTheme();
	// biome-ignore lint/correctness/useExhaustiveDependencies: a canvas does not follow the theme by itself
	useEffect(() => {
		const place = holder.current;
		if (!place) return;
		const plot = draw(place, points, setAt);
		const sized = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT }));
		sized.observe(place);
		return () => {
			sized.disconnect();
			plot.destroy();
		};
	}, [points, resolvedTheme]);
	const under = typeof at === "number" ? points[at] : undefined;
	const told = summary(points);
	return (
		<figure className="min-w-0">
			<figcaption className="flex min-w-0 gap-2 pb-1">
				<bdi className="truncate font-medium" title={name}>
					{name}
				</bdi>
				<span className="shrink-0 text-quiet tabular-nums">{under ? `${figure(under[1])} at step ${count(under[0])}` : told}</span>
			</figcaption>
			<div ref={holder} role="img" aria-label={`${name} over ${count(points.length)} steps: ${told}`} className="chart" />
		</figure>
	);
}

function draw(place: HTMLElement, points: Points, pointed: (at: number | null | undefined) => void): UPlot {
	const style = getComputedStyle(document.documentElement);
	const colour = (token: string) => style.getPropertyValue(token);
	const axis: UPlot.Axis = {
		stroke: colour("--quiet"),
		grid: { stroke: colour("--line"), width: 1 },
		ticks: { show: false },
		font: `12px ${style.getPropertyValue("--font-sans")}`,
		values: (_, splits) => splits.map((split) => (split === null ? "" : figure(split))),
	};
	// As wide as its widest figure: 0.98 wants less room than 1 000 000.
	const widest = (figures: string[] | null) => 16 + 7 * Math.max(2, ...(figures ?? []).map(({ length }) => length));
	return new UPlot(
		{
			width: place.clientWidth,
			height: HEIGHT,
			padding: [8, 12, 0, 0],
			cursor: { y: false, points: { size: 7 } },
			legend: { show: false },
			scales: { x: { time: false } },
			axes: [
				{ ...axis, size: 28, incrs: STEPS },
				{ ...axis, size: (_, figures) => widest(figures) },
			],
			series: [{}, { stroke: colour("--accent"), width: 2, points: { fill: colour("--ground"), size: 6 } }],
			hooks: { setCursor: [({ cursor }) => pointed(cursor.idx)] },
		},
		[points.map(([step]) => step), points.map(([, value]) => value)],
		place,
	);
}
