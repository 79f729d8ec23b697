"use client";
import type { ErrorContent } from "tidegate/protocol/content.ts";
import { CopyText } from "../../../ui/copy.tsx";
import { plural } from "../../../ui/format.ts";
import { notOpen } from "../../../ui/lock.tsx";
import { useError, useFinish } from "./place.ts";
import { lastExecution } from "./sentence.ts";
import type { Execution, Run, RunView } from "./view.ts";

const box = "mb-5 rounded-md border border-failed/50 bg-failed-ground";

/** Why a run failed, before anything else. */
export function ErrorBox({ view }: { view: RunView }) {
	const execution = lastExecution(view);
	if (view.run.state !== "failed" || !execution) return null;
	return execution.error ? <Raised run={view.run} execution={execution} /> : <Ended run={view.run} execution={execution} />;
}

/** No exception reached the end of the flow: its process was killed, ended itself, or never began. */
function Ended({ run, execution }: { run: Run; execution: Execution }) {
	const finish = useFinish(run, execution);
	if (finish.state === "none" || (finish.state === "open" && !finish.value.note)) return null;
	return (
		<div className={`${box} px-4 py-3`}>
			{notOpen(finish) ?? (finish.state === "open" && <p className="whitespace-pre-wrap break-words">{finish.value.note}</p>)}
		</div>
	);
}

function Raised({ run, execution }: { run: Run; execution: Execution }) {
	const error = useError(run, execution);
	if (error.state !== "open") {
		return (
			<section aria-label="Error" className={`${box} px-4 py-3`}>
				What was raised, and where: {notOpen(error)}
			</section>
		);
	}
	const { type, message, frames, traceback } = error.value;
	return (
		<section aria-label="Error" className={`${box} min-w-0`}>
			<div className="flex items-start gap-3 px-4 py-3">
				<p className="max-h-60 min-w-0 flex-1 overflow-y-auto whitespace-pre-wrap break-words font-mono text-small/5">
					<span className="font-semibold text-failed">{type}</span>
					{message && (
						<>
							: <bdi>{message}</bdi>
						</>
					)}
				</p>
				<CopyText text={traceback}>Copy traceback</CopyText>
			</div>
			{frames.length > 0 ? (
				<Frames frames={frames} />
			) : (
				traceback && <pre className="overflow-x-auto border-failed/30 border-t px-4 py-3 font-mono text-small/5">{traceback}</pre>
			)}
		</section>
	);
}

type Frame = ErrorContent["frames"][number];

/** Frames in the order in which they were called; those of libraries are folded where they follow each other. */
function Frames({ frames }: { frames: Frame[] }) {
	const groups: Frame[][] = [];
	for (const frame of frames) {
		const last = groups.at(-1);
		if (last && !frame.own && last[0]?.own === false) last.push(frame);
		else groups.push([frame]);
	}
	return (
		<ol className="border-failed/30 border-t py-1.5">
			{groups.map((group, i) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: a traceback never changes
				<li key={i}>
					{group[0]?.own ? (
						<OneFrame frame={group[0]} />
					) : (
						<details>
							<summary className="px-4 py-1 text-quiet hover:text-text">{plural(group.length, "library frame")}</summary>
							{group.map((frame, at) => (
								// biome-ignore lint/suspicious/noArrayIndexKey: a traceback never changes
								<OneFrame key={at} frame={frame} />
							))}
						</details>
					)}
				</li>
			))}
		</ol>
	);
}

function OneFrame({ frame }: { frame: Frame }) {
	return (
		<div className={`px-4 py-1 ${frame.own ? "" : "text-quiet"}`}>
			<p className="break-words">
				<bdi className="font-medium">{frame.file}</bdi>:{frame.line} <span className="text-quiet">in</span> <bdi>{frame.function}</bdi>
			</p>
			{frame.code && <pre className="overflow-x-auto font-mono text-small/5">{`    ${frame.code}`}</pre>}
		</div>
	);
}
