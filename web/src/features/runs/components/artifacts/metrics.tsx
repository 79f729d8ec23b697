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
	series?: Record<string, [number, number | null][]>;
}

type Points = [number, number | null][];

function parse(bytes: Bytes): Told | undefined {
	try {
		const told = JSON.parse(text(bytes)) as Told;
		return told.metrics && typeof told.metrics === "object" ? told : undefined;
	} catch {
		return undefined;
	}
}

/** The newest values, and every point of each name by step: those told one by one, and those told as a series. */
function merge(told: Told[]): { latest: Told["metrics"]; series: [string, Points][] } {
	const latest: Told["metrics"] = {};
	const points = new Map<string, Map<number, number | null>>();
	const add = (name: string, step: number, value: number | null) => points.set(name, (points.get(name) ?? new Map()).set(step, value));
	for (const one of told) {
		Object.assign(latest, one.metrics);
		for (const [name, series] of Object.entries(one.series ?? {})) for (const [step, value] of series) add(name, step, value);
		if (typeof one.step === "number") for (const [name, value] of Object.entries(one.metrics)) if (!one.series?.[name]) add(name, one.step, value);
	}
	const series = [...points].map(([name, by]): [string, Points] => [name, [...by].sort(([a], [b]) => a - b)]);
	return { latest, series: series.filter(([, one]) => one.length > 1) };
}

const figure = (value: number | null): string =>
	value === null ? "—" : Number.isInteger(value) ? count(value) : String(Number(value.toPrecision(5)));

export default function Metrics({ bodies }: { bodies: Bytes[] }) {
	const told = useMemo(() => bodies.map(parse), [bodies]);
	const known = useMemo(() => told.filter((one) => one !== undefined), [told]);
	const { latest, series } = useMemo(() => merge(known), [known]);
	if (known.length === 0) return <Refused why="these are no metrics" />;
	return (
		<div className="flex flex-col gap-4">
			<dl className="flex flex-wrap gap-x-8 gap-y-3">
				{Object.entries(latest).map(([name, value]) => (
					<div key={name} className="min-w-24">
						<dt className="max-w-48 truncate text-quiet" title={name}>
							<bdi>{name}</bdi>
						</dt>
						<dd className="text-title tabular-nums">{figure(value)}</dd>
					</div>
				))}
			</dl>
			{series.length > 0 && (
				<div className="grid grid-cols-[repeat(auto-fill,minmax(min(300px,100%),1fr))] gap-6">
					{series.map(([name, points]) => (
						<Chart key={name} name={name} points={points} />
					))}
				</div>
			)}
		</div>
	);
}

function Chart({ name, points }: { name: string; points: Points }) {
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
