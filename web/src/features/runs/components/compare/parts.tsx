"use client";
import type { ReactNode } from "react";
import type { RunView } from "../view.ts";
import { Durations } from "./durations.tsx";
import { GivenDiff } from "./given.tsx";
import { MetricsDiff } from "./metrics-diff.tsx";
import { Outcome } from "./outcome.tsx";

/** Everything in which two runs are set beside each other. */
export default function Parts({ before, after }: { before: RunView; after: RunView }) {
	return (
		<div className="flex min-w-0 flex-col gap-7">
			<Part title="Outcome">
				<Outcome before={before} after={after} />
			</Part>
			<Part title="Parameters">
				<GivenDiff before={before.run} after={after.run} />
			</Part>
			<Part title="Durations">
				<Durations before={before} after={after} />
			</Part>
			<Part title="Metrics">
				<MetricsDiff before={before} after={after} />
			</Part>
		</div>
	);
}

function Part({ title, children }: { title: string; children: ReactNode }) {
	return (
		<section aria-label={title} className="flex min-w-0 flex-col gap-2">
			<h2 className="font-medium">{title}</h2>
			{children}
		</section>
	);
}
