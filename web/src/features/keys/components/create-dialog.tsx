"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { Button } from "../../../ui/button.tsx";
import { Snippet } from "../../../ui/copy.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Field, inputLook, Labelled } from "../../../ui/field.tsx";
import { EXPIRIES, type Expiry, expiresAt, SCOPES, type ScopeName } from "./scopes.ts";

export function CreateDialog({ close }: { close(): void }) {
	const [made, setMade] = useState<{ apiKey: string; name: string }>();
	if (made) return <Made {...made} close={close} />;
	return (
		<Dialog title="New API key" close={close}>
			<Create made={setMade} />
		</Dialog>
	);
}

function Create({ made }: { made(key: { apiKey: string; name: string }): void }) {
	const client = useQueryClient();
	const id = useId();
	const [name, setName] = useState("");
	const [scope, setScope] = useState<ScopeName>("deploy");
	const [expiry, setExpiry] = useState<Expiry>("90");
	const [date, setDate] = useState("");
	const [badDate, setBadDate] = useState<string>();
	const create = useMutation(
		trpc.keys.create.mutationOptions({
			onSuccess: ({ key }) => {
				void client.invalidateQueries(trpc.keys.pathFilter());
				made({ apiKey: key, name });
			},
		}),
	);
	// The server names the field that it means.
	const refused = create.error?.message.replace(/^expiresAt: /, "The time ");
	const ofExpiry = badDate ?? (create.error?.message.startsWith("expiresAt: ") ? refused : undefined);

	function submit(event: FormEvent) {
		event.preventDefault();
		setBadDate(undefined);
		try {
			create.mutate({ name: name.trim(), scope, expiresAt: expiresAt(expiry, date) });
		} catch (cause) {
			setBadDate((cause as Error).message);
		}
	}

	return (
		<form onSubmit={submit} className="flex flex-col gap-4">
			<Field label="Name" value={name} onChange={(event) => setName(event.target.value)} maxLength={100} placeholder="What it is for, such as ci" />
			<fieldset className="flex flex-col gap-1">
				<legend className="mb-1 font-medium">Scope</legend>
				{SCOPES.map((each) => (
					<label key={each.scope} className="flex cursor-pointer items-start gap-2 rounded-md px-2 py-1 hover:bg-selected has-checked:bg-selected">
						<input
							type="radio"
							name={`${id}-scope`}
							value={each.scope}
							checked={scope === each.scope}
							onChange={() => setScope(each.scope)}
							className="mt-1 accent-(--accent)"
						/>
						<span className="min-w-0">
							<span className="font-medium">{each.name}</span> <span className="text-quiet">{each.words}</span>
						</span>
					</label>
				))}
			</fieldset>
			<Labelled label="Expires" error={ofExpiry}>
				{(given) => (
					<div className="flex gap-2">
						<select
							{...given}
							value={expiry}
							onChange={(event) => {
								setExpiry(event.target.value as Expiry);
								setBadDate(undefined);
								create.reset();
							}}
							className={inputLook}
						>
							{EXPIRIES.map((each) => (
								<option key={each.value} value={each.value}>
									{each.name}
								</option>
							))}
						</select>
						{expiry === "date" && (
							<input
								type="date"
								aria-label="Last day"
								value={date}
								onChange={(event) => {
									setDate(event.target.value);
									setBadDate(undefined);
								}}
								aria-invalid={ofExpiry !== undefined}
								aria-describedby={given["aria-describedby"]}
								className={inputLook}
							/>
						)}
					</div>
				)}
			</Labelled>
			{refused && !ofExpiry && (
				<p role="alert" className="break-words text-failed">
					{refused}
				</p>
			)}
			<div className="flex justify-end">
				<Button look="strong" type="submit" disabled={name.trim() === "" || create.isPending}>
					Make the key
				</Button>
			</div>
		</form>
	);
}

/** The one time that the key is shown. */
function Made({ apiKey, name, close }: { apiKey: string; name: string; close(): void }) {
	const { origin } = location;
	return (
		<Dialog title="Copy the key now" close={close}>
			<p>
				<bdi className="font-medium">{name}</bdi> is shown this once: only a hash of it is kept. Whoever has it may do what its scope says.
			</p>
			<Snippet code={apiKey} label="The API key" />
			<p className="text-quiet">On CI, set three variables and nothing else:</p>
			<Snippet code={`TIDEGATE_URL=${origin}\nTIDEGATE_API_KEY=${apiKey}\nTIDEGATE_WORKSPACE_KEY=tgk_…`} label="Variables for CI" />
			<p className="text-quiet">
				The workspace key (tgk_…) is not here: the server never has it. <code className="font-mono text-text">npx tidegate key show</code> prints it
				where you are signed in.
			</p>
			<div className="flex justify-end">
				<Button look="strong" onClick={close}>
					I have copied it
				</Button>
			</div>
		</Dialog>
	);
}
