"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { trpc } from "../../../browser/api.ts";
import { useSession } from "../../../browser/session.tsx";
import { Confirm } from "../../../ui/dialog.tsx";
import type { Member } from "./member.ts";

export function RemoveDialog({ member, close }: { member: Member; close(): void }) {
	const client = useQueryClient();
	const { organization } = useSession();
	const remove = useMutation(
		trpc.members.remove.mutationOptions({
			onSuccess: async () => {
				await client.invalidateQueries(trpc.members.list.pathFilter());
				close();
			},
		}),
	);
	// Whoever left can see nothing here any more.
	const leave = useMutation(trpc.members.leave.mutationOptions({ onSuccess: () => location.assign("/sign-in?out=1") }));
	const { self } = member;
	const error = self ? leave.error : remove.error;
	return (
		<Confirm
			title={self ? "Leave this organization?" : "Remove this member?"}
			close={close}
			doing={self ? "Leave" : "Remove"}
			pending={remove.isPending || leave.isPending}
			done={() => (self ? leave.mutate({}) : remove.mutate({ id: member.id }))}
		>
			<p className="break-words">
				{self ? "You lose" : <bdi className="font-medium">{member.email}</bdi>} {self ? "" : "loses "}access to every workspace of{" "}
				<bdi className="font-medium">{organization.name}</bdi> at once, on open pages too. Coming back takes an invite.
			</p>
			<p className="mt-2 text-quiet">
				API keys that were made stay, and so does the workspace key on {self ? "your" : "this person's"} devices: it opens what was copied before, and
				nothing can be fetched with it.
			</p>
			{error && (
				<p role="alert" className="mt-2 break-words text-failed">
					{error.message}
				</p>
			)}
		</Confirm>
	);
}
