"use client";
/** What is shown is in the URL: filters, tab, task, line. Back goes to what was shown before. */
import { usePathname, useSearchParams } from "next/navigation";
import { useCallback } from "react";

export type Changes = Record<string, string | null>;

/** The query of a link that changes some parameters; null or nothing removes one. */
export function hrefWith(search: URLSearchParams, changes: Changes): string {
	const next = new URLSearchParams(search);
	for (const [name, value] of Object.entries(changes)) {
		if (value) next.set(name, value);
		else next.delete(name);
	}
	return `?${next}`;
}

/** @returns the parameters, and a function that changes some of them; `push` makes a step for the Back button. */
export function useAddress(): [URLSearchParams, (changes: Changes, how?: "push" | "replace") => void] {
	const search = useSearchParams();
	const path = usePathname();
	const change = useCallback(
		(changes: Changes, how: "push" | "replace" = "push") => {
			// From the address itself: what React knows may be a moment behind.
			const query = hrefWith(new URLSearchParams(location.search), changes);
			const url = query === "?" ? path : path + query;
			if (url === location.pathname + location.search) return;
			if (how === "push") history.pushState(null, "", url);
			else history.replaceState(null, "", url);
		},
		[path],
	);
	return [search, change];
}
