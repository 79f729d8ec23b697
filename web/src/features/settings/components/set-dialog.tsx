"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { useOpenKey } from "../../../browser/key.tsx";
import { useOpened } from "../../../browser/opened.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Field, inputLook, Labelled } from "../../../ui/field.tsx";
import { idOf, type Kind, type Setting, wordsOf } from "./kinds.ts";
import { readSetting, sealTyped, type Wrong } from "./sealing.ts";

interface Props {
	kind: Kind;
	/** To be changed; null: a new one. */
	setting: Setting | null;
	/** Those that there are. */
	taken: Setting[];
	close(): void;
}

export function SetDialog({ setting, ...rest }: Props) {
	// What it is now is opened before the field appears, so that nothing that was typed is lost.
	const now = useOpened(`setting ${setting && idOf(setting)} ${setting?.sealed}`, setting?.sealed, (_, key, sealed) =>
		readSetting(key, setting as Setting, sealed),
	);
	return (
		<Dialog title={setting ? `Change ${setting.name}` : `New ${rest.kind}`} close={rest.close}>
			{now.state === "opening" ? (
				<div className="ghost h-40" aria-busy="true" />
			) : (
				<Form setting={setting} now={now.state === "open" ? now.value : ""} {...rest} />
			)}
		</Dialog>
	);
}

const VALUES: Record<Kind, { label: string; hint?: string }> = {
	secret: { label: "Value", hint: "It may have several lines. Fewer than 6 characters are not hidden in logs." },
	variable: { label: "Value", hint: 'What is JSON is taken as that (0.8, true, ["eu"]), all else as text.' },
	connection: { label: "URL", hint: "A secret stands in it by its name: postgresql://etl:{DB_PASSWORD}@db.internal/sales" },
};

function Form({ kind, setting, taken, now, close }: Props & { now: string }) {
	const client = useQueryClient();
	const key = useOpenKey();
	const pools = useQuery(trpc.pools.list.queryOptions({})).data?.pools ?? [];
	const [name, setName] = useState(setting?.name ?? "");
	const [pool, setPool] = useState(setting?.pool ?? "");
	const [value, setValue] = useState(now);
	const [wrong, setWrong] = useState<Wrong>({});
	const place = { kind, name: name.trim(), pool: pool || null };
	const replaces = !setting && taken.some((each) => idOf(each) === idOf(place));
	const save = useMutation(
		trpc.settings.set.mutationOptions({
			onSuccess: () => {
				void client.invalidateQueries(trpc.settings.pathFilter());
				close();
			},
		}),
	);

	async function submit(event: FormEvent) {
		event.preventDefault();
		if (!key || save.isPending) return;
		const done = await sealTyped(key, place, value);
		if ("sealed" in done) save.mutate({ ...place, sealed: done.sealed });
		else setWrong(done);
	}

	return (
		<form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
			{!setting && (
				<Field
					label="Name"
					value={name}
					onChange={(event) => {
						setName(event.target.value);
						setWrong({ ...wrong, name: undefined });
					}}
					maxLength={100}
					placeholder={wordsOf(kind).example}
					error={wrong.name}
					hint={replaces ? "There is one of this name: it gets the new value." : undefined}
					className="font-mono"
				/>
			)}
			{!setting && (
				<Labelled label="For" hint="One for a pool comes before one for all.">
					{(given) => (
						<select {...given} value={pool} onChange={(event) => setPool(event.target.value)} className={inputLook}>
							<option value="">agents of all pools</option>
							{pools.map((each) => (
								<option key={each.id} value={each.name}>
									agents of pool {each.name}
								</option>
							))}
						</select>
					)}
				</Labelled>
			)}
			<Labelled {...VALUES[kind]} label={setting && kind === "secret" ? "New value" : VALUES[kind].label} error={wrong.value}>
				{(given) => (
					<textarea
						{...given}
						value={value}
						onChange={(event) => {
							setValue(event.target.value);
							setWrong({ ...wrong, value: undefined });
						}}
						rows={kind === "connection" ? 2 : 3}
						autoComplete="off"
						autoCapitalize="off"
						spellCheck={false}
						className={`${inputLook} h-auto resize-y py-1.5 font-mono text-small ${kind === "secret" ? "[-webkit-text-security:disc]" : ""}`}
					/>
				)}
			</Labelled>
			{kind === "secret" && <p className="text-quiet text-small">An agent's own secret of the same name comes before it.</p>}
			{save.error && (
				<p role="alert" className="break-words text-failed">
					{save.error.message}
				</p>
			)}
			<div className="flex justify-end gap-2">
				<Button onClick={close}>Cancel</Button>
				<Button look="strong" type="submit" disabled={!key || save.isPending}>
					Seal and save
				</Button>
			</div>
		</form>
	);
}
