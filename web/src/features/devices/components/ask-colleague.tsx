"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Loader, Users } from "lucide-react";
import { trpc } from "../../../browser/api.ts";
import { deviceName } from "../../../browser/device.ts";
import { Button } from "../../../ui/button.tsx";
import { useOwnDevice } from "./asks.ts";
import { Fingerprint } from "./fingerprint.tsx";

/** The other way to the workspace key than pasting it: another member's unlocked browser wraps it for this one. */
export function AskColleague() {
	const client = useQueryClient();
	const { publicKey, device } = useOwnDevice(true);
	const renew = () => void client.invalidateQueries(trpc.devices.pathFilter());
	const ask = useMutation(trpc.devices.ask.mutationOptions({ onSuccess: renew }));
	const remove = useMutation(trpc.devices.remove.mutationOptions({ onSuccess: renew }));
	const waits = device?.state === "asks";
	const wrong = ask.error ?? remove.error;
	return (
		<section aria-label="Ask a colleague" className="flex flex-col gap-2 border-line border-t pt-4">
			{waits ? (
				<>
					<p role="status" className="flex items-start gap-2">
						<Loader size={14} aria-hidden className="pulse mt-[3px] shrink-0 text-waiting" />
						<span className="min-w-0">
							Waiting. Whoever of the workspace has an unlocked browser open sees that you ask. Tell them this fingerprint, which must be the same on
							their page:
						</span>
					</p>
					<p className="text-large">
						<Fingerprint of={publicKey} />
					</p>
					<p className="text-quiet text-small">You may close this and go on: the page unlocks by itself.</p>
					<div>
						<Button disabled={remove.isPending} onClick={() => remove.mutate({ id: device.id })}>
							Don't ask any more
						</Button>
					</div>
				</>
			) : (
				<>
					<p className="text-quiet">No key at hand? A colleague whose browser is unlocked can give it to this one. The server never sees it.</p>
					<div>
						<Button
							disabled={!publicKey || device === undefined || ask.isPending}
							onClick={() => publicKey && ask.mutate({ publicKey, name: deviceName() })}
						>
							<Users size={14} aria-hidden />
							Ask a colleague
						</Button>
					</div>
				</>
			)}
			{wrong && (
				<p role="alert" className="break-words text-failed">
					{wrong.message}
				</p>
			)}
		</section>
	);
}
