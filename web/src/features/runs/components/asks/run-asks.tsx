"use client";
import { useEffect, useState } from "react";
import { hasEnded } from "tidegate/protocol/states.ts";
import { Button } from "../../../../ui/button.tsx";
import { plural } from "../../../../ui/format.ts";
import type { RunView } from "../view.ts";
import { useAllThere } from "./all-there.ts";
import { Answered } from "./answered.tsx";
import { Ask } from "./ask.tsx";

/** Questions that are shown at once: a run may ask thousands. */
const STEP = 5;

/** What the run asks of people, before all else; and what was answered while it goes on. @param there told once it is as large as it will be */
export default function RunAsks({ view, there }: { view: RunView; there(): void }) {
	const { run, kin } = view;
	const [most, setMost] = useState(STEP);
	const asks = kin.waits.filter(({ kind }) => kind === "approval");
	const open = asks.filter(({ state }) => state === "open");
	const over = hasEnded(run.state) ? [] : asks.filter(({ state }) => state !== "open" && state !== "closed").slice(0, STEP);
	const asked = useAllThere(Math.min(open.length, most));
	useEffect(() => {
		if (!asked.coming) there();
	}, [asked.coming, there]);
	if (open.length + over.length === 0) return null;
	return (
		<section aria-label="Questions" className="mb-4 flex max-w-3xl flex-col gap-3">
			{open.slice(0, most).map((wait) => (
				<Ask key={wait.task} asked={{ ...wait, run: run.id, flow: run.flow, number: run.number }} there={asked.there} />
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
