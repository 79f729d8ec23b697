"use client";
import { Maximize2, ZoomIn, ZoomOut } from "lucide-react";
import { useTheme } from "next-themes";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import "../../../../browser/language.ts";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { IconButton } from "../../../../ui/button.tsx";
import { count } from "../../../../ui/format.ts";
import { aligned, figure, type Points, summary } from "./series.ts";
import { moved, narrowed, type Range } from "./zoom.ts";

const HEIGHT = 200;
/** Steps are whole: no line of the grid between them. */
const STEPS = [1, 2, 5].flatMap((n) => Array.from({ length: 12 }, (_, power) => n * 10 ** power)).sort((a, b) => a - b);

export interface Drawn {
	name: string;
	points: Points;
	/** A colour's token, and how its line is dashed. */
	ink: string;
	dash: number[];
}

interface Props {
	name: string;
	/** One, or several over the same steps. */
	series: Drawn[];
	log: boolean;
}

/** Series as lines, as wide as their place. What stands under the pointer is told above. Drag to zoom in, click twice to see all again; or by keys and buttons. */
export function Chart({ name, series, log }: Props) {
	const holder = useRef<HTMLDivElement>(null);
	const plot = useRef<UPlot>(null);
	const [at, setAt] = useState<number | null>();
	const [part, setPart] = useState<Range>();
	const { resolvedTheme } = useTheme();
	// biome-ignore lint/correctness/useExhaustiveDependencies: a canvas does not follow the theme by itself
	useEffect(() => {
		const place = holder.current;
		if (!place) return;
		const made = draw(place, series, log, setAt, setPart);
		plot.current = made;
		const sized = new ResizeObserver(() => made.setSize({ width: place.clientWidth, height: HEIGHT }));
		sized.observe(place);
		return () => {
			sized.disconnect();
			made.destroy();
			plot.current = null;
		};
	}, [series, log, resolvedTheme]);

	const see = useCallback((change: (seen: Range, full: Range) => Range) => {
		const { data, scales } = plot.current ?? {};
		const [steps] = data ?? [];
		const full = { min: steps?.[0] ?? 0, max: steps?.at(-1) ?? 0 };
		const seen = { min: scales?.x?.min ?? full.min, max: scales?.x?.max ?? full.max };
		plot.current?.setScale("x", change(seen, full));
	}, []);
	const keyed = (event: KeyboardEvent) => {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		if (event.key === "+" || event.key === "=") see((seen, full) => narrowed(seen, full, 0.5));
		else if (event.key === "-") see((seen, full) => narrowed(seen, full, 2));
		else if (event.key === "0") see((_, full) => full);
		else if (event.key === "ArrowLeft") see((seen, full) => moved(seen, full, -0.25));
		else if (event.key === "ArrowRight") see((seen, full) => moved(seen, full, 0.25));
		else return;
		event.preventDefault();
	};

	const step = typeof at === "number" ? plot.current?.data[0][at] : undefined;
	const under = series.map((_, i) => (typeof at === "number" ? plot.current?.data[i + 1]?.[at] : undefined));
	const { told, steps } = useMemo(() => describe(series), [series]);
	return (
		<figure className="min-w-0" onKeyDown={keyed}>
			<figcaption className="flex min-h-7 min-w-0 items-center gap-x-2 max-sm:flex-wrap">
				<bdi className="truncate font-medium max-sm:flex-1" title={name.slice(0, 300)}>
					{name.slice(0, 300)}
				</bdi>
				<span className="min-w-0 shrink-0 truncate text-quiet tabular-nums max-sm:order-last max-sm:basis-full">
					{step === undefined ? told : series.length === 1 ? `${figure(under[0] ?? null)} at step ${count(step)}` : `step ${count(step)}`}
				</span>
				<span className="ml-auto flex shrink-0">
					<IconButton label={`Zoom into ${name.slice(0, 60)} (+)`} onClick={() => see((seen, full) => narrowed(seen, full, 0.5))}>
						<ZoomIn size={14} aria-hidden />
					</IconButton>
					<IconButton label="Zoom out (−)" disabled={!part} onClick={() => see((seen, full) => narrowed(seen, full, 2))}>
						<ZoomOut size={14} aria-hidden />
					</IconButton>
					<IconButton label="See all steps (0)" disabled={!part} onClick={() => see((_, full) => full)}>
						<Maximize2 size={14} aria-hidden />
					</IconButton>
				</span>
			</figcaption>
			<div ref={holder} role="img" aria-label={`${name.slice(0, 300)} over ${count(steps)} steps: ${told}`} className="chart" />
			{part && (
				<p className="text-quiet text-small tabular-nums" aria-live="polite">
					steps {figure(Math.ceil(part.min))} to {figure(Math.floor(part.max))}; ← and → move
				</p>
			)}
			{series.length > 1 && (
				<ul className="flex flex-wrap gap-x-4 gap-y-1 pt-1">
					{series.map((one, i) => (
						<li key={one.name} className="flex min-w-0 max-w-full items-center gap-1.5">
							<svg width="18" height="8" aria-hidden className="shrink-0">
								<line x1="0" y1="4" x2="18" y2="4" stroke={`var(${one.ink})`} strokeWidth="2" strokeDasharray={one.dash.join(" ")} />
							</svg>
							<bdi className="max-w-48 truncate" title={one.name.slice(0, 300)}>
								{one.name.slice(0, 300)}
							</bdi>
							<span className="text-quiet tabular-nums">{figure((step === undefined ? one.points.at(-1)?.[1] : under[i]) ?? null)}</span>
						</li>
					))}
				</ul>
			)}
		</figure>
	);
}

function describe(series: Drawn[]): { told: string; steps: number } {
	const [first] = series;
	return {
		told: first && series.length === 1 ? summary(first.points) : `${count(series.length)} series`,
		steps: new Set(series.flatMap(({ points }) => points.map(([step]) => step))).size,
	};
}

function draw(
	place: HTMLElement,
	series: Drawn[],
	log: boolean,
	pointed: (at: number | null | undefined) => void,
	zoomed: (part: Range | undefined) => void,
): UPlot {
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
	const widest = (figures: string[] | null) => 16 + 7 * Math.max(2, ...(figures ?? []).map((one) => one?.length ?? 0));
	const data = aligned(
		series.map(({ points }) => points),
		log,
	);
	const [steps] = data;
	const seen = ({ scales }: UPlot) => {
		const { min = 0, max = 0 } = scales.x ?? {};
		zoomed(min > (steps[0] ?? 0) || max < (steps.at(-1) ?? 0) ? { min, max } : undefined);
	};
	return new UPlot(
		{
			width: place.clientWidth,
			height: HEIGHT,
			padding: [8, 12, 0, 0],
			cursor: { y: false, points: { size: 7 } },
			legend: { show: false },
			scales: { x: { time: false }, y: log ? { distr: 3 } : {} },
			axes: [
				{ ...axis, size: 28, incrs: STEPS },
				{ ...axis, size: (_, figures) => widest(figures) },
			],
			series: [{}, ...series.map(({ ink, dash }) => ({ stroke: colour(ink), dash, width: 2, points: { fill: colour("--ground"), size: 6 } }))],
			hooks: {
				setCursor: [({ cursor }) => pointed(cursor.idx)],
				setScale: [(plot, key) => key === "x" && seen(plot)],
			},
		},
		data as UPlot.AlignedData,
		place,
	);
}
