"use client";
import type { ReactNode } from "react";
import { Link } from "./link.tsx";
import { Page } from "./page.tsx";
import { inSight } from "./tabs.tsx";

/** Also found by the palette. */
export const SECTIONS = [
	{ name: "Members", href: "/settings/members" },
	{ name: "API keys", href: "/settings/keys" },
	{ name: "Sign-in", href: "/settings/sign-in" },
	{ name: "Devices", href: "/settings/devices" },
	{ name: "Audit log", href: "/settings/audit" },
] as const;

/** A section of the settings, with the way to the others on top. */
export function SettingsPage({ section, children }: { section: (typeof SECTIONS)[number]["name"]; children: ReactNode }) {
	return (
		<Page crumbs={[{ name: "Settings", href: "/settings" }, { name: section }]} title={section}>
			<nav aria-label="Settings" className="relative mb-5 flex overflow-x-auto border-line border-b sm:gap-1">
				{SECTIONS.map(({ name, href }) => (
					<Link
						key={href}
						href={href}
						aria-current={name === section ? "page" : undefined}
						ref={name === section ? inSight : undefined}
						className="-mb-px flex h-9 shrink-0 items-center border-transparent border-b-2 px-2.5 text-quiet -outline-offset-2 hover:text-text aria-[current=page]:border-accent aria-[current=page]:text-text"
					>
						{name}
					</Link>
				))}
			</nav>
			{children}
		</Page>
	);
}
