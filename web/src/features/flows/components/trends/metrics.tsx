"use client";
import { useMemo, useState } from "react";
import { useKey } from "../../../../browser/key.tsx";
import { Button } from "../../../../ui/button.tsx";
import { Snippet } from "../../../../ui/copy.tsx";
import { count, exact, plural } from "../../../../ui/format.ts";
import { SealedPanel } from "../../../../ui/lock.tsx";
import { StateWord } from "../../../../ui/state.tsx";
import { figure } from "../../../runs/components/artifacts/series.ts";
import type { Run } from "../runs-columns.tsx";
import { type Line, linesOf } from "./collect.ts";
import { RunsPlot } from "./plot.tsx";
import { useMetrics } from "./use-metrics.ts";

/** Charts drawn at first: a flow may have any number of metrics. */
const SHOWN = 12;

/** What the last runs measured: a line a metric. @param runs oldest first */
export function MetricsTrend({ flow, runs }: { flow: string; runs: Run[] }) {
	const { current } = useKey();
	const ids = useMemo(() => runs.map(({ id }) => id).toReversed(), [runs]);
	const metrics = useMetrics(flow, ids, runs.map(({ state }) => state).join());
	const lines = useMemo(() => linesOf(runs.map(({ id }) => metrics.runs.get(id))), [runs, metrics.runs]);
	const [most, setMost] = useState(SHOWN);
	if (current.state === "sealed" || current.state === "unavailable") return <SealedPanel what="Metrics" />;
	const left = [...metrics.runs.values()].reduce((sum, run) => sum + run.left, 0);
	return (
		<>
			<p role="status" className="min-h-5 pb-3 text-quiet">
				{metrics.going && `Opening the metrics of ${count(metrics.done)} of ${plural(runs.length, "run")}`}
				{metrics.error && <span className="text-failed">The metrics can't be shown: {metrics.error.message}</span>}
				{!metrics.going && left > 0 && `${plural(left, "metrics artifact")} too large for this view, or altered: see the run's own page`}
			</p>
			{lines.length > 0 && (
				<div className="grid grid-cols-[repeat(auto-fit,minmax(min(480px,100%),1fr))] gap-6">
					{lines.slice(0, most).map((line) => (
						<MetricPlot key={line.id} line={line} runs={runs} />
					))}
				</div>
			)}
			{lines.length > most && (
				<Button className="mt-4" onClick={() => setMost(most + SHOWN)}>
					Show {count(Math.min(SHOWN, lines.length - most))} more of {count(lines.length)}
				</Button>
			)}
			{!metrics.going && !metrics.error && lines.length === 0 && (
				<div className="flex max-w-xl flex-col gap-3">
					<p className="text-quiet">None of these runs has told a metric. What a flow measures becomes a line here, a point each run:</p>
					<Snippet code={"from tidegate import artifact\n\nartifact.metrics(accuracy=0.97)"} label="Tell a metric" />
				</div>
			)}
		</>
	);
}

function MetricPlot({ line, runs }: { line: Line; runs: Run[] }) {
	const values = line.values;
	const text = JSON.stringify(values);
	// biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew when a value changed, not with each list
	const drawing = useMemo(() => ({ series: [values], figure }), [text]);
	const known = values.flatMap((value) => (value === null ? [] : [value]));
	const [least, most, last] = [Math.min(...known), Math.max(...known), known.at(-1) ?? null];
	const told = `last ${figure(last)}, ${least === most ? `always ${figure(least)}` : `from ${figure(least)} to ${figure(most)}`}`;
	return (
		<RunsPlot
			name={<bdi title={line.name}>{line.name}</bdi>}
			label={`${line.name} over the last ${plural(runs.length, "run")}`}
			told={told}
			runs={runs}
			drawing={drawing}
			readout={(at) => {
				const run = runs[at];
				return (
					run && (
						<>
							<span className="text-text">{figure(values[at] ?? null)}</span>
							<StateWord state={run.state} />
							<span>v{run.number}</span>
							<span className="max-sm:hidden">{exact(run.queuedAt)}</span>
						</>
					)
				);
			}}
		/>
	);
}
