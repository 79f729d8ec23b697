"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { useOpenKey } from "../../../browser/key.tsx";
import { useSession } from "../../../browser/session.tsx";
import { Button } from "../../../ui/button.tsx";
import { Snippet } from "../../../ui/copy.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { errorOf, inputLook, Labelled } from "../../../ui/field.tsx";
import { exact } from "../../../ui/format.ts";
import type { Member } from "./member.ts";

type Role = Member["role"];

const MEANS: Record<Role, string> = {
	owner: "everything, also how people sign in",
	admin: "also agents, API keys and members",
	operator: "runs and deploys flows",
	viewer: "looks, changes nothing",
};

export function InviteDialog({ grants, close }: { grants: Role[]; close(): void }) {
	const client = useQueryClient();
	const { id: person, workspace } = useSession();
	const key = useOpenKey();
	const [email, setEmail] = useState("");
	const [role, setRole] = useState<Role>("operator");
	const [withKey, setWithKey] = useState(true);
	const [link, setLink] = useState<string>();
	const create = useMutation(
		trpc.invites.create.mutationOptions({
			onSuccess: async ({ token }) => {
				await client.invalidateQueries(trpc.invites.list.pathFilter());
				// Put together here: what stands behind # is never sent to the server.
				const printed = key && withKey ? await (await import("../../../browser/vault.ts")).printKept({ person, workspace: workspace.id }) : undefined;
				setLink(`${location.origin}/invite#token=${token}${printed ? `&key=${printed}` : ""}`);
			},
		}),
	);
	const wrong = errorOf(create.error, "email") ?? (create.error ? create.error.message : undefined);

	function submit(event: FormEvent) {
		event.preventDefault();
		create.mutate({ email, role });
	}

	if (link && create.data) {
		return (
			<Dialog title="Give this link to the invited person" close={close}>
				<p className="break-words">
					For <bdi className="font-medium">{email.trim().toLowerCase()}</bdi> as {role}. It works once, until {exact(create.data.expiresAt)}, and is
					shown now and never again.
				</p>
				<Snippet code={link} label="The invite" />
				<p className="text-quiet">
					{link.includes("&key=")
						? "It carries the workspace key: whoever has the link can read what is sealed. Send it by a way that you trust."
						: "It carries no workspace key: the person will need it from somebody who has it."}
				</p>
				<div className="flex justify-end">
					<Button look="strong" onClick={close}>
						Done
					</Button>
				</div>
			</Dialog>
		);
	}
	return (
		<Dialog title="Invite somebody" close={close}>
			<form onSubmit={submit} noValidate className="flex flex-col gap-4">
				<Labelled label="E-mail" hint="The invite is for this address alone, and for this workspace." error={wrong}>
					{(given) => (
						<input
							{...given}
							type="email"
							autoComplete="off"
							spellCheck={false}
							placeholder="ada@example.com"
							value={email}
							onChange={(event) => {
								setEmail(event.target.value);
								create.reset();
							}}
							className={inputLook}
						/>
					)}
				</Labelled>
				<Labelled label="Role">
					{(given) => (
						<select {...given} value={role} onChange={(event) => setRole(event.target.value as Role)} className={inputLook}>
							{grants.map((each) => (
								<option key={each} value={each}>
									{each}: {MEANS[each]}
								</option>
							))}
						</select>
					)}
				</Labelled>
				<label className="flex items-start gap-2">
					<input
						type="checkbox"
						checked={key !== undefined && withKey}
						disabled={!key}
						onChange={(event) => setWithKey(event.target.checked)}
						className="mt-1"
					/>
					<span>
						Put the workspace key into the link
						<span className="block text-quiet text-small">
							{key ? "Behind the #, which browsers do not send: the server never sees it." : "This browser is locked, so it has no key to pass on."}
						</span>
					</span>
				</label>
				<div className="flex justify-end gap-2">
					<Button onClick={close}>Cancel</Button>
					<Button look="strong" type="submit" disabled={create.isPending || email.trim() === ""}>
						Make the invite
					</Button>
				</div>
			</form>
		</Dialog>
	);
}
