"use client";
import { ChevronsUpDown } from "lucide-react";
import { useRef, useState } from "react";
import { useMaybeSession } from "../browser/session.tsx";
import { later } from "./later.tsx";
import { Logo } from "./logo.tsx";

const SwitcherMenu = later(() => import("./switcher-menu.tsx").then((module) => module.default));

/** Where the page is, and the way to the other workspaces. */
export function Switcher() {
	const session = useMaybeSession();
	const [open, setOpen] = useState(false);
	const button = useRef<HTMLButtonElement>(null);
	return (
		<>
			<button
				ref={button}
				type="button"
				disabled={!session}
				aria-haspopup="menu"
				aria-expanded={open}
				onClick={() => setOpen(true)}
				className="flex h-10 shrink-0 items-center gap-2.5 rounded-md px-1.5 text-start hover:bg-selected max-md:mr-8"
			>
				<Logo />
				<span className="min-w-0 flex-1">
					<span className="sr-only">Workspace </span>
					<span className="block truncate font-semibold">{session ? <bdi>{session.workspace.name}</bdi> : "Tidegate"}</span>
					<span className="block truncate text-quiet text-small">{session ? <bdi>{session.organization.name}</bdi> : "\u00a0"}</span>
				</span>
				<span className="sr-only">: switch</span>
				<ChevronsUpDown size={14} aria-hidden className="shrink-0 text-quiet" />
			</button>
			{open && session && <SwitcherMenu session={session} button={button} close={() => setOpen(false)} />}
		</>
	);
}
