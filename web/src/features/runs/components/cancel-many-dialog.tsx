"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { hasEnded, RUN_STATES, type RunState } from "tidegate/protocol/states.ts";
import { trpc } from "../../../browser/api.ts";
import { Button } from "../../../ui/button.tsx";
import { Confirm, Dialog } from "../../../ui/dialog.tsx";
import { plural } from "../../../ui/format.ts";
import { faceOf } from "../../../ui/state.tsx";
import { toast } from "../../../ui/toast.ts";

/** Which runs are shown: the same that are cancelled. */
export interface ShownRuns {
	flow?: string;
	states?: RunState[];
	number?: number;
	label?: string;
	from?: string;
	to?: string;
	within?: number;
}

const going: RunState[] = RUN_STATES.filter((state) => !hasEnded(state) && state !== "cancelling");

/** How many they are is asked first; where they are others by the time somebody says yes, nothing happens and the new number is asked about. */
export default function CancelManyDialog({ shown, close }: { shown: ShownRuns; close(): void }) {
	const states = shown.states?.length ? shown.states.filter((state) => going.includes(state)) : going;
	const none = states.length === 0;
	const counted = useQuery(trpc.runs.count.queryOptions({ ...shown, states }, { enabled: !none, staleTime: 0, gcTime: 0 }));
	const cancel = useMutation(
		trpc.runs.cancelMany.mutationOptions({
			onSuccess({ cancelled, left }) {
				close();
				toast(`${plural(cancelled, "run")} asked to end`, {
					detail: left > 0 ? `${plural(left, "more run")} of the filter go on: cancel again.` : undefined,
				});
			},
			onError: () => void counted.refetch(),
		}),
	);
	const count = none ? 0 : counted.data?.count;
	if (count === 0)
		return (
			<Dialog title="Nothing to cancel" close={close}>
				<p>None of the runs that this filter shows goes on.</p>
				<div className="flex justify-end">
					<Button onClick={close}>Close</Button>
				</div>
			</Dialog>
		);
	return (
		<Confirm
			title={count === undefined ? "Counting the runs…" : `Cancel ${plural(count, "run")}?`}
			close={close}
			doing={count === undefined ? "Cancel" : `Cancel ${plural(count, "run")}`}
			pending={count === undefined || counted.isFetching || cancel.isPending}
			done={() => cancel.mutate({ ...shown, states, expected: count ?? 0 })}
		>
			<p>
				All runs{" "}
				{shown.flow && (
					<>
						of <bdi className="font-medium">{shown.flow}</bdi>{" "}
					</>
				)}
				that the filter shows and that have not ended, also those further down than the page lists:{" "}
				{states.map((state) => faceOf(state).word).join(", ")}. Those that wait leave the queue, processes are asked to end. It can't be taken back.
			</p>
			{(cancel.error ?? counted.error) && (
				<p role="alert" className="mt-2 break-words text-failed">
					{(cancel.error ?? counted.error)?.message}
				</p>
			)}
		</Confirm>
	);
}
