"use client";
import type { MouseEvent, ReactNode } from "react";
import { type Changes, hrefWith, useAddress } from "../../../browser/address.ts";

interface Props {
	search: URLSearchParams;
	changes: Changes;
	children: ReactNode;
	className?: string;
}

/** A link to another view of this page. */
export function HereLink({ search, changes, children, className = "text-accent underline-offset-2 hover:underline" }: Props) {
	const [, change] = useAddress();
	const follow = (event: MouseEvent) => {
		if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
		event.preventDefault();
		change(changes);
	};
	return (
		<a href={hrefWith(search, changes)} onClick={follow} className={`rounded-sm ${className}`}>
			{children}
		</a>
	);
}
