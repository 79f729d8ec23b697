"use client";
import { useMutation } from "@tanstack/react-query";
import { trpc } from "../../../browser/api.ts";
import { Confirm } from "../../../ui/dialog.tsx";

export function RemoveDialog({ close }: { close(): void }) {
	// A fresh page: everything on it was about the provider that is gone.
	const remove = useMutation(trpc.providers.remove.mutationOptions({ onSuccess: () => location.reload() }));
	return (
		<Confirm title="Remove this identity provider?" close={close} doing="Remove" pending={remove.isPending} done={() => remove.mutate({})}>
			<p>
				Nobody signs in by it any more. Members stay, and who is signed in stays so until the session ends; after that they need a sign-in link from
				the members page. The client secret is deleted.
			</p>
			{remove.error && (
				<p role="alert" className="mt-2 break-words text-failed">
					{remove.error.message}
				</p>
			)}
		</Confirm>
	);
}
