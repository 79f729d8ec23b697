"use client";
import { LockKeyhole, LockKeyholeOpen, Menu } from "lucide-react";
import type { ReactNode } from "react";
import { type Connection, useConnection } from "../browser/connection.ts";
import { useKey } from "../browser/key.tsx";
import { useMaybeSession } from "../browser/session.tsx";
import { useTitle } from "../browser/tab.ts";
import { ask, askForKey } from "./asked.ts";
import { IconButton } from "./button.tsx";
import { Link } from "./link.tsx";
import { PaletteHint } from "./palette/hint.tsx";
import { ThemeToggle } from "./theme.tsx";

export interface Crumb {
	name: string;
	/** Absent for the page itself. */
	href?: string;
}

const CONTENT = "content";

/** For the keyboard: past what is the same on every page. Not by the address, which is the page's own. */
export function SkipLink() {
	return (
		<a
			href={`#${CONTENT}`}
			onClick={(event) => {
				event.preventDefault();
				document.getElementById(CONTENT)?.focus();
			}}
			className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:border focus:border-line-strong focus:bg-raised focus:px-3 focus:py-1.5"
		>
			Skip to the content
		</a>
	);
}

/** A page: where it is, how live it is, and its content. */
export function Page({ crumbs, title, children }: { crumbs: Crumb[]; title: string; children: ReactNode }) {
	useTitle(title);
	return (
		<div className="flex min-h-dvh min-w-0 flex-col">
			<header className="sticky top-0 z-20 flex h-12 items-center gap-1 border-line border-b bg-ground px-2 md:px-6">
				<IconButton label="Menu" className="md:hidden" onClick={() => ask("menu")}>
					<Menu size={16} aria-hidden />
				</IconButton>
				<nav aria-label="Where you are" className="min-w-0 flex-1">
					<ol className="flex min-w-0 items-center gap-1.5">
						{crumbs.map(({ name, href }) => (
							// Narrow: the last two, or none could be read; where there is room for one, the page itself.
							<li
								key={name}
								className="max-sm:nth-last-[n+3]:hidden max-sm:nth-last-2:before:content-none! flex min-w-0 items-center gap-1.5 last:max-w-[70%] last:shrink-0 only:max-w-full not-first:before:text-quiet not-first:before:content-['/']"
							>
								{href ? (
									<Link href={href} className="truncate rounded-sm text-quiet hover:text-text" title={name}>
										<bdi>{name}</bdi>
									</Link>
								) : (
									<span aria-current="page" className="truncate font-medium" title={name}>
										<bdi>{name}</bdi>
									</span>
								)}
							</li>
						))}
					</ol>
				</nav>
				<PaletteHint />
				<LockState />
				<ConnectionDot />
				<ThemeToggle />
			</header>
			<main id={CONTENT} tabIndex={-1} className="flex min-w-0 flex-1 flex-col px-4 py-6 outline-none md:px-6">
				{children}
			</main>
		</div>
	);
}

function LockState() {
	const session = useMaybeSession();
	return session ? <KnownLockState /> : <span className="ghost h-4 w-20" />;
}

function KnownLockState() {
	const { current } = useKey();
	const button = "flex h-7 shrink-0 items-center gap-1.5 rounded-md px-2 text-quiet hover:bg-selected hover:text-text";
	if (current.state === "loading") return <span className="ghost h-4 w-20" />;
	if (current.state === "open") {
		return (
			<button type="button" onClick={askForKey} className={button} title={`Unlocked with workspace key ${current.key.kid}`}>
				<LockKeyholeOpen size={14} aria-hidden />
				<span className="max-sm:sr-only">
					unlocked <span className="font-mono text-small">{current.key.kid.slice(0, 8)}</span>
				</span>
			</button>
		);
	}
	return (
		<button type="button" onClick={askForKey} className={button}>
			<LockKeyhole size={14} aria-hidden />
			<span>
				<span className="max-sm:sr-only">sealed: </span>unlock
			</span>
		</button>
	);
}

const dots: Record<Connection, [string, string]> = {
	live: ["bg-succeeded", "What you see is up to date"],
	"catching up": ["bg-waiting", "Connecting: what you see may be a moment old"],
	offline: ["bg-failed", "The server can't be reached. This page goes on by itself as soon as it can."],
};

function ConnectionDot() {
	const connection = useConnection();
	const [colour, title] = dots[connection];
	return (
		<span role="status" title={title} className="flex h-7 shrink-0 items-center gap-1.5 px-2 text-quiet">
			<span aria-hidden className={`size-2 rounded-full ${colour}`} />
			<span className="max-sm:sr-only">{connection}</span>
		</span>
	);
}
