"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { trpc } from "../../../browser/api.ts";
import { Confirm } from "../../../ui/dialog.tsx";
import { Ago } from "../../../ui/time.tsx";
import type { Key } from "./keys-table.tsx";

export function RevokeDialog({ apiKey, close }: { apiKey: Key; close(): void }) {
	const client = useQueryClient();
	const revoke = useMutation(
		trpc.keys.revoke.mutationOptions({
			onSuccess: () => {
				void client.invalidateQueries(trpc.keys.pathFilter());
				close();
			},
		}),
	);
	return (
		<Confirm
			title="Revoke this API key?"
			close={close}
			doing="Revoke the key"
			pending={revoke.isPending}
			done={() => revoke.mutate({ id: apiKey.id })}
		>
			<p className="break-words">
				<bdi className="font-medium">{apiKey.name}</bdi>{" "}
				{apiKey.lastUsedAt ? (
					<>
						was last used <Ago at={apiKey.lastUsedAt} />. Whatever uses it is refused within seconds.
					</>
				) : (
					"was never used. Whatever uses it from now on is refused."
				)}{" "}
				{apiKey.personal && "The command line that it signed in is signed out. "}It can't be taken back.
			</p>
			{revoke.error && (
				<p role="alert" className="mt-2 text-failed">
					{revoke.error.message}
				</p>
			)}
		</Confirm>
	);
}
