"use client";
import { useTheme } from "next-themes";
import { useEffect, useMemo, useRef } from "react";
import { type Bytes, text } from "tidegate/protocol/bytes.ts";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { count } from "../../../../ui/format.ts";
import { Refused } from "../../../../ui/lock.tsx";

interface Told {
	metrics: Record<string, number | null>;
	step: number | null;
	series?: Record<string, [number, number][]>;
}

function parse(bytes: Bytes): Told | undefined {
	try {
		const told = JSON.parse(text(bytes)) as Told;
		return told.metrics && typeof told.metrics === "object" ? told : undefined;
	} catch {
		return undefined;
	}
}

const figure = (value: number | null): string =>
	value === null ? "—" : Number.isInteger(value) ? count(value) : String(Number(value.toPrecision(5)));

export default function Metrics({ bytes }: { bytes: Bytes }) {
	const told = useMemo(() => parse(bytes), [bytes]);
	if (!told) return <Refused why="these are no metrics" />;
	const series = Object.entries(told.series ?? {}).filter(([, points]) => points.length > 1);
	return (
		<div className="flex flex-col gap-4">
			<dl className="flex flex-wrap gap-x-8 gap-y-3">
				{Object.entries(told.metrics).map(([name, value]) => (
					<div key={name} className="min-w-24">
						<dt className="max-w-48 truncate text-quiet" title={name}>
							<bdi>{name}</bdi>
						</dt>
						<dd className="text-title">{figure(value)}</dd>
					</div>
				))}
			</dl>
			{told.step !== null && told.step !== undefined && <p className="text-quiet">at step {count(told.step)}</p>}
			<div className="grid grid-cols-[repeat(auto-fill,minmax(min(300px,100%),1fr))] gap-6">
				{series.map(([name, points]) => (
					<Chart key={name} name={name} points={points} />
				))}
			</div>
		</div>
	);
}

function Chart({ name, points }: { name: string; points: [number, number][] }) {
	const holder = useRef<HTMLDivElement>(null);
	const { resolvedTheme } = useTheme();
	// biome-ignore lint/correctness/useExhaustiveDependencies: a canvas does not follow the theme by itself
	useEffect(() => {
		const at = holder.current;
		if (!at) return;
		const colour = (token: string) => getComputedStyle(document.documentElement).getPropertyValue(token);
		const axis = {
			stroke: colour("--quiet"),
			grid: { stroke: colour("--line"), width: 1 },
			ticks: { show: false },
			font: "12px 'Inter Variable', sans-serif",
		};
		const plot = new UPlot(
			{
				width: at.clientWidth,
				height: 170,
				cursor: { y: false, points: { size: 6 } },
				legend: { live: true },
				scales: { x: { time: false } },
				axes: [axis, { ...axis, size: 56 }],
				series: [{ label: "step" }, { label: name, stroke: colour("--accent"), width: 2 }],
			},
			[points.map(([step]) => step), points.map(([, value]) => value)],
			at,
		);
		const sized = new ResizeObserver(() => plot.setSize({ width: at.clientWidth, height: 170 }));
		sized.observe(at);
		return () => {
			sized.disconnect();
			plot.destroy();
		};
	}, [points, name, resolvedTheme]);
	const last = points.at(-1);
	return (
		<figure className="min-w-0">
			<figcaption className="truncate">
				<bdi>{name}</bdi> <span className="text-quiet">{last && `${figure(last[1])} at step ${count(last[0])}`}</span>
			</figcaption>
			<div ref={holder} role="img" aria-label={`${name} over ${count(points.length)} steps, last ${last ? figure(last[1]) : "—"}`} />
		</figure>
	);
}
