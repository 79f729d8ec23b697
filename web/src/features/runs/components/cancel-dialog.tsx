"use client";
import { useMutation } from "@tanstack/react-query";
import { trpc } from "../../../browser/api.ts";
import { Confirm } from "../../../ui/dialog.tsx";
import { plural } from "../../../ui/format.ts";
import { toast } from "../../../ui/toast.ts";
import type { RunView } from "./view.ts";

export default function CancelDialog({ view, close }: { view: RunView; close(): void }) {
	const { run } = view;
	const cancel = useMutation(
		trpc.runs.cancel.mutationOptions({
			onSuccess() {
				close();
				toast(run.agent ? "The run is asked to end" : "The run left the queue", { id: run.id });
			},
		}),
	);
	const running = [...view.tasks.values()].filter((task) => task.state === "running").length;
	return (
		<Confirm title="Cancel this run?" close={close} doing="Cancel the run" pending={cancel.isPending} done={() => cancel.mutate({ id: run.id })}>
			{run.agent ? (
				<p>
					Its process on <bdi className="font-medium">{run.agent.name}</bdi> is asked to end, and is ended if it does not.{" "}
					{running > 0 && `${plural(running, "running task")} will stop. `}
					Logs and artifacts so far stay. It can't be taken back.
				</p>
			) : (
				<p>It has not started: it leaves the queue and never runs.</p>
			)}
			{cancel.error && (
				<p role="alert" className="mt-2 text-failed">
					{cancel.error.message}
				</p>
			)}
		</Confirm>
	);
}
