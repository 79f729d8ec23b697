"use client";
import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { base64 } from "tidegate/protocol/bytes.ts";
import { api } from "../../../../browser/api.ts";
import { useOpenKey } from "../../../../browser/key.tsx";
import { loadOpeners } from "../../../../browser/openers.ts";
import { Button } from "../../../../ui/button.tsx";
import { Dialog } from "../../../../ui/dialog.tsx";
import { toast } from "../../../../ui/toast.ts";
import { readJson, toldOf } from "../../../flows/components/form/json.ts";
import { usePlace } from "../place.ts";
import { type RunView, type Task, taskName } from "../view.ts";

interface Props {
	view: RunView;
	task: Task;
	taskKey: string;
	close(): void;
}

type State = "succeeded" | "skipped";

/** A task's end set by hand: the run stays as it ended, the one that goes on from it takes this for the task's. */
export default function MarkDialog({ view, task, taskKey, close }: Props) {
	const place = usePlace(view.run);
	const key = useOpenKey();
	const [state, setState] = useState<State>("succeeded");
	const [text, setText] = useState("null");
	const id = useId();
	const read = readJson(text);
	const problem =
		state === "succeeded" && !("value" in read)
			? toldOf(read)
					.replace(/^./, (first) => first.toUpperCase())
					.concat(".")
			: undefined;
	const mark = useMutation({
		mutationFn: async () => {
			if (!key) throw new Error("This browser is locked: unlock it first.");
			await loadOpeners();
			const { sealMark } = await import("tidegate/protocol/answers.ts");
			const value = state === "succeeded" && "value" in read ? read.value : null;
			const sealed = base64(await sealMark(key, place, task.task, { key: taskKey, value }));
			return api.runs.mark.mutate({ id: view.run.id, task: task.task, state, value: sealed });
		},
		onSuccess() {
			close();
			toast(`Marked ${state}`, { tone: "good", detail: "Relaunch the run from where it failed to go on with it." });
		},
	});
	return (
		<Dialog title="Mark this task by hand" close={close}>
			<p className="break-words">
				Whatever run goes on from this one takes <bdi className="font-medium">{taskName(task)}</bdi> for done and does not do it again. This run stays
				as it ended. Who marked it, and when, is kept in its events and in the audit log.
			</p>
			<fieldset className="flex flex-col gap-1.5">
				<legend className="mb-1 font-medium">As</legend>
				{(["succeeded", "skipped"] as const).map((one) => (
					<label key={one} className="flex min-h-6 items-center gap-2">
						<input type="radio" name={id} checked={state === one} onChange={() => setState(one)} className="accent-(--accent-fill)" />
						{one === "succeeded" ? "succeeded, with the result below" : "skipped: what needs its result is skipped too"}
					</label>
				))}
			</fieldset>
			{state === "succeeded" && (
				<div className="flex flex-col gap-1">
					<label htmlFor={`${id}-value`} className="font-medium">
						Result, as JSON
					</label>
					<textarea
						id={`${id}-value`}
						rows={4}
						value={text}
						spellCheck={false}
						autoComplete="off"
						aria-invalid={problem ? true : undefined}
						aria-describedby={`${id}-problem`}
						onChange={(event) => setText(event.target.value)}
						className="w-full rounded-md border border-line-strong bg-ground px-2 py-1 font-mono text-small/5 aria-invalid:border-failed"
					/>
					<p id={`${id}-problem`} className="text-quiet text-small">
						{problem ? <span className="text-failed">{problem}</span> : "Sealed in this browser before it leaves it."}
					</p>
				</div>
			)}
			{mark.error && (
				<p role="alert" className="break-words text-failed">
					{mark.error.message}
				</p>
			)}
			<div className="flex justify-end gap-2">
				<Button onClick={close}>Cancel</Button>
				<Button look="strong" disabled={mark.isPending || problem !== undefined} onClick={() => mark.mutate()}>
					Mark {state}
				</Button>
			</div>
		</Dialog>
	);
}
