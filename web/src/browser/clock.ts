"use client";
import { useSyncExternalStore } from "react";

/** One timer for every time on the page, so that all of them tick together. */
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	timer ??= setInterval(() => {
		now = Date.now();
		for (const each of listeners) each();
	}, 1_000);
	return () => {
		listeners.delete(listener);
		if (listeners.size > 0) return;
		clearInterval(timer);
		timer = undefined;
	};
}

const ignore = () => () => undefined;

/** Milliseconds since 1970, renewed every second while `ticking`. */
export function useNow(ticking = true): number {
	return useSyncExternalStore(
		ticking ? subscribe : ignore,
		() => {
			// The first reading after a pause must not show the time of the last one.
			if (!timer && Date.now() - now > 1_000) now = Date.now();
			return now;
		},
		() => now,
	);
}
