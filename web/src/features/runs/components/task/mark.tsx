"use client";
import { useState } from "react";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import { hasEnded } from "tidegate/protocol/states.ts";
import { useOpenKey } from "../../../../browser/key.tsx";
import { useOpened } from "../../../../browser/opened.ts";
import { useSession } from "../../../../browser/session.tsx";
import { Button } from "../../../../ui/button.tsx";
import { later } from "../../../../ui/later.tsx";
import { Ago } from "../../../../ui/time.tsx";
import { usePlace, useTask } from "../place.ts";
import { isWhole, type RunView, type Task } from "../view.ts";

const MarkDialog = later(() => import("./mark-dialog.tsx").then((module) => module.default));
const RelaunchDialog = later(() => import("../relaunch-dialog.tsx").then((module) => module.default));

/** What can be done about a task of a run that has ended, for the run that goes on from it. */
export function TaskActions({ view, task }: { view: RunView; task: Task }) {
	const { may } = useSession();
	const key = useOpenKey();
	const content = useTask(view.run, task);
	const [asked, ask] = useState<"mark" | "relaunch" | null>(null);
	if (!hasEnded(view.run.state) || !isWhole(view) || !may.includes("run") || !key || content.state !== "open") return null;
	return (
		<div className="flex flex-wrap gap-2">
			<Button onClick={() => ask("relaunch")}>Relaunch from here…</Button>
			<Button onClick={() => ask("mark")}>Mark…</Button>
			{asked === "mark" && <MarkDialog view={view} task={task} taskKey={content.value.key} close={() => ask(null)} />}
			{asked === "relaunch" && <RelaunchDialog view={view} from={task} close={() => ask(null)} />}
		</div>
	);
}

/** What somebody set a task to by hand. */
export function Marked({ view, task }: { view: RunView; task: Task }) {
	const mark = view.kin.marks.find((one) => one.task === task.task);
	const place = usePlace(view.run);
	const content = useOpened(`mark ${view.run.id} ${task.task} ${mark?.sealed.slice(0, 40)}`, mark?.sealed, async (_, key, sealed) => {
		const { openMark } = await import("tidegate/protocol/answers.ts");
		return openMark(key, place, task.task, fromBase64(sealed));
	});
	if (!mark) return null;
	return (
		<p className="break-words text-waiting">
			Marked {mark.state} by <bdi>{mark.by}</bdi> <Ago at={mark.at} />, for the run that goes on from this one
			{mark.state === "succeeded" && content.state === "open" && (
				<>
					: <bdi className="font-mono text-small/5">{(JSON.stringify(content.value.value) ?? "null").slice(0, 200)}</bdi>
				</>
			)}
		</p>
	);
}
