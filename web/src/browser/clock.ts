"use client";
/**
 * What time it is for the server. The viewer's clock may be hours off, and what is shown is how long ago something happened there: each answer
 * says when it was made, to the second, and all of them together how far the clocks can be apart.
 */
import { useSyncExternalStore } from "react";

/** The server's clock is ahead of this one by something between these. Milliseconds. */
let least = Number.NEGATIVE_INFINITY;
let most = Number.POSITIVE_INFINITY;
let ahead = 0;

/** @param date of an answer's header. @param asked when it was asked for, by this clock. */
export function heardServerTime(date: string | null, asked: number): void {
	const at = Date.parse(date ?? "");
	if (Number.isNaN(at)) return;
	const low = at - Date.now();
	// The header's fraction of a second is cut off.
	const high = at + 1_000 - asked;
	// They contradict what was known: one of the clocks was set since.
	if (low > most || high < least) [least, most] = [low, high];
	else [least, most] = [Math.max(least, low), Math.min(most, high)];
	// Clocks that may be the same are taken for the same.
	ahead = least <= 0 && most >= 0 ? 0 : (least + most) / 2;
}

/** Milliseconds since 1970 by the server's clock, for whatever is compared with its times and for ids that it checks. */
export const serverNow = (): number => Date.now() + ahead;

/** One timer for every time on the page, so that all of them tick together. */
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	timer ??= setInterval(() => {
		now = serverNow();
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

/** Milliseconds since 1970 by the server's clock, renewed every second while `ticking`. */
export function useNow(ticking = true): number {
	return useSyncExternalStore(
		ticking ? subscribe : ignore,
		() => {
			// The first reading after a pause, or after the clocks were compared, must not show the time of the last one.
			if (!timer && Math.abs(serverNow() - now) > 1_000) now = serverNow();
			return now;
		},
		() => now,
	);
}
