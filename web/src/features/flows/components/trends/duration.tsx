"use client";
import { useMemo } from "react";
import type UPlot from "uplot";
import { duration, exact, plural } from "../../../../ui/format.ts";
import { median } from "../../../../ui/median.ts";
import { faceOf, StateWord, type Tone } from "../../../../ui/state.tsx";
import type { Run } from "../runs-columns.tsx";
import { type Drawing, RunsPlot } from "./plot.tsx";
import { type Spent, spentOf } from "./spent.ts";

/**
 * How long the last runs waited, were prepared and worked: a bar each, in the colour of its state.
 * @param runs oldest first
 * @param queue draws what they waited too; it is told of each run either way
 */
export function DurationTrend({ runs, queue }: { runs: Run[]; queue: boolean }) {
	const times = useMemo(() => spentNow(runs), [runs]);
	const drawing = useMemo(() => drawn(runs, times, queue), [runs, times, queue]);
	const done = runs.flatMap((run, at) => (run.state === "succeeded" ? [times[at]?.worked ?? 0] : []));
	const middle = median(done);
	const told =
		middle === undefined
			? "none has succeeded"
			: `median ${duration(middle)}, longest ${duration(Math.max(...done))} of ${plural(done.length, "success", "successes")}`;
	return (
		<RunsPlot
			name="Duration"
			label={`Durations of the last ${plural(runs.length, "run")}`}
			told={told}
			runs={runs}
			drawing={drawing}
			readout={(at) => {
				const run = runs[at];
				return (
					run && (
						<>
							<StateWord state={run.state} />
							<span>{duration(times[at]?.worked ?? 0)}</span>
							<span>waited {duration(times[at]?.waited ?? 0)}</span>
							<span>prepared {duration(times[at]?.prepared ?? 0)}</span>
							<span className="max-sm:hidden">v{run.number}</span>
							<span className="max-sm:hidden">{exact(run.queuedAt)}</span>
						</>
					)
				);
			}}
		/>
	);
}

const tokens: Record<Tone, string> = {
	queued: "--queued",
	waiting: "--waiting",
	running: "--running",
	succeeded: "--succeeded",
	failed: "--failed",
	cancelled: "--cancelled",
};

function spentNow(runs: Run[]): Spent[] {
	const now = Date.now();
	return runs.map((run) => spentOf(run, now));
}

function drawn(runs: Run[], times: Spent[], queue: boolean): Drawing {
	const series = [times.map(({ waited, prepared, worked }) => (queue ? waited : 0) + prepared + worked)];
	const paint = (plot: UPlot, colour: (token: string) => string) => {
		const { ctx } = plot;
		const ratio = devicePixelRatio;
		const step = plot.valToPos(1, "x", true) - plot.valToPos(0, "x", true);
		const wide = Math.max(1, Math.min(14 * ratio, step * 0.7));
		const y = (value: number) => plot.valToPos(value, "y", true);
		ctx.save();
		for (const [at, run] of runs.entries()) {
			const { prepared = 0, worked = 0 } = times[at] ?? {};
			const waited = queue ? (times[at]?.waited ?? 0) : 0;
			const { tone } = faceOf(run.state);
			const left = plot.valToPos(at, "x", true) - wide / 2;
			const began = waited + prepared;
			const top = Math.min(y(began + worked), y(0) - 2 * ratio);
			ctx.fillStyle = colour("--line-strong");
			ctx.globalAlpha = 0.5;
			ctx.fillRect(left, y(waited), wide, y(0) - y(waited));
			ctx.globalAlpha = 1;
			ctx.fillRect(left, y(began), wide, y(waited) - y(began));
			ctx.fillStyle = colour(tokens[tone]);
			ctx.fillRect(left, top, wide, y(began) - top);
			if (run.state !== "succeeded") sign(ctx, run.state === "failed", left + wide / 2, top - 5 * ratio, ratio, colour(tokens[tone]));
		}
		ctx.restore();
	};
	return { series, figure: (ms) => duration(ms), paint };
}

/** Beside the colour: a cross over what failed, a ring over all else that did not succeed. */
function sign(ctx: CanvasRenderingContext2D, failed: boolean, x: number, y: number, ratio: number, colour: string): void {
	const half = 2.5 * ratio;
	ctx.strokeStyle = colour;
	ctx.lineWidth = 1.5 * ratio;
	ctx.beginPath();
	if (failed) {
		ctx.moveTo(x - half, y - half);
		ctx.lineTo(x + half, y + half);
		ctx.moveTo(x + half, y - half);
		ctx.lineTo(x - half, y + half);
	} else ctx.arc(x, y, half, 0, 2 * Math.PI);
	ctx.stroke();
}
