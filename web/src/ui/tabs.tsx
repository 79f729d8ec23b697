"use client";
import type { MouseEvent, ReactNode } from "react";

export interface Tab {
	value: string;
	name: string;
	/** What follows the name where there is room; it is always heard. */
	more?: string;
	count?: string;
	content: ReactNode;
}

interface Props {
	/** Names the choice for those who don't see it. */
	label: string;
	tabs: Tab[];
	value: string;
	/** The address of a tab; it is a link, so that it can be opened beside this one. */
	href(value: string): string;
	onChange(value: string): void;
}

/** Where there is no room for all, the chosen one is seen whole. */
export function inSight(tab: HTMLElement | null): void {
	const row = tab?.parentElement;
	if (!tab || !row) return;
	const over = tab.offsetLeft + tab.offsetWidth - row.clientWidth;
	if (row.scrollLeft < over) row.scrollLeft = over;
	else if (row.scrollLeft > tab.offsetLeft) row.scrollLeft = tab.offsetLeft;
}

/** Parts of a page, each with an address of its own. Only the chosen one's content exists. */
export function Tabs({ label, tabs, value, href, onChange }: Props) {
	const choose = (event: MouseEvent, next: string) => {
		if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
		event.preventDefault();
		onChange(next);
	};
	const chosen = tabs.find((tab) => tab.value === value);
	return (
		<div className="flex min-w-0 flex-1 flex-col">
			<nav aria-label={label} className="relative flex overflow-x-auto sm:gap-1 border-line border-b">
				{tabs.map((tab) => (
					<a
						key={tab.value}
						href={href(tab.value)}
						aria-current={tab === chosen ? "page" : undefined}
						ref={tab === chosen ? inSight : undefined}
						onClick={(event) => choose(event, tab.value)}
						className="-mb-px flex h-9 shrink-0 items-center gap-1.5 border-transparent border-b-2 px-2 text-quiet sm:px-2.5 -outline-offset-2 hover:text-text aria-[current=page]:border-accent aria-[current=page]:text-text"
					>
						<span>
							{tab.name}
							{tab.more && <span className="max-sm:sr-only"> {tab.more}</span>}
						</span>
						{tab.count && <span className="text-quiet text-small">{tab.count}</span>}
					</a>
				))}
			</nav>
			<div className="min-w-0 flex-1 pt-4">{chosen?.content}</div>
		</div>
	);
}
