"use client";
import { useQuery } from "@tanstack/react-query";
import { Keyboard, LogOut } from "lucide-react";
import { usePathname } from "next/navigation";
import { trpc } from "../browser/api.ts";
import { type Session, useMaybeSession } from "../browser/session.tsx";
import { ask } from "./asked.ts";
import { Link } from "./link.tsx";
import { APPROVALS, isAt, PLACES } from "./places.ts";
import { Switcher } from "./switcher.tsx";

const entry =
	"flex h-8 items-center gap-2.5 rounded-md px-2.5 text-quiet hover:bg-selected hover:text-text aria-[current=page]:bg-selected aria-[current=page]:text-text";

export function Sidebar() {
	const session = useMaybeSession();
	const path = usePathname();
	return (
		<div className="flex min-h-0 flex-1 flex-col gap-4 p-3">
			<Switcher />
			<nav aria-label="Main" className="flex-1">
				{PLACES.map((place) => (
					<Link key={place.href} href={place.href} onClick={() => ask(null)} aria-current={isAt(path, place) ? "page" : undefined} className={entry}>
						<place.icon size={16} aria-hidden />
						{place.name}
						{session && place.href === APPROVALS && <Open />}
					</Link>
				))}
			</nav>
			<button type="button" onClick={() => ask("keys")} className={`${entry} max-md:hidden`}>
				<Keyboard size={16} aria-hidden />
				Keyboard
				<kbd className="ml-auto font-mono text-small">?</kbd>
			</button>
			{session && <Person session={session} />}
		</div>
	);
}

/** Counted no further. */
const MOST = 999;

/** How many questions are open now. */
function Open() {
	const open = useQuery(trpc.runs.waits.queryOptions({ kind: "approval", limit: 1 })).data?.open ?? 0;
	if (open === 0) return null;
	return (
		<span className="ml-auto rounded-sm bg-selected px-1.5 text-small text-text tabular-nums">
			{open > MOST ? `${MOST}+` : open}
			<span className="sr-only"> open</span>
		</span>
	);
}

function Person({ session }: { session: Session }) {
	return (
		<div className="flex items-center gap-2 border-line border-t pt-3">
			<button
				type="button"
				onClick={() => ask("profile")}
				title="Your profile"
				className="min-w-0 flex-1 rounded-md px-1.5 py-0.5 text-start hover:bg-selected"
			>
				<span className="block truncate">
					<bdi>{session.name}</bdi>
				</span>
				{session.email && <span className="block truncate text-quiet text-small">{session.email}</span>}
			</button>
			<button
				type="button"
				onClick={() => ask("leave")}
				title="Sign out and forget the workspace key"
				className="flex size-7 items-center justify-center rounded-md text-quiet hover:bg-selected hover:text-text"
			>
				<LogOut size={15} aria-hidden />
				<span className="sr-only">Sign out</span>
			</button>
		</div>
	);
}
