"use client";
/** ⌘K: finds flows, runs, pages and actions, and goes there or does it. By keyboard alone. */
import { Dialog } from "@base-ui/react/dialog";
import { Command } from "cmdk";
import { useState } from "react";
import { takeTypedAhead, typedAhead } from "../asked.ts";
import { StateGlyph } from "../state.tsx";
import { type Entry, type Group, useEntries } from "./entries.ts";
import { find } from "./match.ts";
import { recent, remember } from "./recent.ts";

/** Of each group: enough to choose from, few enough to be seen at once. */
const SHOWN = { idle: 5, found: 8 };

/** Recent first while nothing is typed, and each entry once. */
function shown(groups: Group[], text: string, before: string[]): Group[] {
	if (text.trim() !== "") return groups.map(({ name, entries, found }) => ({ name, entries: found ? entries : find(entries, text, SHOWN.found) }));
	const all = groups.flatMap(({ entries }) => entries);
	const last = before.flatMap((id) => all.find((entry) => entry.id === id) ?? []);
	return [
		{ name: "Recent", entries: last },
		...groups.map(({ name, entries }) => ({
			name,
			entries: entries.filter(({ id }) => !before.includes(id)).slice(0, name === "Pages" ? 20 : SHOWN.idle),
		})),
	];
}

export function Palette({ close }: { close(): void }) {
	const [text, setText] = useState(typedAhead);
	const [before] = useState(recent);
	const groups = shown(useEntries(text), text, before).filter(({ entries }) => entries.length > 0);
	const choose = (entry: Entry) => {
		remember(entry.id);
		// Closed first: what it does may open another dialog.
		close();
		entry.run();
	};
	return (
		<Dialog.Root open onOpenChange={(open) => !open && close()}>
			<Dialog.Portal>
				<Dialog.Backdrop className="fixed inset-0 z-40 bg-veil" />
				<Dialog.Popup
					aria-label="Find flows, runs, pages and actions"
					className="fixed top-[12dvh] left-1/2 z-50 w-[min(600px,calc(100vw-24px))] -translate-x-1/2 overflow-hidden rounded-md border border-line bg-raised shadow-(--shadow-float)"
				>
					<Command label="Find flows, runs, pages and actions" shouldFilter={false} loop>
						<Command.Input
							value={text}
							onValueChange={setText}
							// Letters of the moments between the first paint and the focus.
							onFocus={() => setText(takeTypedAhead() || text)}
							placeholder="Find a flow, a run, a page, an action…"
							className="h-11 w-full border-line border-b bg-transparent px-4 text-large outline-none placeholder:text-quiet"
						/>
						<Command.List className="max-h-[min(56dvh,420px)] overflow-y-auto p-1.5">
							<Command.Empty className="px-3 py-6 text-center text-quiet">Nothing here has “{text.trim().slice(0, 80)}” in its name.</Command.Empty>
							{groups.map(({ name, entries }) => (
								<Command.Group
									key={name}
									heading={name}
									className="pb-1 [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-quiet [&_[cmdk-group-heading]]:text-small"
								>
									{entries.map((entry) => (
										<Line key={entry.id} entry={entry} choose={choose} />
									))}
								</Command.Group>
							))}
						</Command.List>
					</Command>
				</Dialog.Popup>
			</Dialog.Portal>
		</Dialog.Root>
	);
}

function Line({ entry, choose }: { entry: Entry; choose(entry: Entry): void }) {
	const { id, name, icon: Icon, state, note } = entry;
	return (
		<Command.Item
			value={id}
			onSelect={() => choose(entry)}
			className="flex h-8 cursor-pointer items-center gap-2.5 rounded-sm px-2.5 data-[selected=true]:bg-selected"
		>
			{state ? <StateGlyph state={state} /> : <Icon size={14} aria-hidden className="shrink-0 text-quiet" />}
			<span className="min-w-0 flex-1 truncate" title={name}>
				<bdi>{name}</bdi>
			</span>
			{note && (
				<span className="max-w-32 shrink-0 truncate text-quiet text-small">
					<bdi>{note}</bdi>
				</span>
			)}
		</Command.Item>
	);
}
