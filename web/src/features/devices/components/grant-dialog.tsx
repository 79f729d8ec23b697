"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { wrapFor } from "../../../browser/device.ts";
import { useSession } from "../../../browser/session.tsx";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import type { Device } from "./asks.ts";
import { Fingerprint } from "./fingerprint.tsx";

/** What is given can't be taken back, so it is given after two people have compared. */
export function GrantDialog({ device, close }: { device: Device; close(): void }) {
	const client = useQueryClient();
	const { id: person, workspace } = useSession();
	const [wrong, setWrong] = useState<string>();
	const grant = useMutation(
		trpc.devices.grant.mutationOptions({
			onSuccess: close,
			onError: (error) => setWrong(error.message),
			onSettled: () => void client.invalidateQueries(trpc.devices.pathFilter()),
		}),
	);

	async function give() {
		setWrong(undefined);
		try {
			const { id, publicKey } = device;
			grant.mutate({ id, publicKey, ...(await wrapFor(publicKey, { person, workspace: workspace.id })) });
		} catch (cause) {
			setWrong(`The key can't be wrapped for this device: ${(cause as Error).message}`);
		}
	}

	return (
		<Dialog title="Give the workspace key?" close={close}>
			<p className="line-clamp-6 break-words">
				<bdi className="font-medium">{device.person}</bdi> will be able to read everything in <bdi>{workspace.name}</bdi>, and to deploy, on{" "}
				<bdi>{device.name}</bdi>. It can't be taken back.
			</p>
			<p className="text-quiet">Ask them, by another way than this page, what their page shows. It must be this:</p>
			<p className="text-large">
				<Fingerprint of={device.publicKey} />
			</p>
			<p className="text-quiet text-small">
				The key is wrapped in this browser for that one device. A server that was taken over could show you a device of its own here: its fingerprint
				would be another.
			</p>
			{wrong && (
				<p role="alert" className="break-words text-failed">
					{wrong}
				</p>
			)}
			<div className="flex flex-wrap justify-end gap-2">
				<Button onClick={close}>Not now</Button>
				<Button look="strong" disabled={grant.isPending} onClick={() => void give()}>
					It is the same: give the key
				</Button>
			</div>
		</Dialog>
	);
}
