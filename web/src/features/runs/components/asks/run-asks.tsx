"use client";
import { useState } from "react";
import { hasEnded } from "tidegate/protocol/states.ts";
import { Button } from "../../../../ui/button.tsx";
import { plural } from "../../../../ui/format.ts";
import type { RunView } from "../view.ts";
import { Answered } from "./answered.tsx";
import { Ask } from "./ask.tsx";

/** Questions that are shown at once: a run may ask thousands. */
const STEP = 5;

/** What the run asks of people, before all else; and what was answered while it goes on. */
export default function RunAsks({ view }: { view: RunView }) {
	const { run, kin } = view;
	const [most, setMost] = useState(STEP);
	const asks = kin.waits.filter(({ kind }) => kind === "approval");
	const open = asks.filter(({ state }) => state === "open");
	const over = hasEnded(run.state) ? [] : asks.filter(({ state }) => state !== "open" && state !== "closed").slice(0, STEP);
	if (open.length + over.length === 0) return null;
	return (
		<section aria-label="Questions" className="mb-4 flex max-w-3xl flex-col gap-3">
			{open.slice(0, most).map((wait) => (
				<Ask key={wait.task} asked={{ ...wait, run: run.id, flow: run.flow, number: run.number }} />
			))}
			{open.length > most && (
				<div>
					<Button onClick={() => setMost(most + STEP * 4)}>Show {plural(open.length - most, "more question")}</Button>
				</div>
			)}
			{over.map((wait) => (
				<Answered key={wait.task} run={run} wait={wait} />
			))}
		</section>
	);
}
