"use client";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { trpc } from "../browser/api.ts";
import { useSession } from "../browser/session.tsx";
import { switchWorkspace } from "../browser/switching.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

/** Makes a workspace of this organization, and goes there. */
export function WorkspaceDialog({ close }: { close(): void }) {
	const { organization } = useSession();
	const [name, setName] = useState("");
	const create = useMutation(trpc.workspaces.create.mutationOptions({ onSuccess: switchWorkspace }));
	const id = useId();
	const submit = (event: FormEvent) => {
		event.preventDefault();
		create.mutate({ name: name.trim() });
	};
	return (
		<Dialog title="New workspace" close={close}>
			<form onSubmit={submit} className="flex flex-col gap-3">
				<p className="text-quiet">
					A wall inside <bdi className="text-text">{organization.name}</bdi>, such as production and staging: flows, runs, agents and API keys of one
					are unknown in another. It gets one pool, default, and a workspace key of its own with the first deploy.
				</p>
				<label htmlFor={id} className="font-medium">
					Name
				</label>
				<input
					id={id}
					autoComplete="off"
					spellCheck={false}
					maxLength={100}
					placeholder="staging"
					value={name}
					onChange={(event) => {
						setName(event.target.value);
						create.reset();
					}}
					aria-invalid={create.isError}
					aria-describedby={create.isError ? `${id}-wrong` : undefined}
					className="h-8 w-full rounded-md border border-line-strong bg-ground px-2.5 placeholder:text-quiet aria-invalid:border-failed"
				/>
				{create.error && (
					<p id={`${id}-wrong`} role="alert" className="break-words text-failed">
						{create.error.message}
					</p>
				)}
				<div className="flex justify-end">
					<Button look="strong" type="submit" disabled={name.trim() === "" || create.isPending || create.isSuccess}>
						Make the workspace
					</Button>
				</div>
			</form>
		</Dialog>
	);
}
