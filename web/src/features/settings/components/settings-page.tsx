"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { hrefWith, useAddress } from "../../../browser/address.ts";
import { trpc } from "../../../browser/api.ts";
import { useKey } from "../../../browser/key.tsx";
import { useMay } from "../../../browser/may.ts";
import { useTyped } from "../../../browser/typed.ts";
import { askForKey } from "../../../ui/asked.ts";
import { Button } from "../../../ui/button.tsx";
import { Snippet } from "../../../ui/copy.tsx";
import { later } from "../../../ui/later.tsx";
import { Page } from "../../../ui/page.tsx";
import { Search } from "../../../ui/search.tsx";
import { Tabs } from "../../../ui/tabs.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { KINDS, type Kind, type Setting, wordsOf } from "./kinds.ts";
import { SettingsTable } from "./settings-table.tsx";

const SetDialog = later(() => import("./set-dialog.tsx").then((module) => module.SetDialog));
const RemoveDialog = later(() => import("./remove-dialog.tsx").then((module) => module.RemoveDialog));

/** As people count: 2 before 10. */
const { compare } = new Intl.Collator(undefined, { numeric: true });
const inOrder = (a: Setting, b: Setting) => compare(a.name, b.name) || compare(a.pool ?? "", b.pool ?? "");

const crumbs = [{ name: "Secrets and variables" }];
/** From so many on there is a field to find one. */
const MANY = 10;

/** What the workspace keeps for its flows beside their code. */
export function SettingsPage() {
	const [search, change] = useAddress();
	const list = useQuery(trpc.settings.list.queryOptions({}));
	const settings = list.data?.settings;
	const { kind } = wordsOf(search.get("kind"));
	const query = (value: string) => ({ kind: value === "secret" ? null : value, q: null });
	const count = (of: Kind) => settings?.filter((each) => each.kind === of).length || undefined;
	return (
		<Page crumbs={crumbs} title="Secrets and variables">
			<h1 className="sr-only">Secrets and variables</h1>
			<Tabs
				label="Kinds"
				value={kind}
				href={(value) => hrefWith(search, query(value))}
				onChange={(value) => change(query(value))}
				tabs={KINDS.map((each) => ({
					value: each.kind,
					name: each.name,
					count: count(each.kind)?.toString(),
					content: (
						<>
							{!settings && list.error && (
								<Trouble title="The settings can't be shown" detail={list.error.message} again={() => void list.refetch()} />
							)}
							{!settings && !list.error && <div className="ghost h-9" aria-busy="true" />}
							{settings && <OfKind key={each.kind} kind={each.kind} settings={settings.filter((one) => one.kind === each.kind).sort(inOrder)} />}
						</>
					),
				}))}
			/>
		</Page>
	);
}

type Asked = { set: Setting | null } | { remove: Setting } | undefined;

function OfKind({ kind, settings }: { kind: Kind; settings: Setting[] }) {
	const words = wordsOf(kind);
	const { may, why } = useMay("deploy");
	const { current } = useKey();
	const [asked, ask] = useState<Asked>();
	const [text, setText] = useTyped("q");
	const wanted = useDeferredValue(text).trim().toLowerCase();
	const shown = wanted ? settings.filter(({ name, pool }) => `${name} ${pool ?? ""}`.toLowerCase().includes(wanted)) : settings;
	const close = () => ask(undefined);
	// Nothing is sealed without the key.
	const set = (setting: Setting | null) => (current.state === "open" ? ask({ set: setting }) : askForKey());
	return (
		<>
			<div className="mb-4 flex flex-wrap items-start justify-between gap-3">
				<p className="max-w-[72ch] text-quiet">{words.about}</p>
				<Button look="strong" onClick={() => set(null)} disabled={!may} title={why}>
					<Plus size={14} aria-hidden />
					New {kind}
				</Button>
			</div>
			{settings.length >= MANY && (
				<div className="mb-3">
					<Search label={`Find a ${kind}`} value={text} onChange={setText} />
				</div>
			)}
			{settings.length === 0 && <None kind={kind} />}
			{shown.length > 0 && <SettingsTable kind={kind} settings={shown} may={may} set={set} remove={(setting) => ask({ remove: setting })} />}
			{settings.length > 0 && shown.length === 0 && (
				<p className="py-6 text-quiet">
					No {kind} here has “<bdi>{wanted.slice(0, 80)}</bdi>” in its name.
				</p>
			)}
			{asked && "set" in asked && <SetDialog kind={kind} setting={asked.set} taken={settings} close={close} />}
			{asked && "remove" in asked && <RemoveDialog setting={asked.remove} close={close} />}
		</>
	);
}

function None({ kind }: { kind: Kind }) {
	const { code, command, example } = wordsOf(kind);
	return (
		<section className="mx-auto flex w-full max-w-xl min-w-0 flex-col gap-4 py-8">
			<h2 className="font-semibold text-title">No {kind} yet</h2>
			<p className="text-quiet">Set one here, or on a command line that is signed in:</p>
			<Snippet code={command} label={`Set a ${kind}`} />
			<p className="text-quiet">A flow asks for it by its name:</p>
			<Snippet code={code(example)} label="In a flow" />
		</section>
	);
}
