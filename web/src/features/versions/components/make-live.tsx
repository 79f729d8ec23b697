"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { trpc } from "../../../browser/api.ts";
import { Confirm } from "../../../ui/dialog.tsx";
import { flowChanged } from "./version.ts";

/** Moves the live pointer, after saying what follows from it. */
export default function MakeLive({ flow, number, live, close }: { flow: string; number: number; live: number; close(): void }) {
	const client = useQueryClient();
	const make = useMutation(
		trpc.versions.setLive.mutationOptions({
			onSuccess: () => {
				flowChanged();
				close();
			},
			// Somebody was faster: what is asked here is asked again of what is there now.
			onError: () => void client.invalidateQueries(trpc.flows.pathFilter()),
		}),
	);
	return (
		<Confirm
			title={`Make v${number} live?`}
			close={close}
			keep={`Keep v${live}`}
			calm
			doing={`Make v${number} live`}
			pending={make.isPending}
			done={() => make.mutate({ flow, number, from: live })}
		>
			<p>
				The next runs of <bdi className="font-medium">{flow}</bdi> that name no version use v{number} in place of v{live}. Runs that are queued or
				running keep the version that they were asked for with. The next deploy is live again by itself.
			</p>
			{make.error && (
				<p role="alert" className="mt-2 break-words text-failed">
					{make.error.message}
				</p>
			)}
		</Confirm>
	);
}
