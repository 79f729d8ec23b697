"use client";
import { Tabs as Base } from "@base-ui/react/tabs";
import type { ReactNode } from "react";

export interface Tab {
	value: string;
	name: string;
	count?: string;
	content: ReactNode;
}

/** Tabs whose choice is the caller's, so that it can be in the URL. Only the chosen one's content exists. */
export function Tabs({ label, tabs, value, onChange }: { label: string; tabs: Tab[]; value: string; onChange(value: string): void }) {
	return (
		<Base.Root value={value} onValueChange={(next) => onChange(String(next))} className="flex min-w-0 flex-1 flex-col">
			<Base.List aria-label={label} className="flex gap-1 overflow-x-auto border-line border-b">
				{tabs.map((tab) => (
					<Base.Tab
						key={tab.value}
						value={tab.value}
						className="-mb-px flex h-9 shrink-0 items-center gap-1.5 border-transparent border-b-2 px-2.5 text-quiet hover:text-text data-active:border-accent data-active:text-text"
					>
						{tab.name}
						{tab.count && <span className="text-quiet text-small">{tab.count}</span>}
					</Base.Tab>
				))}
			</Base.List>
			{tabs.map((tab) => (
				<Base.Panel key={tab.value} value={tab.value} className="min-w-0 flex-1 pt-4">
					{tab.content}
				</Base.Panel>
			))}
		</Base.Root>
	);
}
