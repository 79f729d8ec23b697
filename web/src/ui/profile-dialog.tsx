"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { trpc } from "../browser/api.ts";
import { useSession } from "../browser/session.tsx";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { errorOf, Field } from "./field.tsx";

/** What others see of whoever is signed in. */
export function ProfileDialog({ close }: { close(): void }) {
	const session = useSession();
	const client = useQueryClient();
	const [name, setName] = useState(session.name);
	const rename = useMutation(
		trpc.members.rename.mutationOptions({
			onSuccess: async () => {
				await Promise.all([client.invalidateQueries(trpc.whoami.pathFilter()), client.invalidateQueries(trpc.members.pathFilter())]);
				close();
			},
		}),
	);
	const wrong = rename.error && (errorOf(rename.error, "name") ?? rename.error.message);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		rename.mutate({ name: name.trim() });
	};
	return (
		<Dialog title="Your profile" close={close}>
			<form onSubmit={submit} className="flex flex-col gap-3">
				<Field
					label="Name"
					value={name}
					maxLength={100}
					error={wrong ?? undefined}
					hint={`What the other members of ${session.organization.name} see.`}
					onChange={({ target }) => {
						setName(target.value);
						rename.reset();
					}}
				/>
				<dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
					<dt className="text-quiet">E-mail</dt>
					<dd className="break-words">
						<bdi>{session.email}</bdi>
					</dd>
					<dt className="text-quiet">Role</dt>
					<dd>{session.role}</dd>
				</dl>
				<div className="flex justify-end gap-2">
					<Button onClick={close}>Cancel</Button>
					<Button look="strong" type="submit" disabled={name.trim() === "" || name.trim() === session.name || rename.isPending}>
						Save
					</Button>
				</div>
			</form>
		</Dialog>
	);
}
