"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { useSession } from "../../../browser/session.tsx";
import { Button } from "../../../ui/button.tsx";
import { Snippet } from "../../../ui/copy.tsx";
import { plural } from "../../../ui/format.ts";
import { later } from "../../../ui/later.tsx";
import { SettingsPage } from "../../../ui/settings.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { type Key, KeysTable } from "./keys-table.tsx";

const CreateDialog = later(() => import("./create-dialog.tsx").then((module) => module.CreateDialog));
const RevokeDialog = later(() => import("./revoke-dialog.tsx").then((module) => module.RevokeDialog));

export function KeysPage() {
	const { may } = useSession();
	return (
		<SettingsPage section="API keys">
			<h1 className="sr-only">API keys</h1>
			{may.includes("keys") ? <Keys /> : <NotAllowed />}
		</SettingsPage>
	);
}

function Keys() {
	const keys = useQuery(trpc.keys.list.queryOptions({}));
	const [creating, setCreating] = useState(false);
	const [revoking, setRevoking] = useState<Key>();
	const list = keys.data?.keys;
	return (
		<>
			<div className="mb-3 flex flex-wrap items-center justify-between gap-3">
				<p className="max-w-[72ch] text-quiet">
					An API key lets a program ask for this workspace: CI, the typed client, curl. It opens nothing that is sealed; for that there is the
					workspace key.
				</p>
				<Button look="strong" onClick={() => setCreating(true)}>
					<Plus size={14} aria-hidden />
					New API key
				</Button>
			</div>
			{!list && keys.error && <Trouble title="The API keys can't be shown" detail={keys.error.message} again={() => void keys.refetch()} />}
			{!list && !keys.error && <div className="ghost h-9" aria-busy="true" />}
			{list && list.length > 0 && (
				<>
					<KeysTable keys={list} revoke={setRevoking} />
					<p className="pt-2 text-quiet text-small">{plural(list.length, "key")}</p>
				</>
			)}
			{list?.length === 0 && <NoKeys />}
			{creating && <CreateDialog close={() => setCreating(false)} />}
			{revoking && <RevokeDialog apiKey={revoking} close={() => setRevoking(undefined)} />}
		</>
	);
}

function NoKeys() {
	return (
		<section className="mx-auto flex w-full max-w-xl flex-col gap-4 py-8">
			<h2 className="font-semibold text-title">No API key yet</h2>
			<p className="text-quiet">Make one here, or on a command line that is signed in:</p>
			<Snippet code="npx tidegate api-key create ci --expires 90d" label="Make an API key" />
		</section>
	);
}

function NotAllowed() {
	const { role } = useSession();
	return (
		<section className="flex max-w-xl flex-col gap-4">
			<p>
				Your role is {role}: owners and admins of the organization make API keys. For your own machine you need none of them; this signs it in with
				what you may do yourself:
			</p>
			<Snippet code={`tidegate login --url ${location.origin}`} label="Sign your machine in" />
		</section>
	);
}
