"use client";
/** Everything that the palette can find, asked for when it is opened. */
import { useQuery } from "@tanstack/react-query";
import {
	ArrowLeftRight,
	BookOpen,
	FastForward,
	Keyboard,
	Link2,
	Lock,
	LogOut,
	type LucideIcon,
	Play,
	Plus,
	Settings,
	SunMoon,
	UserPen,
	Workflow,
} from "lucide-react";
import { usePathname, useRouter } from "next/navigation";
import { useTheme } from "next-themes";
import { useDeferredValue } from "react";
import { trpc } from "../../browser/api.ts";
import { copyText } from "../../browser/clipboard.ts";
import { commandsHere } from "../../browser/commands.ts";
import { useKey } from "../../browser/key.tsx";
import { useSession } from "../../browser/session.tsx";
import { switchWorkspace } from "../../browser/switching.ts";
import type { Found } from "../../features/docs/components/find.ts";
import { type Asked, ask } from "../asked.ts";
import { shortId } from "../format.ts";
import { PLACES } from "../places.ts";
import { SECTIONS } from "../settings.tsx";
import { type AnyState, faceOf } from "../state.tsx";
import { toast } from "../toast.ts";

export interface Entry {
	/** The same each time, so that it can be remembered. */
	id: string;
	name: string;
	words?: string;
	icon: LucideIcon;
	/** Of a run, in place of the icon. */
	state?: AnyState;
	/** At the end of the line. */
	note?: string;
	run(): void;
}

export interface Group {
	name: string;
	entries: Entry[];
	/** Found already, by what stands in them: shown as they are. */
	found?: boolean;
}

const RUNS = 100;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** @param text what was typed: the id of a run that is in no list is gone to as well. */
export function useEntries(text: string): Group[] {
	const router = useRouter();
	const flows = useQuery(trpc.flows.list.queryOptions({ measured: 0 }));
	const runs = useQuery(trpc.runs.list.queryOptions({ limit: RUNS }));
	const docs = useDocs(text);
	const { may } = useSession();
	const go = (href: string) => () => router.push(href);
	const here = useHere();
	const always = useActions();
	const known = (runs.data?.runs ?? []).map(({ id, flow, state, number }): Entry => {
		const word = faceOf(state).word;
		return {
			id: `run ${id}`,
			name: `${flow} ${shortId(id)}`,
			words: `run ${word} ${id} v${number}`,
			icon: Play,
			state,
			note: word,
			run: go(`/runs/${id}`),
		};
	});
	const wanted = text.trim().toLowerCase();
	if (UUID.test(wanted) && !known.some(({ id }) => id === `run ${wanted}`))
		known.unshift({ id: `run ${wanted}`, name: `Run ${wanted}`, icon: Play, run: go(`/runs/${wanted}`) });
	return [
		{ name: "On this page", entries: here },
		{
			name: "Flows",
			entries: (flows.data?.flows ?? []).map(({ name, live }) => ({
				id: `flow ${name}`,
				name,
				words: "flow",
				icon: Workflow,
				note: live ? `v${live.number}` : undefined,
				run: go(`/flows/${encodeURIComponent(name)}`),
			})),
		},
		{
			name: "Run a flow",
			entries: !may.includes("run")
				? []
				: (flows.data?.flows ?? []).flatMap(({ name, live }) =>
						live
							? [
									{
										id: `start ${name}`,
										name: `Run ${name}…`,
										words: "start trigger",
										icon: FastForward,
										run: go(`/flows/${encodeURIComponent(name)}/run`),
									},
								]
							: [],
					),
		},
		{ name: "Runs", entries: known },
		{
			name: "Pages",
			entries: [
				...PLACES.map(({ name, href, icon, key }) => ({ id: `page ${href}`, name, words: "go to page", icon, note: `g ${key}`, run: go(href) })),
				...SECTIONS.map(({ name, href }) => ({ id: `page ${href}`, name: `Settings: ${name}`, icon: Settings, run: go(href) })),
			],
		},
		{ name: "Actions", entries: always },
		{
			name: "Docs",
			found: true,
			entries: docs.map(({ href, page, heading }) => ({
				id: `docs ${href}`,
				name: heading ? `${page}: ${heading}` : page,
				icon: BookOpen,
				run: go(href),
			})),
		},
	];
}

/** As everything else here is found: every word stands in it, as it was typed. */
function has({ page, heading, text }: Found, wanted: string): boolean {
	const all = `${page} ${heading} ${text}`.toLowerCase();
	return wanted
		.toLowerCase()
		.split(/\s+/)
		.every((word) => all.includes(word));
}

/** Parts of the docs that tell of what is looked for. Their text and index come once something was typed. */
function useDocs(text: string): Found[] {
	const wanted = useDeferredValue(text.trim());
	const found = useQuery({
		queryKey: ["docs", wanted],
		queryFn: async () => (await import("../../features/docs/components/find.ts")).find(wanted).filter((one) => has(one, wanted)),
		enabled: wanted.length > 1,
		staleTime: Number.POSITIVE_INFINITY,
		placeholderData: (before) => before,
	});
	return wanted.length > 1 ? (found.data ?? []) : [];
}

/** What the page that is shown offers. */
function useHere(): Entry[] {
	const path = usePathname();
	const copy = () =>
		void copyText(location.href).then((done) =>
			done
				? toast("Copied the link to this page")
				: toast("Not copied", { tone: "bad", detail: "This browser does not let pages copy: take it from the address bar." }),
		);
	return [
		...commandsHere().map(({ name, icon, key, run }) => ({ id: `here ${path} ${name}`, name, icon, note: key, run })),
		{ id: "copy link", name: "Copy the link to this page", words: "address url share", icon: Link2, run: copy },
	];
}

function useActions(): Entry[] {
	const { resolvedTheme, setTheme } = useTheme();
	const { current } = useKey();
	const session = useSession();
	const dark = resolvedTheme === "dark";
	const open = (what: Asked) => () => ask(what);
	return [
		{
			id: "theme",
			name: dark ? "Light theme" : "Dark theme",
			words: "toggle light dark",
			icon: SunMoon,
			run: () => setTheme(dark ? "light" : "dark"),
		},
		{
			id: "key",
			name: current.state === "open" ? "Lock this browser…" : "Unlock sealed content…",
			words: "workspace key lock unlock",
			icon: Lock,
			run: open("key"),
		},
		{ id: "keys", name: "Show all keys", words: "keyboard shortcuts help", icon: Keyboard, note: "?", run: open("keys") },
		...(session.by === "session" ? [{ id: "profile", name: "Change your name…", words: "profile me", icon: UserPen, run: open("profile") }] : []),
		...session.workspaces
			.filter(({ id }) => id !== session.workspace.id)
			.map((workspace) => ({
				id: `workspace ${workspace.id}`,
				name: `Switch to ${workspace.name}`,
				words: `workspace ${workspace.organization.name}`,
				note: workspace.organization.name,
				icon: ArrowLeftRight,
				run: () => switchWorkspace(workspace),
			})),
		...(session.may.includes("manage") ? [{ id: "new workspace", name: "New workspace…", icon: Plus, run: open("workspace") }] : []),
		{ id: "leave", name: "Sign out", words: "log out leave", icon: LogOut, run: open("leave") },
	];
}
