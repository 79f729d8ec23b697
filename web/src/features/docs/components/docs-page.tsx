import type { ReactNode } from "react";
import { Link } from "../../../ui/link.tsx";
import { Logo } from "../../../ui/logo.tsx";
import { ThemeToggle } from "../../../ui/theme.tsx";
import { headingsOf, hrefOf, PAGES, type DocsPage as Page } from "./library.ts";
import { Pages } from "./pages.tsx";
import { Premises } from "./premises.tsx";
import { Prose } from "./prose.tsx";
import { DocsSearch } from "./search.tsx";

/** The docs: public, since who has no account yet reads them first. */
export function DocsPage({ page }: { page: Page }) {
	const at = PAGES.findIndex(({ slug }) => slug === page.slug);
	return (
		<Frame page={page}>
			<article className="prose docs min-w-0">
				<h1>{page.title}</h1>
				<Prose text={page.text} />
				{page.text.includes("npx tidegate") && (
					<p className="text-quiet">
						<code>npx tidegate</code> works in a checkout of Tidegate. Elsewhere write the command that <code>npm start</code> printed, or{" "}
						<code>tidegate</code> where it is installed: outside the checkout npx would ask the public registry.
					</p>
				)}
				{page.slug === "what-leaves" && <Premises />}
			</article>
			<footer className="mt-10 flex max-w-[72ch] justify-between gap-4 border-line border-t pt-4">
				<Beside page={PAGES[at - 1]}>← </Beside>
				<Beside page={PAGES[at + 1]} after>
					{" "}
					→
				</Beside>
			</footer>
		</Frame>
	);
}

function Beside({ page, after, children }: { page: Page | undefined; after?: boolean; children: ReactNode }) {
	if (!page) return <span />;
	return (
		<Link href={hrefOf(page)} className="text-accent hover:underline">
			{!after && children}
			{page.title}
			{after && children}
		</Link>
	);
}

export function Frame({ page, children }: { page: Page | undefined; children: ReactNode }) {
	const headings = page ? headingsOf(page) : [];
	return (
		<div className="min-h-dvh">
			<header className="sticky top-0 z-20 flex h-12 items-center gap-3 border-line border-b bg-ground px-4 md:px-6">
				<Link href="/docs" className="flex items-center gap-2.5 rounded-md font-semibold">
					<Logo />
					<span>
						Tidegate <span className="font-normal text-quiet">docs</span>
					</span>
				</Link>
				<span className="ml-auto flex items-center gap-1">
					<DocsSearch />
					<ThemeToggle />
				</span>
				<Link href="/flows" className="shrink-0 text-accent hover:underline max-sm:hidden">
					Dashboard
				</Link>
			</header>
			<div className="mx-auto grid max-w-[1240px] gap-x-10 px-4 md:grid-cols-[200px_minmax(0,1fr)] md:px-6 lg:grid-cols-[200px_minmax(0,1fr)_200px]">
				{/* Where the head has no room for it. */}
				<Link href="/flows" className="pt-3 text-accent hover:underline sm:hidden">
					← Dashboard
				</Link>
				<details className="group pt-4 md:hidden">
					<summary className="rounded-md border border-line px-3 py-1.5">{page?.title ?? "All pages"}</summary>
					<Pages current={page?.slug} />
				</details>
				<aside className="sticky top-12 hidden h-[calc(100dvh-3rem)] overflow-y-auto py-6 md:block">
					<Pages current={page?.slug} />
				</aside>
				<main className="min-w-0 py-6">{children}</main>
				<aside className="sticky top-12 hidden h-[calc(100dvh-3rem)] overflow-y-auto py-6 lg:block">
					{headings.length > 1 && (
						<nav aria-label="On this page" className="flex flex-col gap-1 border-line border-l pl-4">
							{headings.map(({ text, anchor }) => (
								<a key={anchor} href={`#${anchor}`} className="text-quiet hover:text-text">
									{text}
								</a>
							))}
						</nav>
					)}
				</aside>
			</div>
		</div>
	);
}
