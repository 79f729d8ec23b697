"use client";
import { useSyncExternalStore } from "react";

/** Whether a media query holds, as `(min-width: 1200px)`; taken to be so on the server. */
export function useMedia(query: string): boolean {
	return useSyncExternalStore(
		(listener) => {
			const media = matchMedia(query);
			media.addEventListener("change", listener);
			return () => media.removeEventListener("change", listener);
		},
		() => matchMedia(query).matches,
		() => true,
	);
}
