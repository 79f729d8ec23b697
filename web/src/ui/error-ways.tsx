"use client";
import { ask } from "./asked.ts";
import { Link } from "./link.tsx";
import { PLACES } from "./places.ts";

/** Where to go from a page that can't be shown. */
export function Ways() {
	return (
		<>
			<nav aria-label="Ways on">
				<ul className="flex flex-wrap gap-x-4 gap-y-1">
					{PLACES.map(({ name, href }) => (
						<li key={href}>
							<Link data-row href={href} className="text-accent underline underline-offset-2">
								{name}
							</Link>
						</li>
					))}
				</ul>
			</nav>
			<p className="text-quiet">
				Or{" "}
				<button type="button" onClick={() => ask("palette")} className="rounded-sm text-text underline underline-offset-2">
					find it by name
				</button>
				: <kbd className="font-mono text-small">⌘K</kbd> or <kbd className="font-mono text-small">Ctrl K</kbd> on any page.
			</p>
		</>
	);
}
