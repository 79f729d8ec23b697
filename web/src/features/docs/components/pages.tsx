import { Link } from "../../../ui/link.tsx";
import { hrefOf, SECTIONS } from "./library.ts";

/** All pages of the docs, by section. */
export function Pages({ current }: { current: string | undefined }) {
	return (
		<nav aria-label="Docs" className="flex flex-col gap-4 py-2">
			{SECTIONS.map((section) => (
				<div key={section.name}>
					<h2 className="px-2 pb-1 text-quiet text-small">{section.name}</h2>
					<ul>
						{section.pages.map((page) => (
							<li key={page.slug}>
								<Link
									href={hrefOf(page)}
									aria-current={page.slug === current ? "page" : undefined}
									className="flex min-h-8 items-center rounded-md px-2 py-1 text-quiet hover:bg-selected hover:text-text aria-[current=page]:bg-selected aria-[current=page]:text-text"
								>
									{page.title}
								</Link>
							</li>
						))}
					</ul>
				</div>
			))}
		</nav>
	);
}
