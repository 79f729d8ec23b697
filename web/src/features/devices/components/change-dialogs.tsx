"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { useSession } from "../../../browser/session.tsx";
import { forgetAllKeys } from "../../../browser/vault.ts";
import { Button } from "../../../ui/button.tsx";
import { Confirm, Dialog } from "../../../ui/dialog.tsx";
import { Field } from "../../../ui/field.tsx";
import type { Device } from "./asks.ts";

interface Props {
	device: Device;
	close(): void;
}

function useRenewed(close: () => void) {
	const client = useQueryClient();
	return {
		onSuccess: () => {
			void client.invalidateQueries(trpc.devices.pathFilter());
			close();
		},
	};
}

function consequence({ kind, state }: Device): string {
	if (kind === "cli") return "Its API key is revoked: the command line there is signed out within seconds.";
	if (state === "asks") return "Its request goes away. It can ask again.";
	return "It is not listed any more.";
}

export function RemoveDialog({ device, close }: Props) {
	const remove = useMutation(trpc.devices.remove.mutationOptions(useRenewed(close)));
	const asks = device.state === "asks";
	return (
		<Confirm
			title={asks ? "Refuse this device?" : "Remove this device?"}
			close={close}
			doing={asks ? "Refuse" : "Remove the device"}
			pending={remove.isPending}
			done={() => remove.mutate({ id: device.id })}
		>
			<p className="line-clamp-6 break-words">
				<bdi className="font-medium">{device.name}</bdi> of <bdi>{device.person}</bdi>. {consequence(device)}
			</p>
			{device.state === "holds" && (
				<p className="mt-2 text-quiet">The workspace key that it holds can't be taken back from here: lock the browser, or delete the key, on it.</p>
			)}
			{remove.error && (
				<p role="alert" className="mt-2 text-failed">
					{remove.error.message}
				</p>
			)}
		</Confirm>
	);
}

export function EverywhereDialog({ close }: Pick<Props, "close">) {
	const { id } = useSession();
	const end = useMutation(
		trpc.sessions.endAll.mutationOptions({
			onSuccess: async () => {
				// Where keys can't be kept there is none to forget.
				await forgetAllKeys(id).catch(() => undefined);
				location.assign("/sign-in?out=1");
			},
		}),
	);
	return (
		<Confirm title="Sign out everywhere?" close={close} doing="Sign out everywhere" pending={end.isPending} done={() => end.mutate({})}>
			<p>
				All your sessions end within seconds, also this one. This browser forgets your workspace keys; other browsers keep theirs for your next
				sign-in there.
			</p>
			{end.error && (
				<p role="alert" className="mt-2 text-failed">
					{end.error.message}
				</p>
			)}
		</Confirm>
	);
}

export function RenameDialog({ device, close }: Props) {
	const [name, setName] = useState(device.name);
	const rename = useMutation(trpc.devices.rename.mutationOptions(useRenewed(close)));
	function submit(event: FormEvent) {
		event.preventDefault();
		rename.mutate({ id: device.id, name });
	}
	return (
		<Dialog title="Rename the device" close={close}>
			<form onSubmit={submit} className="flex flex-col gap-4">
				<Field label="Name" error={rename.error?.message} value={name} onChange={(event) => setName(event.target.value)} maxLength={100} />
				<div className="flex justify-end">
					<Button look="strong" type="submit" disabled={name.trim() === "" || rename.isPending}>
						Rename
					</Button>
				</div>
			</form>
		</Dialog>
	);
}
