"use client";
import { useMemo, useState } from "react";
import { type Bytes, concat } from "tidegate/protocol/bytes.ts";
import { Button } from "../../../../ui/button.tsx";
import { count } from "../../../../ui/format.ts";
import { AsText } from "./as-text.tsx";
import { Chart, type Drawn } from "./chart.tsx";
import { figure, isPositive, merge, parse } from "./series.ts";

/** Charts and figures that are shown at once; the rest comes by a click. */
const CHARTS = 12;
const VALUES = 60;
/** Lines in one chart: more can't be told apart. */
const TOGETHER = 12;

const INKS = ["--accent", "--ansi-5", "--ansi-3", "--ansi-4", "--ansi-1", "--ansi-2"];
const DASHES = [[], [6, 4]];

export default function Metrics({ bodies }: { bodies: Bytes[] }) {
	const known = useMemo(() => bodies.map(parse).filter((one) => one !== undefined), [bodies]);
	const { values, series } = useMemo(() => merge(known), [known]);
	const [log, setLog] = useState(false);
	const [together, setTogether] = useState(false);
	const [charts, setCharts] = useState(CHARTS);
	const [figures, setFigures] = useState(VALUES);
	const drawn = useMemo(
		() =>
			series.slice(0, charts).map(([name, points], i): Drawn => {
				const [ink = "--accent", dash = []] = together ? [INKS[i % INKS.length], DASHES[Math.floor(i / INKS.length) % DASHES.length]] : [];
				return { name, points, ink, dash };
			}),
		[series, charts, together],
	);
	if (known.length === 0) return <AsText bytes={concat(...bodies.slice(0, 1))} why="These are no metrics: no JSON with numbers by name." />;
	const positive = isPositive(series.map(([, points]) => points));
	const one = together && drawn.length > 1;
	return (
		<div className="flex min-w-0 flex-col gap-5">
			{values.length > 0 && (
				<dl className="flex flex-wrap gap-x-8 gap-y-3">
					{values.slice(0, figures).map(([name, value]) => (
						<div key={name} className="min-w-24">
							<dt className="max-w-48 truncate text-quiet" title={name.slice(0, 300)}>
								<bdi>{name.slice(0, 300)}</bdi>
							</dt>
							<dd className="text-title tabular-nums">{figure(value)}</dd>
						</div>
					))}
				</dl>
			)}
			{values.length > figures && <More left={values.length - figures} what="figures" more={() => setFigures(figures + VALUES)} />}
			{series.length > 0 && (
				<div className="flex flex-wrap gap-1">
					<Toggle on={log && positive} disabled={!positive} turn={() => setLog(!log)}>
						Log scale
					</Toggle>
					{series.length > 1 && (
						<Toggle on={together} turn={() => setTogether(!together)}>
							In one chart
						</Toggle>
					)}
				</div>
			)}
			{one ? (
				<Together series={drawn.slice(0, TOGETHER)} log={log && positive} />
			) : (
				<div className="grid grid-cols-[repeat(auto-fit,minmax(min(480px,100%),1fr))] gap-6">
					{drawn.map((single) => (
						<Alone key={single.name} single={single} log={log && isPositive([single.points])} />
					))}
				</div>
			)}
			{one && series.length > TOGETHER && (
				<p className="text-quiet">
					The first {count(TOGETHER)} of {count(series.length)} series: more can't be told apart in one chart.
				</p>
			)}
			{!one && series.length > charts && <More left={series.length - charts} what="charts" more={() => setCharts(charts + CHARTS)} />}
		</div>
	);
}

function Alone({ single, log }: { single: Drawn; log: boolean }) {
	const series = useMemo(() => [single], [single]);
	return <Chart name={single.name} series={series} log={log} />;
}

function Together({ series, log }: { series: Drawn[]; log: boolean }) {
	const names = series.map(({ name }) => name).join("\n");
	// biome-ignore lint/correctness/useExhaustiveDependencies: a list made anew is the same lines
	const same = useMemo(() => series, [names, series[0]?.points, series.at(-1)?.points]);
	return <Chart name={`${series[0]?.name.slice(0, 80)} and ${count(series.length - 1)} more`} series={same} log={log} />;
}

function Toggle({ on, disabled, turn, children }: { on: boolean; disabled?: boolean; turn(): void; children: string }) {
	return (
		<Button look="bare" aria-pressed={on} disabled={disabled} onClick={turn} className="aria-pressed:bg-selected aria-pressed:text-accent">
			{children}
		</Button>
	);
}

function More({ left, what, more }: { left: number; what: string; more(): void }) {
	return (
		<p>
			<Button onClick={more}>
				Show more of {count(left)} {what}
			</Button>
		</p>
	);
}
