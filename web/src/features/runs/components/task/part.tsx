"use client";
import type { ReactNode } from "react";
import { CopyButton } from "../../../../ui/copy.tsx";

export function Part({ title, copy, children }: { title: string; copy?: string | (() => string); children: ReactNode }) {
	return (
		<section aria-label={title} className="min-w-0">
			<div className="flex h-7 items-center justify-between">
				<h3 className="font-medium">{title}</h3>
				{copy && <CopyButton text={copy} label={`Copy: ${title}`} />}
			</div>
			{children}
		</section>
	);
}
