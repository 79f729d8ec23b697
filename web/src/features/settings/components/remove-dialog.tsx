"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { trpc } from "../../../browser/api.ts";
import { Confirm } from "../../../ui/dialog.tsx";
import type { Setting } from "./kinds.ts";

export function RemoveDialog({ setting, close }: { setting: Setting; close(): void }) {
	const client = useQueryClient();
	const { kind, name, pool } = setting;
	const remove = useMutation(
		trpc.settings.remove.mutationOptions({
			onSuccess: () => {
				void client.invalidateQueries(trpc.settings.pathFilter());
				close();
			},
		}),
	);
	return (
		<Confirm
			title={`Remove this ${kind}?`}
			close={close}
			doing={`Remove the ${kind}`}
			pending={remove.isPending}
			done={() => remove.mutate({ kind, name, pool })}
		>
			<p className="break-words">
				<bdi className="font-medium font-mono">{name}</bdi>
				{pool !== null && (
					<>
						{" "}
						of pool <bdi>{pool}</bdi>
					</>
				)}{" "}
				is gone for runs that begin from now on: a flow that asks for it fails, unless there is another of the same name. It can't be taken back.
			</p>
			{remove.error && (
				<p role="alert" className="mt-2 text-failed">
					{remove.error.message}
				</p>
			)}
		</Confirm>
	);
}
