"use client";
/** What is shown is in the URL: filters, tab, task, line. Back goes to what was shown before. */
import { usePathname, useSearchParams } from "next/navigation";
import { useCallback } from "react";

/** @returns the parameters, and a function that changes some of them (null removes); `push` makes a step for the Back button. */
export function useAddress(): [URLSearchParams, (changes: Record<string, string | null>, how?: "push" | "replace") => void] {
	const search = useSearchParams();
	const path = usePathname();
	const change = useCallback(
		(changes: Record<string, string | null>, how: "push" | "replace" = "push") => {
			const next = new URLSearchParams(location.search);
			for (const [name, value] of Object.entries(changes)) {
				if (value === null || value === "") next.delete(name);
				else next.set(name, value);
			}
			const query = next.toString();
			const url = query ? `${path}?${query}` : path;
			if (url === location.pathname + location.search) return;
			if (how === "push") history.pushState(null, "", url);
			else history.replaceState(null, "", url);
		},
		[path],
	);
	return [search, change];
}
