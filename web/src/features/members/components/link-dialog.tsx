"use client";
import { useMutation } from "@tanstack/react-query";
import { trpc } from "../../../browser/api.ts";
import { Button } from "../../../ui/button.tsx";
import { Snippet } from "../../../ui/copy.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import type { Member } from "./member.ts";

/** For a member whom no identity provider signs in. */
export function LinkDialog({ member, close }: { member: Member; close(): void }) {
	const make = useMutation(trpc.members.createLink.mutationOptions());
	return (
		<Dialog title="One-time sign-in link" close={close}>
			{make.data ? (
				<>
					<p>
						It signs <bdi className="font-medium">{member.email}</bdi> in once, within 24 hours, to this organization. It is shown now and never
						again.
					</p>
					<Snippet code={`${location.origin}/sign-in#token=${make.data.token}`} label="The sign-in link" />
				</>
			) : (
				<p>
					No identity provider signs in <bdi className="font-medium">{member.email}</bdi>. Whoever opens the link acts in this member's name: give it
					to nobody else. That you made it stands in the audit log.
				</p>
			)}
			{make.error && (
				<p role="alert" className="break-words text-failed">
					{make.error.message}
				</p>
			)}
			<div className="flex justify-end gap-2">
				<Button onClick={close}>{make.data ? "Done" : "Cancel"}</Button>
				{!make.data && (
					<Button look="strong" disabled={make.isPending} onClick={() => make.mutate({ id: member.id })}>
						Make the link
					</Button>
				)}
			</div>
		</Dialog>
	);
}
