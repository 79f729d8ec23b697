"use client";
/** A choice of the viewer that this browser keeps, the same in every part of the page that asks for it. */
import { useCallback, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
/** Of this page, where strict settings let it store nothing. */
const unkept = new Map<string, string>();

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	window.addEventListener("storage", listener);
	return () => {
		listeners.delete(listener);
		window.removeEventListener("storage", listener);
	};
}

function read(key: string): string | null {
	try {
		return localStorage.getItem(key) ?? unkept.get(key) ?? null;
	} catch {
		return unkept.get(key) ?? null;
	}
}

function write(key: string, value: string): void {
	try {
		localStorage.setItem(key, value);
	} catch {
		unkept.set(key, value);
	}
	for (const listener of listeners) listener();
}

/** @param name unique among all that is kept @returns the choice, `fallback` until there is one, and a function that changes it */
export function useRemembered(name: string, fallback: string): [string, (value: string) => void] {
	const key = `tidegate.${name}`;
	const value = useSyncExternalStore(
		subscribe,
		() => read(key) ?? fallback,
		() => fallback,
	);
	return [value, useCallback((next: string) => write(key, next), [key])];
}
