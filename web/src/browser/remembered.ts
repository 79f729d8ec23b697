"use client";
/** A choice of the viewer that this browser keeps, the same in every part of the page that asks for it. */
import { useCallback, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	window.addEventListener("storage", listener);
	return () => {
		listeners.delete(listener);
		window.removeEventListener("storage", listener);
	};
}

function read(name: string): boolean {
	try {
		return localStorage.getItem(`tidegate ${name}`) === "1";
	} catch {
		// Strict settings let pages store nothing: the choice lasts until the next click then.
		return false;
	}
}

/** @returns whether it is chosen, and a function that changes that; not chosen at first. */
export function useRemembered(name: string): [boolean, (on: boolean) => void] {
	const on = useSyncExternalStore(
		subscribe,
		() => read(name),
		() => false,
	);
	const set = useCallback(
		(next: boolean) => {
			try {
				localStorage.setItem(`tidegate ${name}`, next ? "1" : "0");
			} catch {
				return;
			}
			for (const listener of listeners) listener();
		},
		[name],
	);
	return [on, set];
}
