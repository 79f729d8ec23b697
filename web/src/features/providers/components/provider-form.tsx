"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { errorCode, type Outputs, trpc } from "../../../browser/api.ts";
import { Button } from "../../../ui/button.tsx";
import { Snippet } from "../../../ui/copy.tsx";
import { errorOf, inputLook, Labelled } from "../../../ui/field.tsx";
import { later } from "../../../ui/later.tsx";
import { Found } from "./found.tsx";

type Kept = NonNullable<Outputs["providers"]["get"]["provider"]>;

const RemoveDialog = later(() => import("./remove-dialog.tsx").then((module) => module.RemoveDialog));
const ROLES = {
	viewer: "viewer: looks, changes nothing",
	operator: "operator: runs and deploys flows",
	admin: "admin: also agents, API keys and members",
};

const empty = { name: "", issuer: "", clientId: "", clientSecret: "", domains: "", role: "viewer" as Kept["role"] };
const split = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

/** Which field a refusal is about. */
function errorsOf(error: unknown): Partial<Record<keyof typeof empty | "rest", string>> {
	if (!error) return {};
	const { data, message } = error as { data?: { reason?: string }; message: string };
	if (data?.reason === "issuer") return { issuer: message };
	if (data?.reason === "domain_taken") return { domains: message };
	const fields = (Object.keys(empty) as (keyof typeof empty)[]).flatMap((name) => {
		const told = errorOf(error, name);
		return told ? [[name, told]] : [];
	});
	return fields.length > 0 ? Object.fromEntries(fields) : { rest: message };
}

export function ProviderForm({ provider, redirectUrl }: { provider: Kept | null; redirectUrl: string }) {
	const client = useQueryClient();
	const [value, setValue] = useState({ ...empty, ...provider, clientSecret: "", domains: provider?.domains.join(", ") ?? "" });
	const [removing, setRemoving] = useState(false);
	const [saved, setSaved] = useState(false);
	const test = useMutation(trpc.providers.test.mutationOptions());
	const save = useMutation(
		trpc.providers.save.mutationOptions({
			onSuccess: () => {
				setSaved(true);
				setValue((was) => ({ ...was, clientSecret: "" }));
				void client.invalidateQueries(trpc.members.list.pathFilter());
			},
		}),
	);
	const kept = provider !== null || save.data !== undefined;
	const [missing, setMissing] = useState<Partial<typeof empty>>({});
	const wrong = { ...missing, ...errorsOf(test.error), ...errorsOf(save.error) };
	const set = (name: keyof typeof empty) => (event: { target: { value: string } }) => {
		setValue({ ...value, [name]: event.target.value });
		setSaved(false);
		setMissing({ ...missing, [name]: undefined });
		if (save.error) save.reset();
		if (name === "issuer") test.reset();
	};
	const input =
		(name: keyof typeof empty, more: object = {}) =>
		(given: object) => (
			<input {...given} autoComplete="off" spellCheck={false} value={value[name]} onChange={set(name)} className={inputLook} {...more} />
		);

	function submit(event: FormEvent) {
		event.preventDefault();
		const { name, issuer, clientId, clientSecret, domains, role } = value;
		const empties = (Object.keys(empty) as (keyof typeof empty)[]).filter((each) => value[each].trim() === "" && !(each === "clientSecret" && kept));
		setMissing(Object.fromEntries(empties.map((each) => [each, "Is missing"])));
		if (empties.length > 0) return;
		save.mutate({ name, issuer, clientId, role, domains: split(domains), ...(clientSecret ? { clientSecret } : {}) });
	}

	return (
		<form onSubmit={submit} noValidate className="flex flex-col gap-4">
			<div className="flex flex-col gap-1">
				<p className="font-medium">Redirect URL</p>
				<Snippet code={redirectUrl} label="Redirect URL" />
				<p className="text-quiet text-small">
					Register Tidegate with your provider as a web application, with this URL; it gives you what is asked below.
				</p>
			</div>
			<Labelled label="Issuer" hint="Its discovery document is at this address, followed by /.well-known/openid-configuration." error={wrong.issuer}>
				{(given) => (
					<div className="flex gap-2">
						{input("issuer", { type: "url", placeholder: "https://id.example.com" })(given)}
						<Button className="h-8" disabled={test.isPending || value.issuer.trim() === ""} onClick={() => test.mutate({ issuer: value.issuer })}>
							{test.isPending ? "Testing…" : "Test"}
						</Button>
					</div>
				)}
			</Labelled>
			{test.data && <Found found={test.data} />}
			<Labelled label="Client id" error={wrong.clientId}>
				{input("clientId")}
			</Labelled>
			<Labelled
				label="Client secret"
				hint={kept ? "One is kept, sealed, and never shown again. Leave this empty to keep it." : "Kept sealed, and never shown again."}
				error={wrong.clientSecret}
			>
				{input("clientSecret", { type: "password", autoComplete: "new-password", placeholder: kept ? "unchanged" : undefined })}
			</Labelled>
			<Labelled
				label="E-mail domains"
				hint="People with addresses of these domains sign in by this provider. Separate them by commas."
				error={wrong.domains}
			>
				{input("domains", { placeholder: "example.com" })}
			</Labelled>
			<Labelled label="Name" hint="Shown on the button: Continue with …" error={wrong.name}>
				{input("name", { placeholder: "Example Ltd" })}
			</Labelled>
			<Labelled label="Role of new people" hint="Whoever signs in for the first time, without an invite, joins as this." error={wrong.role}>
				{(given) => (
					<select {...given} value={value.role} onChange={set("role")} className={inputLook}>
						{Object.entries(ROLES).map(([role, means]) => (
							<option key={role} value={role}>
								{means}
							</option>
						))}
					</select>
				)}
			</Labelled>
			{wrong.rest && (
				<p role="alert" className="break-words text-failed">
					{errorCode(save.error ?? test.error) ? wrong.rest : `Not saved, the server did not answer: ${wrong.rest}`}
				</p>
			)}
			<div className="flex flex-wrap items-center gap-2">
				<Button look="strong" type="submit" disabled={save.isPending}>
					{save.isPending ? "Saving…" : "Save"}
				</Button>
				<span role="status" className="text-succeeded">
					{saved && "Saved. People of these domains can sign in now."}
				</span>
				{kept && (
					<Button look="danger" className="ml-auto" onClick={() => setRemoving(true)}>
						Remove
					</Button>
				)}
			</div>
			{removing && <RemoveDialog close={() => setRemoving(false)} />}
		</form>
	);
}
