"use client";
import type { ReactNode } from "react";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import { useOpened } from "../../../../browser/opened.ts";
import { duration } from "../../../../ui/format.ts";
import { Link } from "../../../../ui/link.tsx";
import { notOpen } from "../../../../ui/lock.tsx";
import { StateWord } from "../../../../ui/state.tsx";
import { Ago } from "../../../../ui/time.tsx";
import { useError, usePlace } from "../place.ts";
import { lastExecution } from "../sentence.ts";
import type { Run, RunView } from "../view.ts";
import { Sides, Two } from "./sides.tsx";

/** What came of both, and where. */
export function Outcome({ before, after }: { before: RunView; after: RunView }) {
	const both = [before.run, after.run] as const;
	const [old, now] = both;
	const raised = { before: useRaised(before), after: useRaised(after) };
	const result = { before: useResult(before), after: useResult(after) };
	const two = (name: string, of: (run: Run) => ReactNode) => <Two name={name} before={of(old)} after={of(now)} />;
	const versions = `/flows/${encodeURIComponent(now.flow)}/versions`;
	const [low, high] = [Math.min(old.number, now.number), Math.max(old.number, now.number)];
	return (
		<>
			<Sides>
				{two("outcome", (run) => (
					<StateWord state={run.state} />
				))}
				{both.some(({ state }) => state === "failed") && <Two name="error" {...raised} />}
				{two("version", (run) => (
					<Link href={`${versions}/${run.number}`} className="rounded-sm hover:text-accent">
						v{run.number}
					</Link>
				))}
				{two("took", (run) => (run.startedAt && run.finishedAt ? duration(Date.parse(run.finishedAt) - Date.parse(run.startedAt)) : "—"))}
				{two("queued", (run) => (
					<Ago at={run.queuedAt} />
				))}
				{two("by", (run) => run.createdBy)}
				{two("attempt", (run) => run.attempt)}
				{two("agent", (run) => run.agent?.name ?? "—")}
				<Two name="result" mono {...result} />
			</Sides>
			{low !== high && (
				<p>
					<Link href={`${versions}/${high}?against=${low}&show=changes`} className="rounded-sm text-accent underline underline-offset-2">
						What changed in the files from v{low} to v{high}
					</Link>
				</p>
			)}
		</>
	);
}

function useRaised(view: RunView): ReactNode {
	const error = useError(view.run, view.run.state === "failed" ? lastExecution(view) : undefined);
	if (error.state === "none") return "—";
	if (error.state !== "open") return notOpen(error);
	return `${error.value.type}: ${error.value.message}`;
}

function useResult(view: RunView): ReactNode {
	const place = usePlace(view.run);
	const execution = lastExecution(view);
	const result = useOpened(`result ${view.run.id} ${execution?.execution}`, execution?.result, (openers, key, sealed) =>
		openers.openResult(key, place, execution?.execution ?? 0, fromBase64(sealed)),
	);
	if (result.state === "none") return "—";
	if (result.state !== "open") return notOpen(result);
	return (result.value.repr ?? JSON.stringify(result.value.json, null, 2) ?? "—").slice(0, 4_000);
}
