"use client";
import { LockKeyhole, LockKeyholeOpen } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Outputs } from "../../../browser/api.ts";
import { wrapFor } from "../../../browser/device.ts";
import { useKey } from "../../../browser/key.tsx";
import { useSession } from "../../../browser/session.tsx";
import { chooseWorkspace } from "../../../browser/workspace.ts";
import { askForKey } from "../../../ui/asked.ts";
import { Button } from "../../../ui/button.tsx";
import { inputLook, Labelled } from "../../../ui/field.tsx";
import { Ago } from "../../../ui/time.tsx";
import { Fingerprint } from "./fingerprint.tsx";

export type Login = Outputs["login"]["look"];

interface Props {
	login: Login;
	code: string;
	pending: boolean;
	approve(key: { kid: string; wrapped: string } | undefined): void;
	deny(): void;
}

export function Decide({ login, code, pending, approve, deny }: Props) {
	const { current } = useKey();
	const session = useSession();
	const [wrong, setWrong] = useState<string>();

	async function confirm() {
		setWrong(undefined);
		try {
			approve(current.state === "open" ? await wrapFor(login.publicKey, { person: session.id, workspace: session.workspace.id }) : undefined);
		} catch (cause) {
			setWrong(`The workspace key can't be wrapped for this device: ${(cause as Error).message}`);
		}
	}

	return (
		<>
			<p>A command line asks to be signed in as you. Approve it only if you started it yourself, just now.</p>
			<dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5 border-line border-y py-4">
				<Fact name="Code">
					<span className="font-mono font-medium text-large">{code.toUpperCase()}</span>
				</Fact>
				<Fact name="Fingerprint">
					<Fingerprint of={login.publicKey} />
				</Fact>
				<Fact name="Host">
					<bdi className="min-w-0 [overflow-wrap:anywhere]">{login.host}</bdi>
				</Fact>
				<Fact name="Address">
					<bdi>{login.address}</bdi>
				</Fact>
				<Fact name="Version">
					<bdi>tidegate {login.version}</bdi>
				</Fact>
				<Fact name="Asked">
					<Ago at={login.askedAt} />
				</Fact>
			</dl>
			<p className="text-quiet">
				Code and fingerprint must be the same on the terminal. The fingerprint is that of the device's own key: another one means that somebody stands
				between.
			</p>
			<WorkspaceChoice />
			<p>
				It may do what you may do there ({session.role}), for 90 days, and no longer than you are a member. You can end it under Settings, Devices.
			</p>
			<KeyAlong />
			{wrong && (
				<p role="alert" className="break-words text-failed">
					{wrong}
				</p>
			)}
			<div className="flex flex-wrap gap-2">
				<Button look="strong" disabled={pending || current.state === "loading"} onClick={() => void confirm()}>
					They are the same: approve
				</Button>
				<Button disabled={pending} onClick={deny}>
					Refuse
				</Button>
			</div>
		</>
	);
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
	return (
		<>
			<dt className="py-0.5 text-quiet">{name}</dt>
			<dd className="flex min-h-6 min-w-0 items-center">{children}</dd>
		</>
	);
}

/** Another workspace has another key: the page is loaded anew for it. */
function WorkspaceChoice() {
	const { organization, workspace, workspaces } = useSession();
	if (workspaces.length < 2)
		return (
			<p className="break-words">
				Signs in to <bdi className="font-medium">{workspace.name}</bdi> of <bdi>{organization.name}</bdi>.
			</p>
		);
	return (
		<Labelled label="Workspace">
			{(given) => (
				<select
					{...given}
					value={workspace.id}
					onChange={(event) => {
						chooseWorkspace(event.target.value);
						location.reload();
					}}
					className={`${inputLook} max-w-80`}
				>
					{workspaces.map((each) => (
						<option key={each.id} value={each.id}>
							{each.organization.name} / {each.name}
						</option>
					))}
				</select>
			)}
		</Labelled>
	);
}

/** Whether the workspace key goes along, said before it does. */
function KeyAlong() {
	const { current } = useKey();
	if (current.state === "open")
		return (
			<p className="flex items-start gap-2">
				<LockKeyholeOpen size={14} aria-hidden className="mt-[3px] shrink-0" />
				<span className="min-w-0">
					The workspace key goes along, wrapped for this device; the server can't read it. Its id is{" "}
					<span className="font-mono">{current.key.kid}</span>: the terminal shows the same in the end.
				</span>
			</p>
		);
	return (
		<p className="flex items-start gap-2">
			<LockKeyhole size={14} aria-hidden className="mt-[3px] shrink-0" />
			<span className="min-w-0">
				The workspace key does not go along: this browser is locked.{" "}
				{current.state === "sealed" && (
					<button type="button" onClick={askForKey} className="rounded-sm text-accent underline underline-offset-2">
						Unlock it first
					</button>
				)}
			</span>
		</p>
	);
}
